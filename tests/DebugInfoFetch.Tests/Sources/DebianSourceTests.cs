using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Debian;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Tests.Sources;

/// <summary>Debian by apt (its answers in its own output format) and by the snapshot archive (a loopback server with its interface's paths).</summary>
public sealed class DebianSourceTests : IDisposable
{
    private const string Cloud = "linux-image-6.12.117+deb12-cloud-amd64-dbg";
    private const string Sha256 = "b80ab3f407de94183b985ea37005d8e8ef4273d9083b850607cee7ab1e92a5b0";
    private const string Sha1 = "0123456789abcdef0123456789abcdef01234567";
    private static readonly ArchiveApiOptions Fast = new() { BaseDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(2) };

    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();
    private readonly List<string> _commands = [];

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private static string Stanza(string package, string version, string depends = "") =>
        $"""
        Package: {package}
        Source: linux-6.12
        Version: {version}
        Architecture: amd64
        {(depends.Length > 0 ? $"Depends: {depends}\n" : "")}Description: Debug symbols
         a line that goes on: not a field
        Filename: pool/updates/main/l/linux-6.12/x.deb
        Size: 317861800
        SHA256: {Sha256}


        """;

    /// <summary>An apt that answers these commands; all others as apt does for a package that it does not know.</summary>
    private AptArchive Apt(params (string Command, string Output)[] answers) => new((program, arguments, _) =>
    {
        string command = $"{program} {string.Join(' ', arguments)}";
        _commands.Add(command);
        string? output = answers.Where(a => a.Command == command).Select(a => a.Output).FirstOrDefault();
        return Task.FromResult(output is null
            ? new SystemProgram.Output(100, "", "E: No packages found")
            : new SystemProgram.Output(0, output, ""));
    });

    private static AptArchive NoApt => new((program, _, _) => Task.FromResult(new SystemProgram.Output(null, "", $"{program} is not on this machine")));

    /// <summary>A source whose snapshot archive is the loopback server, while apt is asked all the same.</summary>
    private DebianSource Source(AptArchive apt) => new(new SourceOptions(environment: _ => null), _http, apt, Fast, _server.BaseUrl, _server.BaseUrl);

    private async Task<LocateResult> LocateAsync(AptArchive apt, string release)
        => await Source(apt).LocateAsync(KernelRelease.Parse(release), CancellationToken.None);

    private string Printed(string package, string version)
        => $"'{_server.BaseUrl}/pool/{package.Replace("+", "%2b", StringComparison.Ordinal)}_{version}_amd64.deb' {package}_{version}_amd64.deb 317861800 SHA256:{Sha256}\n";

    private void ServePool(string package, string version)
        => _server.Serve($"/pool/{package.Replace("+", "%2b", StringComparison.Ordinal)}_{version}_amd64.deb", LoopbackResponse.Bytes([1]));

