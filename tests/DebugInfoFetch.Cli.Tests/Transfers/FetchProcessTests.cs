using System.Net;
using System.Net.Sockets;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Cli.Tests.Transfers;

/// <summary>
/// <c>dbgfetch fetch</c> as a process, from a loopback server in koji's layout: what only whole processes have, that is signals, death, other processes,
/// and the environment. What is waited for is a message, a request, or a file's length; no time is.
/// </summary>
public sealed class FetchProcessTests : IDisposable
{
    private const string Release = FedoraPackage.Release;
    private const int HeldAt = 100_000;

    private static readonly byte[] Package = SmallPackage.Rpm(Release);
    /// <summary>No proxy of the machine's own.</summary>
    private static readonly Dictionary<string, string?> Plain = new[] { "http_proxy", "https_proxy", "all_proxy", "no_proxy" }
        .SelectMany(name => new[] { name, name.ToUpperInvariant() }).ToDictionary(name => name, _ => (string?)null);

    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _koji = new();

    private static LoopbackResponse Good => LoopbackResponse.Bytes(Package) with { ETag = "\"one\"" };

    private string Downloads => Path.Combine(_folder["cache"], "downloads");
    private string Partial => Path.Combine(Downloads, FedoraPackage.FileName + ".partial");
    private string[] Ranges => [.. _koji.Requests.Where(r => r.Path == Koji.SignedPath).Select(r => r.Header("Range") ?? "whole")];

