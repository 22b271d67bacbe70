using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Debuginfod;

public sealed class DebuginfodSettingsTests : IDisposable
{
    private readonly Dictionary<string, string> _set = [];
    private readonly ScratchFolder _folder = new();

    private DebuginfodSettings Settings => DebuginfodSettings.FromEnvironment(_set.GetValueOrDefault);

    [Fact]
    public void Nothing_set_means_no_servers_and_the_manual_s_defaults()
    {
        DebuginfodSettings settings = Settings;
        Assert.Empty(settings.Servers);
        Assert.Equal((TimeSpan.FromSeconds(90), null, null, 2), (settings.Timeout, settings.MaxTime, settings.MaxByteSize, settings.RetryLimit));
        Assert.Equal(["/etc/keys/ima"], settings.CertificateFolders);
        Assert.Empty(settings.Problems);
    }

    [Fact]
    public void A_tag_holds_for_the_addresses_behind_it_and_an_address_is_taken_once()
    {
        _set["DEBUGINFOD_URLS"] = "https://a.example ima:enforcing https://b.example/ http://c.example/deb\tima:ignore https://a.example/ https://d.example ima:permissive http://e.example";

        Assert.Equal(
            [("https://a.example/", ImaPolicy.Ignore), ("https://b.example/", ImaPolicy.Enforcing), ("http://c.example/deb/", ImaPolicy.Enforcing),
             ("https://d.example/", ImaPolicy.Ignore), ("http://e.example/", ImaPolicy.Permissive)],
            Settings.Servers.Select(s => (s.Url.AbsoluteUri, s.Ima)));
    }

    [Fact]
    public void What_is_not_understood_is_told_and_an_unknown_tag_never_means_less_caution()
    {
        _set["DEBUGINFOD_URLS"] = "ftp://a.example ima:strict https://b.example";
        _set["DEBUGINFOD_TIMEOUT"] = "soon";

        Assert.Equal([ImaPolicy.Enforcing], Settings.Servers.Select(s => s.Ima));
        Assert.Equal(3, Settings.Problems.Count);
        Assert.Equal(TimeSpan.FromSeconds(90), Settings.Timeout);
    }

    [Fact]
    public void Numbers_set_bounds_and_nought_lifts_them()
    {
        foreach (string name in new[] { "TIMEOUT", "MAXTIME", "MAXSIZE", "RETRY_LIMIT" }) { _set["DEBUGINFOD_" + name] = "7"; }
        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7), 7L, 7), (Settings.Timeout, Settings.MaxTime, Settings.MaxByteSize, Settings.RetryLimit));
        foreach (string name in new[] { "TIMEOUT", "MAXTIME", "MAXSIZE", "RETRY_LIMIT" }) { _set["DEBUGINFOD_" + name] = "0"; }
        Assert.Equal((null, null, null, 0), (Settings.Timeout, Settings.MaxTime, Settings.MaxByteSize, Settings.RetryLimit));
    }

    [Fact]
    public void Headers_come_from_their_file_and_a_line_that_is_none_is_told_without_its_text()
    {
        File.WriteAllText(_folder["headers"], "X-Token: abc\n\nnonsense secret\nX-Two:x:y\n");
        _set["DEBUGINFOD_HEADERS_FILE"] = _folder["headers"];

        Assert.Equal([new("X-Token", "abc"), new("X-Two", "x:y")], Settings.Headers);
        Assert.DoesNotContain("secret", Assert.Single(Settings.Problems), StringComparison.Ordinal);
        _set["DEBUGINFOD_HEADERS_FILE"] = _folder["none"];
        Assert.Contains("cannot be read", Assert.Single(Settings.Problems), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
