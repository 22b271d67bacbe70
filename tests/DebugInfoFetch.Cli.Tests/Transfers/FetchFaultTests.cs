using System.Net;
using System.Text;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Cli.Tests.Transfers;

/// <summary>
/// Every fault that a server can have, for a whole package and for a part of one: what the user is told, the exit code, and the cache afterwards.
/// tests/README.md has the table. The program runs in this process, from its arguments on, so that it need not wait between attempts as long as users do.
/// </summary>
public sealed class FetchFaultTests : IDisposable
{
    private const string Release = FedoraPackage.Release, Other = "6.12.1-100.fc41.x86_64";
    private const int BreaksAt = 100_000;

    private static readonly byte[] Package = SmallPackage.Rpm(Release);
    private static readonly DownloadOptions Fast = new() { BaseDelay = TimeSpan.FromMilliseconds(2), MaxDelay = TimeSpan.FromMilliseconds(10) };
    // A byte now and then is never 4096 in this time; a busy machine only makes it fewer.
    private static readonly DownloadOptions Impatient = Fast with { SilenceTimeout = TimeSpan.FromSeconds(0.3), Retries = 1 };

    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _server = new();
    private readonly string _before;

    public FetchFaultTests()
    {
        // Another kernel is cached, and an older index of this one: neither may suffer.
        foreach (string release in (string[])[Other, Release])
        {
            File.WriteAllBytes(_folder["good.rpm"], SmallPackage.Rpm(release));
            Assert.Equal(ExitCode.Success, Run("fetch", "--kernel", release, "--package", _folder["good.rpm"]).ExitCode);
        }

        _before = Indexes();
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    private static LoopbackResponse Good => LoopbackResponse.Bytes(Package) with { ETag = "\"one\"" };

    /// <summary>It breaks at the same byte of the file, whatever range is asked for.</summary>
    private static LoopbackResponse BreaksOff(LoopbackRequest request, LoopbackEnding ending)
    {
        int from = int.Parse(request.Header("Range")!["bytes=".Length..].Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
        return Good with { StopAfter = Math.Max(0, BreaksAt - from), Ending = ending };
    }

    public static TheoryData<string, bool, ExitCode, string> Lasting => new()
    {
        { "404", false, ExitCode.KernelUnavailable, ": 404 Not Found" },
        { "404", true, ExitCode.KernelUnavailable, ": 404 Not Found" },
        { "429", false, ExitCode.KernelUnavailable, ": 429 Too Many Requests (5 attempts)" },
        { "429", true, ExitCode.KernelUnavailable, ": 429 Too Many Requests (5 requests)" },
        { "429, for an hour", false, ExitCode.KernelUnavailable, ": 429 Too Many Requests, asks to wait 3600 s" },
        { "429, for an hour", true, ExitCode.KernelUnavailable, ": 429 Too Many Requests, asks to wait 3600 s" },
        { "500", false, ExitCode.KernelUnavailable, ": 500 Internal Server Error (5 attempts)" },
        { "500", true, ExitCode.KernelUnavailable, ": 500 Internal Server Error (5 requests)" },
        { "reset", false, ExitCode.KernelUnavailable, ": the connection broke" },
        { "reset", true, ExitCode.KernelUnavailable, ": the connection broke" },
        { "truncated", false, ExitCode.KernelUnavailable, ": the connection broke" },
        { "truncated", true, ExitCode.KernelUnavailable, ": the connection broke" },
        { "wrong digest", false, ExitCode.BadInput, ": damaged: SHA-256 of the payload is " },
        { "wrong digest", true, ExitCode.BadInput, "/btrfs.ko.debug: " },
        { "login page", false, ExitCode.KernelUnavailable, ": a web page instead of a package (a login or error page?)" },
        { "login page", true, ExitCode.KernelUnavailable, ": a web page instead of a package (a login or error page?)" },
        { "slow loris", false, ExitCode.KernelUnavailable, ": fewer than 4096 bytes arrived within 0.3 s (2 attempts)" },
        { "slow loris", true, ExitCode.KernelUnavailable, ": fewer than 4096 bytes arrived within 0.3 s (2 requests)" },
        { "silence", false, ExitCode.KernelUnavailable, ": fewer than 4096 bytes arrived within 0.3 s (2 attempts)" },
        { "silence", true, ExitCode.KernelUnavailable, ": fewer than 4096 bytes arrived within 0.3 s (2 requests)" },
    };

    [Theory]
    [MemberData(nameof(Lasting))]
    public void A_fault_that_lasts_is_one_line_and_leaves_the_cache_as_it_was(string fault, bool isPart, ExitCode code, string message)
    {
        _server.Serve("/a.rpm", request => fault switch
        {
            "404" => LoopbackResponse.Error(HttpStatusCode.NotFound),
            "429" => LoopbackResponse.Error(HttpStatusCode.TooManyRequests),
            "429, for an hour" => LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "3600"),
            "500" => LoopbackResponse.Error(HttpStatusCode.InternalServerError),
            "reset" => BreaksOff(request, LoopbackEnding.Reset),
            "truncated" => BreaksOff(request, LoopbackEnding.Close),
            "wrong digest" => LoopbackResponse.Bytes(Damaged) with { ETag = "\"one\"" },
            "login page" => LoopbackResponse.Html("<!DOCTYPE html><title>Log in</title>" + new string(' ', 200_000)),
            "slow loris" => Good with { BytesPerSecond = 50 },
            _ => LoopbackResponse.Silence,
        });
        CliRun run = Fetch(fault is "slow loris" or "silence" ? Impatient : Fast, isPart);

        Assert.Equal((code, ""), (run.ExitCode, run.Output));
        string line = Assert.Single(run.Error.Split('\n'), l => l.StartsWith("dbgfetch: ", StringComparison.Ordinal));
        Assert.Contains(message, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal(_before, Indexes());
        Assert.Equal(ExitCode.Success, Run("offset", "--kernel", Release, SmallPackage.Question).ExitCode);
        // What has arrived of a whole package stays where the rest may still come, and only there. How much arrives before a reset, or of a trickle, is the network's business.
        bool mayStay = !isPart && fault is "reset" or "truncated" or "slow loris";
        string[] part = ["a.rpm.partial", "a.rpm.partial.origin"];
        if (mayStay && fault != "truncated") { Assert.Empty(Leftovers().Except(part)); }
        else { Assert.Equal(mayStay ? part : [], Leftovers()); }

        _server.Serve("/a.rpm", Good);
        CliRun again = Fetch(Fast, isPart);
        Assert.True(again.ExitCode == ExitCode.Success, again.Error);
        Assert.Empty(Leftovers());
        if (fault == "truncated" && !isPart) { Assert.Contains(_server.Requests, r => r.Header("Range") == $"bytes={BreaksAt}-{BreaksAt + (1 << 20) - 1}"); }
    }

    [Theory]
    [InlineData("429", false)]
    [InlineData("429", true)]
    [InlineData("500", false)]
    [InlineData("500", true)]
    [InlineData("reset", false)]
    [InlineData("reset", true)]
    [InlineData("truncated", false)]
    [InlineData("truncated", true)]
    public void A_fault_that_passes_is_got_over_and_told(string fault, bool isPart)
    {
        int asked = 0;
        _server.Serve("/a.rpm", request => Interlocked.Increment(ref asked) is 1 or 3 ? fault switch
        {
            "429" => LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "0"),
            "500" => LoopbackResponse.Error(HttpStatusCode.InternalServerError),
            "reset" => Good with { StopAfter = 1000, Ending = LoopbackEnding.Reset },
            _ => Good with { StopAfter = 1000 },
        } : Good);
        CliRun run = Fetch(Fast, isPart);

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        Assert.Contains(run.Error.Split('\n'), l => l.StartsWith("# ", StringComparison.Ordinal) && l.Contains("; again in ", StringComparison.Ordinal));
        Assert.Empty(Leftovers());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_without_ranges_gives_it_all_the_same(bool isPart)
    {
        _server.Serve("/a.rpm", Good with { AcceptsRanges = false });
        CliRun run = Fetch(Fast, isPart);

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        Assert.Equal(isPart, run.Output.Contains("; read from its start, as the server answers no Range requests, ", StringComparison.Ordinal));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public void A_digest_that_is_not_the_index_s_names_both_and_leaves_nothing()
    {
        const string Alma = "5.14.0-570.12.1.el9_6.x86_64", Tree = "/almalinux/9/BaseOS/debug/x86_64", File = "Packages/k/other.rpm";
        string told = new('b', 64);
        _server.ServeRepository(Tree, RepositoryFiles.Package("kernel-debuginfo", "5.14.0", "570.12.1.el9_6", "x86_64", File, told, Package.Length))
            .Serve($"{Tree}/{File}", Good);
        CliRun run = Run("fetch", "--kernel", Alma, "--distro", "alma", "--base-url", _server.BaseUrl);

        Assert.Equal(ExitCode.KernelUnavailable, run.ExitCode);
        Assert.Matches($"\n  tried {_server.BaseUrl}{Tree}/{File}: SHA-256 is [0-9a-f]{{64}}, where the index has {told}\n", run.Error);
        Assert.Equal(_before, Indexes());
        Assert.Empty(Leftovers());
    }

    private static byte[] Damaged { get; } = SmallPackage.Rpm(Release, () => new RpmBuilder { ChangeDigest = _ => new string('0', 64) });

    private string Indexes() => ScratchFolder.Fingerprint(_folder["cache"]).Split('\n').Where(l => l.Contains(".sqlite ", StringComparison.Ordinal)).Aggregate("", (all, one) => $"{all}{one}\n");

    /// <summary>Files of the cache's folder that are no index.</summary>
    private IEnumerable<string?> Leftovers() => Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories)
        .Where(f => !f.EndsWith(".sqlite", StringComparison.Ordinal)).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private CliRun Fetch(DownloadOptions transfers, bool isPart)
        => Run(transfers, ["fetch", "--kernel", Release, "--refresh", "--package", $"{_server.BaseUrl}/a.rpm", .. isPart ? (string[])["--module", "btrfs"] : []]);

    private CliRun Run(params string[] arguments) => Run(Fast, arguments);

    private CliRun Run(DownloadOptions transfers, string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        using var console = new CliConsole(output, error, TextReader.Null, _ => null);
        var host = new CliHost(console, KernelBackend.OpenStore, () => new Fetcher(transfers));
        int exitCode = Application.RunAsync([.. arguments, "--cache", _folder["cache"]], host).GetAwaiter().GetResult();
        return new((ExitCode)exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    /// <summary>The real one, with other bounds of transfers.</summary>
    private sealed class Fetcher(DownloadOptions transfers) : IKernelFetcher
    {
        public Task<FetchOutcome> RunAsync(FetchRequest request, IFetchProgress progress, CancellationToken cancellation)
            => KernelFetcher.RunAsync(request with { Transfers = transfers }, progress, cancellation);
    }
}