    public void Dispose()
    {
        _koji.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Ctrl_C_leaves_a_part_that_the_next_run_goes_on_with()
    {
        Assert.Equal(130, BreakOff(program => program.Interrupt()).ExitCode);

        _koji.Serve(Koji.SignedPath, Good);
        AssertFetched(Run());
        LoopbackRequest rest = _koji.Requests[^1];
        Assert.StartsWith($"bytes={HeldAt}-", rest.Header("Range"), StringComparison.Ordinal);
        Assert.Equal("\"one\"", rest.Header("If-Range"));
        Assert.Equal(Package.Length, _koji.BytesSent);
    }

    [Fact]
    public void A_file_that_changed_since_the_interruption_starts_anew()
    {
        BreakOff(program => program.Interrupt());

        _koji.Serve(Koji.SignedPath, Good with { ETag = "\"two\"" });
        AssertFetched(Run());
        Assert.Equal(Package.Length + HeldAt, _koji.BytesSent);
    }

    [Fact]
    public void When_the_process_that_downloads_is_killed_the_one_that_waits_takes_over_and_goes_on_there()
    {
        using RunningProgram first = StartHeld();
        using RunningProgram second = Start();
        second.WaitForMessage($"another process is fetching {Release}: waiting for it");
        _koji.Serve(Koji.SignedPath, Good);
        first.Kill();

        AssertFetched(second.WaitForExit());
        Assert.Equal(2, Ranges.Length);
        Assert.StartsWith($"bytes={HeldAt}-", Ranges[^1], StringComparison.Ordinal);
        Assert.Equal(Package.Length, _koji.BytesSent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_processes_that_want_one_kernel_share_one_download(bool isQuick)
    {
        string path = isQuick ? Koji.SignedPath.Replace("kernel-debuginfo-", "kernel-core-", StringComparison.Ordinal) : Koji.SignedPath;
        LoopbackResponse package = isQuick
            ? LoopbackResponse.Bytes(new RpmBuilder { Name = "kernel-core" }.File($"/lib/modules/{Release}/vmlinuz", new QuickKernel().BootImage()).Build())
            : Good;
        string[] more = isQuick ? ["--quick"] : [];
        using var goOn = new ManualResetEventSlim();
        _koji.Serve(path, _ =>
        {
            goOn.Wait();
            return package;
        });
        int Asked() => _koji.Requests.Count(r => r.Path == path);
        using RunningProgram first = Start(more);
        SpinWait.SpinUntil(() => Asked() == 1, TimeSpan.FromMinutes(1));
        using RunningProgram second = Start(more);
        second.WaitForMessage($"another process is fetching {Release}: waiting for it");
        goOn.Set();

        ToolResult one = first.WaitForExit(), other = second.WaitForExit();
        Assert.True(one.ExitCode == 0 && other.ExitCode == 0, $"{one.Error}\n{other.Error}");
        Assert.Contains(": ready", one.Output, StringComparison.Ordinal);
        Assert.Contains(": was ready already", other.Output, StringComparison.Ordinal);
        Assert.Equal(1, Asked());
    }

    [Fact]
    public void What_an_http_proxy_is_named_for_goes_through_it_and_what_no_proxy_names_does_not()
    {
        const string Archive = "archive.invalid";
        using var proxy = new LoopbackServer();
        proxy.Serve(Koji.SignedPath, Good);
        // Only the proxy can know such a host.
        AssertFetched(Run(baseUrl: $"http://{Archive}", environment: new(Plain) { ["http_proxy"] = proxy.BaseUrl }));
        Assert.Equal([(Archive, Koji.SignedPath)], proxy.Requests.Select(r => (r.ProxiedHost, r.Path)));

        _koji.Serve(Koji.SignedPath, Good);
        AssertFetched(Run(["--refresh"], environment: new(Plain) { ["http_proxy"] = proxy.BaseUrl, ["no_proxy"] = "127.0.0.1" }));
        Assert.Single(proxy.Requests);
        Assert.Single(Ranges);
    }

    [Fact]
    public void Https_asks_its_proxy_for_a_tunnel_and_says_when_there_is_none()
    {
        using var proxy = new LoopbackServer();
        ToolResult run = Run(["--package", "https://archive.invalid/a.rpm"], environment: new(Plain) { ["https_proxy"] = proxy.BaseUrl, ["http_proxy"] = "http://127.0.0.1:1" });

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("could not connect through the proxy", run.Error, StringComparison.Ordinal);
        Assert.All(proxy.Requests, r => Assert.Equal(("CONNECT", "archive.invalid:443"), (r.Method, r.ProxiedHost)));
        Assert.NotEmpty(proxy.Requests);
    }

    [Fact]
    public void A_rate_that_is_asked_for_is_not_exceeded()
    {
        _koji.Serve(Koji.SignedPath, Good);
        ToolResult run = AssertFetched(Run(["--limit-rate", "100k"]));
        Assert.True(run.Elapsed.TotalSeconds > (Package.Length - (100 << 10)) / (double)(100 << 10), $"{run.Elapsed}");
    }

    [Fact]
    public void What_no_disk_has_room_for_is_refused_before_a_byte_is_written()
    {
        _koji.Serve(Koji.SignedPath, Good with { Length = 1L << 60 });
        ToolResult run = Run();

        Assert.Equal(5, run.ExitCode);
        Assert.Matches(@"dbgfetch: .*/downloads: \d+ bytes are needed and \d+ are free; make room or choose another place with --cache\n", run.Error);
        Assert.Equal([], Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_place_that_gives_a_login_page_or_breaks_its_promise_is_followed_by_the_next()
    {
        _koji.Serve(Koji.SignedPath, LoopbackResponse.Html("<!DOCTYPE html><title>Log in</title>")).Serve(Koji.PlainPath, Good);
        ToolResult run = AssertFetched(Run());
        Assert.Contains($"# {_koji.BaseUrl}{Koji.SignedPath}: a web page instead of a package (a login or error page?)\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"# Downloading {_koji.BaseUrl}{Koji.PlainPath}: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mirror_behind_the_place_that_is_gone_is_followed_by_the_next()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        string gone = $"http://127.0.0.1:{((IPEndPoint)unused.LocalEndpoint).Port}/m.rpm";
        unused.Stop();
        // The redirector knows a better mirror the next time.
        _koji.Serve(Koji.SignedPath, LoopbackResponse.Redirect(gone), Good);
        ToolResult run = AssertFetched(Run());
        Assert.Contains($"# {new Uri(_koji.BaseUrl).Authority}: could not connect: Connection refused", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs into a transfer that stops, ends it so, and checks what that leaves.</summary>
    private ToolResult BreakOff(Action<RunningProgram> end)
    {
        using RunningProgram program = StartHeld();
        end(program);
        ToolResult result = program.WaitForExit();
        Assert.Equal(["dbgfetch: interrupted"], result.Error.Split('\n').Where(l => l.StartsWith("dbgfetch:", StringComparison.Ordinal)));
        Assert.Contains("# what has arrived is kept: the same command goes on there\n", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
        Assert.Equal(Package[..HeldAt], File.ReadAllBytes(Partial));
        Assert.Equal([Partial, Partial + ".origin"], Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        return result;
    }

    /// <summary>A run whose transfer has stopped, with so much of it on the disk.</summary>
    private RunningProgram StartHeld()
    {
        _koji.Serve(Koji.SignedPath, Good with { StopAfter = HeldAt, Ending = LoopbackEnding.Silence });
        RunningProgram program = Start();
        bool isThere = SpinWait.SpinUntil(() => File.Exists(Partial) && new FileInfo(Partial).Length == HeldAt, TimeSpan.FromMinutes(1));
        Assert.True(isThere, program.Error);
        return program;
    }

    private RunningProgram Start(params string[] more) => new([.. Arguments(_koji.BaseUrl), .. more], Plain);

    private ToolResult Run(string[]? more = null, string? baseUrl = null, Dictionary<string, string?>? environment = null)
    {
        using var program = new RunningProgram([.. Arguments(baseUrl ?? _koji.BaseUrl), .. more ?? []], environment ?? Plain);
        return program.WaitForExit();
    }

    private string[] Arguments(string baseUrl) => ["fetch", "--kernel", Release, "--base-url", baseUrl, "--cache", _folder["cache"]];

    /// <summary>It is in the cache, answers, and nothing of its way is left.</summary>
    private ToolResult AssertFetched(ToolResult result)
    {
        Assert.True(result.ExitCode == 0, $"exit {result.ExitCode}\n{result.Error}");
        Assert.Contains($"{Release} (x86_64, fedora): ready, 6 modules", result.Output, StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories), f => Assert.EndsWith(".sqlite", f, StringComparison.Ordinal));
        ToolResult answer = DbgfetchProgram.Run(["offset", "--kernel", Release, "--cache", _folder["cache"], SmallPackage.Question]);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return result;
    }
}