    [Fact]
    public async Task A_release_is_found_by_apt_with_address_size_and_digest()
    {
        ServePool(Cloud, "6.12.117-1~deb12u1");
        LocateResult answer = await LocateAsync(Apt(
            ($"apt-cache show {Cloud}:amd64", Stanza(Cloud, "6.12.117-1~deb12u1")),
            ($"apt-get --print-uris download {Cloud}:amd64=6.12.117-1~deb12u1", "W: a warning\n" + Printed(Cloud, "6.12.117-1~deb12u1"))),
            "6.12.117+deb12-cloud-amd64");

        PackageCandidate candidate = Assert.Single(Assert.IsType<LocateResult.Found>(answer).Candidates);
        Assert.Equal($"{_server.BaseUrl}/pool/linux-image-6.12.117%2bdeb12-cloud-amd64-dbg_6.12.117-1~deb12u1_amd64.deb", candidate.Url.AbsoluteUri);
        Assert.Equal((317_861_800L, Sha256, $"{Cloud}_6.12.117-1~deb12u1_amd64.deb"), (candidate.ByteSize, candidate.Sha256, candidate.FileName));
        Assert.Contains("archive's signature", candidate.DigestOrigin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_meta_name_means_the_newest_build_that_its_package_depends_on()
    {
        ServePool(Cloud, "6.12.117-1");
        LocateResult answer = await LocateAsync(Apt(
            ("apt-cache show linux-image-6.12-cloud-amd64-dbg:amd64",
                Stanza("linux-image-6.12-cloud-amd64-dbg", "6.12.115-1", "linux-image-6.12.115+deb12-cloud-amd64-dbg (= 6.12.115-1)")
                + Stanza("linux-image-6.12-cloud-amd64-dbg", "6.12.117-1", $"{Cloud} (= 6.12.117-1)")),
            ($"apt-cache show {Cloud}:amd64", Stanza(Cloud, "6.12.117-1")),
            ($"apt-get --print-uris download {Cloud}:amd64=6.12.117-1", Printed(Cloud, "6.12.117-1"))),
            "6.12-cloud-amd64");

        Assert.Equal("6.12.117+deb12-cloud-amd64", Assert.IsType<LocateResult.Found>(answer).Release.UnameText);
    }

    [Fact]
    public async Task A_short_release_that_is_a_build_of_its_own_is_taken_as_it_is()
    {
        const string package = "linux-image-6.9-amd64-dbg";
        ServePool(package, "6.9.2-1");
        LocateResult answer = await LocateAsync(Apt(
            ($"apt-cache show {package}:amd64", Stanza(package, "6.9.2-1")),
            ($"apt-get --print-uris download {package}:amd64=6.9.2-1", Printed(package, "6.9.2-1"))),
            "6.9-amd64");

        Assert.Equal("6.9-amd64", Assert.IsType<LocateResult.Found>(answer).Release.UnameText);
    }

    [Fact]
    public async Task Two_builds_under_one_release_are_told_and_the_newest_is_taken()
    {
        const string package = "linux-image-6.1.0-56-amd64-dbg";
        ServePool(package, "6.1.192-2");
        LocateResult answer = await LocateAsync(Apt(
            ($"apt-cache show {package}:amd64", Stanza(package, "6.1.192-1") + Stanza(package, "6.1.192-2")),
            ($"apt-get --print-uris download {package}:amd64=6.1.192-2", Printed(package, "6.1.192-2"))),
            "6.1.0-56-amd64");

        Assert.Equal("2 builds call themselves 6.1.0-56-amd64: 6.1.192-2, 6.1.192-1; taken is 6.1.192-2 (uname -v names the one that runs; give `uname -a` as --kernel)",
            Assert.IsType<LocateResult.Found>(answer).Caution);
    }

    private void ServeSnapshot(string package = "linux-image-6.12.95%2Bdeb12-cloud-amd64-dbg", string version = "6.12.95-1")
    {
        _server.Serve($"/mr/binary/{package}/", LoopbackResponse.Json(
            $$"""{"result":[{"binary_version":"6.12.9-1","name":"x","source":"linux-6.12","version":"6.12.9-1"},{"binary_version":"{{version}}","name":"x","source":"linux-6.12","version":"{{version}}"}]}"""));
        _server.Serve($"/mr/binary/{package}/{version}/binfiles", LoopbackResponse.Json(
            $$"""
            {"result":[{"architecture":"arm64","hash":"ffffffffffffffffffffffffffffffffffffffff"},{"architecture":"amd64","hash":"{{Sha1}}" }],
             "fileinfo":{"{{Sha1}}":[{"archive_name":"debian-security","first_seen":"20261101T000000Z","name":"n","path":"/pool/updates/main/l/linux-6.12","size":4711}] } }
            """));
    }

    [Fact]
    public async Task What_apt_does_not_know_is_found_in_the_snapshot_archive()
    {
        ServeSnapshot();
        var found = Assert.IsType<LocateResult.Found>(await LocateAsync(Apt(), "6.12.95+deb12-cloud-amd64"));

        Assert.Equal(
        [
            $"{_server.BaseUrl}/file/{Sha1}",
            $"{_server.BaseUrl}/archive/debian-security/20261101T000000Z/pool/updates/main/l/linux-6.12/linux-image-6.12.95%2Bdeb12-cloud-amd64-dbg_6.12.95-1_amd64.deb",
        ],
            found.Candidates.Select(c => c.Url.AbsoluteUri));
        Assert.All(found.Candidates, c => Assert.Equal((4711L, Sha1, null), (c.ByteSize, c.Sha1, c.Sha256)));
        Assert.Equal("apt: no such package", found.Attempts[0].Answer);
        Assert.Contains("if apt's index is old: apt-get update", found.Advice);
        Assert.Contains("?fileinfo=1", _server.Requests.Select(r => r.Query));
    }

    [Fact]
    public async Task On_a_machine_without_apt_the_snapshot_archive_is_asked()
    {
        ServeSnapshot();
        var found = Assert.IsType<LocateResult.Found>(await LocateAsync(NoApt, "6.12.95+deb12-cloud-amd64"));

        Assert.Equal("apt-cache is not on this machine", found.Attempts[0].Answer);
    }

    [Fact]
    public async Task A_package_that_the_mirror_has_dropped_is_found_in_the_snapshot_archive()
    {
        const string package = "linux-image-6.12.95+deb12-cloud-amd64-dbg";
        ServeSnapshot();
        var found = Assert.IsType<LocateResult.Found>(await LocateAsync(Apt(
            ($"apt-cache show {package}:amd64", Stanza(package, "6.12.95-1")),
            ($"apt-get --print-uris download {package}:amd64=6.12.95-1", Printed(package, "6.12.95-1"))),
            "6.12.95+deb12-cloud-amd64"));

        Assert.Contains(found.Attempts, a => a.Answer == "404 Not Found" && a.Place.Contains("/pool/", StringComparison.Ordinal));
        Assert.Contains("apt's index is older than the mirror: apt-get update", found.Advice);
        Assert.EndsWith("/file/" + Sha1, found.Candidates[0].Url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_the_snapshot_archive_a_meta_name_means_the_build_of_its_own_source_package()
    {
        ServeSnapshot("linux-image-6.12-cloud-amd64-dbg");
        ServeSnapshot();
        _server.Serve("/mr/package/linux-6.12/6.12.95-1/binpackages", LoopbackResponse.Json(
            """
            {"result":[{"name":"linux-image-6.12-cloud-amd64-dbg","version":"1"},{"name":"linux-image-6.12.95+deb12-amd64-dbg","version":"1"},
             {"name":"linux-image-6.12.95+deb12-cloud-amd64-dbg","version":"1"},{"name":"linux-image-6.12.95+deb12-cloud-amd64","version":"1"}]}
            """));

        Assert.Equal("6.12.95+deb12-cloud-amd64",
            Assert.IsType<LocateResult.Found>(await LocateAsync(NoApt, "6.12-cloud-amd64")).Release.UnameText);
    }

    [Fact]
    public async Task A_name_that_may_be_meta_is_not_taken_for_a_build_while_the_snapshot_archive_does_not_tell()
    {
        ServeSnapshot("linux-image-6.12-cloud-amd64-dbg");

        Assert.IsType<LocateResult.NotFound>(await LocateAsync(NoApt, "6.12-cloud-amd64"));
    }

    [Fact]
    public async Task A_release_that_nobody_has_gets_each_place_its_answer_and_the_nearest_builds()
    {
        string[] known = ["6.1.0-47-cloud-amd64", "6.12.107+deb12-cloud-amd64", "6.12.117+deb12-cloud-amd64", "6.12.111+deb12-cloud-amd64",
            "6.12.115+deb12-cloud-amd64", "6.12.113+deb12-amd64"];
        string[] packages = [.. known.Select(k => $"linux-image-{k}-dbg")];
        AptArchive apt = Apt(
            ("apt-cache pkgnames linux-image-", string.Join('\n', packages) + "\nlinux-image-6.12-cloud-amd64-dbg\nlinux-image-cloud-amd64\n"),
            ($"apt-cache show {string.Join(' ', packages.Select(p => p + ":amd64"))}", string.Concat(packages.Select(p => Stanza(p, "1")))));
        var answer = Assert.IsType<LocateResult.NotFound>(
            await Source(apt).LocateAsync(KernelRelease.Parse("6.12.112+deb12-cloud-amd64"), CancellationToken.None));

        Assert.Equal(
        [
            new LocateAttempt("apt-cache show linux-image-6.12.112+deb12-cloud-amd64-dbg:amd64", "apt: no such package"),
            new LocateAttempt($"{_server.BaseUrl}/debian-security/dists/bookworm-security/main/binary-amd64/Packages.xz", "404 Not Found"),
            new LocateAttempt($"{_server.BaseUrl}/debian/dists/bookworm/main/binary-amd64/Packages.xz", "404 Not Found"),
            new LocateAttempt($"{_server.BaseUrl}/debian/dists/bookworm-backports/main/binary-amd64/Packages.xz", "404 Not Found"),
            new LocateAttempt($"{_server.BaseUrl}/mr/binary/linux-image-6.12.112%2Bdeb12-cloud-amd64-dbg/", "404 Not Found: no such package"),
        ],
            answer.Attempts);
        Assert.Equal(
        [
            "Debian has debug packages of these builds near it: 6.12.107+deb12-cloud-amd64, 6.12.111+deb12-cloud-amd64, "
                + "6.12.115+deb12-cloud-amd64, 6.12.117+deb12-cloud-amd64",
            "if apt's index is old: apt-get update",
            "a package that you have or know the address of: --package FILE|URL",
        ],
            answer.Advice);
    }

    [Theory]
    [InlineData("6.12.99+deb12-amd64", "6.12.107+deb12-amd64, 6.12.113+deb12-amd64")]
    [InlineData("6.11.10+deb12-amd64", "6.1.0-47-amd64, 6.1.0-49-amd64, 6.12.107+deb12-amd64, 6.12.113+deb12-amd64")]
    public async Task Of_a_series_that_has_builds_only_those_are_near(string asked, string near)
    {
        string[] packages = [.. new[] { "6.1.0-47-amd64", "6.1.0-49-amd64", "6.12.107+deb12-amd64", "6.12.113+deb12-amd64" }.Select(k => $"linux-image-{k}-dbg")];
        AptArchive apt = Apt(
            ("apt-cache pkgnames linux-image-", string.Join('\n', packages)),
            ($"apt-cache show {string.Join(' ', packages.Select(p => p + ":amd64"))}", string.Concat(packages.Select(p => Stanza(p, "1")))));

        var answer = Assert.IsType<LocateResult.NotFound>(await Source(apt).LocateAsync(KernelRelease.Parse(asked), CancellationToken.None));

        Assert.Contains($"Debian has debug packages of these builds near it: {near}", answer.Advice);
    }

    [Fact]
    public async Task Where_apt_has_none_of_the_Debian_that_is_asked_for_the_archives_index_is_listed()
    {
        const string own = "linux-image-6.12.107+deb12-amd64-dbg", other = "linux-image-6.12.118+deb13-amd64-dbg";
        _server.Serve("/debian/dists/trixie/main/binary-amd64/Packages.xz", LoopbackResponse.Bytes(Compressors.XzSingleBlock(System.Text.Encoding.UTF8.GetBytes(Stanza(other, "6.12.118-1")))));
        AptArchive apt = Apt(("apt-cache pkgnames linux-image-", own + "\n"), ($"apt-cache show {own}:amd64", Stanza(own, "6.12.107-1~deb12u1")));

        KernelListing trixie = await Source(apt).ListAsync(new ListQuery(null, "x86_64", KernelRelease.Parse("6.12.110+deb13-amd64")), CancellationToken.None);
        Assert.Equal(["6.12.118+deb13-amd64"], trixie.Kernels.Select(k => k.Release));
        KernelListing bookworm = await Source(apt).ListAsync(new ListQuery(null, "x86_64"), CancellationToken.None);
        Assert.Equal(["6.12.107+deb12-amd64"], bookworm.Kernels.Select(k => k.Release));
    }

    [Fact]
    public async Task The_snapshot_archive_is_asked_again_when_it_has_too_many_requests()
    {
        ServeSnapshot();
        _server.Serve("/mr/binary/linux-image-6.12.95%2Bdeb12-cloud-amd64-dbg/",
            LoopbackResponse.Error(System.Net.HttpStatusCode.TooManyRequests, "0"),
            LoopbackResponse.Json("""{"result":[{"binary_version":"6.12.95-1","name":"x","source":"linux-6.12","version":"6.12.95-1"}]}"""));

        Assert.IsType<LocateResult.Found>(await LocateAsync(NoApt, "6.12.95+deb12-cloud-amd64"));
    }

    [Theory]
    [InlineData("<html>please log in</html>", "an answer that is no JSON (a login page?)")]
    [InlineData("[]", "200 OK")]
    [InlineData("""{"result":[{"binary_version":"../../x","name":"x","source":"a","version":"1"}]}""", "../../x")]
    [InlineData("""{"result":[{"binary_version":7}]}""", "200 OK")]
    public async Task An_answer_that_makes_no_sense_is_an_attempt_that_failed(string body, string answer)
    {
        _server.Serve("/mr/binary/linux-image-6.12.95%2Bdeb12-cloud-amd64-dbg/", LoopbackResponse.Json(body));

        var notFound = Assert.IsType<LocateResult.NotFound>(await LocateAsync(NoApt, "6.12.95+deb12-cloud-amd64"));
        Assert.Equal(answer, notFound.Attempts[^1].Answer);
    }

    [Fact]
    public async Task A_file_name_or_digest_from_the_snapshot_archive_cannot_lead_elsewhere()
    {
        ServeSnapshot();
        _server.Serve("/mr/binary/linux-image-6.12.95%2Bdeb12-cloud-amd64-dbg/6.12.95-1/binfiles", LoopbackResponse.Json(
            $$"""
            {"result":[{"architecture":"amd64","hash":"{{Sha1}}" }],
             "fileinfo":{"{{Sha1}}":[{"archive_name":"../x","first_seen":"20261101T000000Z","name":"../../n","path":"/../../etc","size":-5}] } }
            """));

        PackageCandidate candidate = Assert.Single(
            Assert.IsType<LocateResult.Found>(await LocateAsync(NoApt, "6.12.95+deb12-cloud-amd64")).Candidates);
        Assert.Equal(($"{_server.BaseUrl}/file/{Sha1}", "linux-image-6.12.95+deb12-cloud-amd64-dbg_6.12.95-1_amd64.deb", null),
            (candidate.Url.AbsoluteUri, candidate.FileName, candidate.ByteSize));
    }

    [Fact]
    public async Task A_base_address_is_asked_instead_of_apt()
    {
        ServeSnapshot();
        var source = new DebianSource(new SourceOptions(_server.BaseUrl, _ => null), _http, Apt(), Fast);

        Assert.IsType<LocateResult.Found>(await source.LocateAsync(KernelRelease.Parse("6.12.95+deb12-cloud-amd64"), CancellationToken.None));
        Assert.Empty(_commands);
    }

    [Fact]
    public async Task An_address_that_only_apt_can_read_is_told()
    {
        var notFound = Assert.IsType<LocateResult.NotFound>(await LocateAsync(Apt(
            ($"apt-cache show {Cloud}:amd64", Stanza(Cloud, "6.12.117-1")),
            ($"apt-get --print-uris download {Cloud}:amd64=6.12.117-1", $"'cdrom:[Debian]/pool/x.deb' x.deb 1 SHA256:{Sha256}\n")),
            "6.12.117+deb12-cloud-amd64"));

        Assert.Contains(notFound.Attempts, a => a.Answer.StartsWith("apt: an address of the kind cdrom:", StringComparison.Ordinal));
    }
}
