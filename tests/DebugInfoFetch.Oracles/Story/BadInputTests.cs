using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Oracles.Story;

/// <summary>
/// What comes from outside can be anything. Each case: one clear line, the documented exit code (README, "Exit codes"), and a cache that is
/// what it was before, its earlier content still answering: each damaged source is to replace (<c>--refresh</c>) a good index of the same kernel.
/// </summary>
[Trait("needs", "kernel")]
public sealed class BadInputTests : IDisposable
{
    private const int KernelUnavailable = 3, BadInput = 4, SystemFault = 5;

    private static readonly DebianKernel Kernel = DebianKernel.Newest;
    private static readonly FedoraPackage Good = FedoraPackage.Small(Kernel);
    private readonly ScratchFolder _folder = new();
    private readonly string _cache;
    private readonly string _before;

    public BadInputTests()
    {
        _cache = _folder["cache"];
        Fetch(["--package", Good.Path]).OrThrow();
        _before = ScratchFolder.Fingerprint(_cache);
        Assert.NotEqual("", _before);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void A_truncated_package(double part)
    {
        byte[] bytes = File.ReadAllBytes(Good.Path);
        string damaged = Write("truncated.rpm", bytes[..(int)(bytes.Length * part)]);
        AssertRefused(Fetch(["--package", damaged]), BadInput, "truncated.rpm");
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void A_flipped_byte_in_the_payload(double at)
    {
        byte[] bytes = File.ReadAllBytes(Good.Path);
        bytes[(int)(bytes.Length * at)] ^= 0x10;
        AssertRefused(Fetch(["--package", Write("flipped.rpm", bytes)]), BadInput, "flipped.rpm");
    }

    [Fact]
    public void A_web_page_instead_of_a_package()
        => AssertRefused(Fetch(["--package", Write("page.rpm", "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"u8.ToArray())]), BadInput, "page.rpm", "(?i)html|web page");

    [Fact]
    public void A_web_page_that_a_host_sends_instead_of_a_package()
    {
        string page = Write("page.html", "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"u8.ToArray());
        using LoopbackServer koji = Koji.Serving(Koji.SignedPath, page).Serve(Koji.PlainPath, LoopbackResponse.File(page));
        ToolResult result = Fetch(["--base-url", koji.BaseUrl]);
        Assert.True(result.ExitCode is KernelUnavailable or BadInput, $"exit {result.ExitCode}\n{result.Error}");
        AssertRefused(result, result.ExitCode);
        Assert.Matches("(?i)html|web page", result.Error);
    }

    [Fact]
    public void An_ELF_file_without_DWARF()
    {
        string stripped = _folder["null_blk.ko"];
        ToolRun.Run("objcopy", ["--strip-debug", Kernel.Module("null_blk"), stripped]).OrThrow();
        AssertRefused(Fetch(["--elf", stripped]), BadInput, @"null_blk\.ko", "(?i)debug|dwarf");
    }

    [Fact]
    public void A_release_that_nobody_has()
    {
        using LoopbackServer koji = new();
        ToolResult result = DbgfetchProgram.Run(["fetch", "--kernel", "6.99.9-999.fc41", "--base-url", koji.BaseUrl, "--cache", _cache]);
        AssertRefused(result, KernelUnavailable, @"6\.99\.9-999\.fc41");
        // Each place that was asked is named with its answer.
        Assert.Contains("/data/signed/e99d6ad1/", result.Error, StringComparison.Ordinal);
        Assert.Contains("404", result.Error, StringComparison.Ordinal);
        // Signed and unsigned, of the debug package and then of the kernel's own, from which quick mode could be had.
        Assert.Equal(
            ["kernel-debuginfo", "kernel-debuginfo", "kernel-core", "kernel-core"],
            koji.PathsAsked().Where(p => p.StartsWith("/packages/kernel/6.99.9/999.fc41/", StringComparison.Ordinal)).Select(p => Path.GetFileName(p).Split("-6.99")[0]));
    }

    [Fact]
    public void A_missing_liblzma()
        => AssertRefused(
            DbgfetchProgram.Run(FetchArguments(["--package", Good.Path, "--cache", _folder["other"]]), new Dictionary<string, string> { ["DBGFETCH_LIBLZMA"] = "/nonexistent/liblzma.so.5" }),
            SystemFault, "(?s)(?=.*liblzma)(?=.*liblzma5)(?=.*xz-libs)");

    [Fact]
    public void A_full_disk()
    {
        // A file system of 64 KiB in a mount namespace of our own; where namespaces are not to be had, a limit on the size of files.
        string disk = Directory.CreateDirectory(_folder["disk"]).FullName;
        string fetch = string.Join(' ', DbgfetchProgram.Command.Concat(FetchArguments(["--package", Good.Path, "--cache", disk])).Select(a => $"'{a}'"));
        string left = $"code=$?; ls -A '{disk}' | sed 's/^/left: /' >&2; exit $code";
        bool hasNamespaces = ToolRun.Run("unshare", ["-rm", "mount", "-t", "tmpfs", "none", disk]).ExitCode == 0;
        ToolResult result = hasNamespaces
            ? ToolRun.Run("unshare", ["-rm", "bash", "-c", $"mount -t tmpfs -o size=64k none '{disk}' && {{ {fetch}; {left}; }}"])
            // The runtime maps its generated code through a file as well, unless told not to.
            : ToolRun.Run("bash", ["-c", $"trap '' XFSZ; ulimit -f 64; {fetch}; {left}"], new Dictionary<string, string> { ["DOTNET_EnableWriteXorExecute"] = "0" });

        AssertRefused(result, SystemFault, "(?i)no space|full|too large");
        Assert.DoesNotContain("left: ", result.Error, StringComparison.Ordinal);
    }

    /// <summary>One line says it, nothing of the program's inside shows, and the cache is as it was and answers.</summary>
    private void AssertRefused(ToolResult result, int exitCode, params string[] patterns)
    {
        Assert.True(result.ExitCode == exitCode, $"exit {result.ExitCode}, not {exitCode}\n{result.Output}\n{result.Error}");
        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string fault = Assert.Single(lines, l => l.StartsWith("dbgfetch: ", StringComparison.Ordinal));
        foreach (string pattern in patterns)
        {
            Assert.Matches(pattern, fault);
        }

        Assert.DoesNotContain(lines, l => l.TrimStart().StartsWith("at ", StringComparison.Ordinal) || l.Contains("Exception", StringComparison.Ordinal));
        Assert.Equal(_before, ScratchFolder.Fingerprint(_cache));
        ToolResult stillThere = DbgfetchProgram.Run(["offset", "--kernel", FedoraPackage.ShortRelease, "--cache", _cache, "nullb_device.size"]);
        Assert.True(stillThere.ExitCode == 0, stillThere.Error);
    }

    private ToolResult Fetch(IEnumerable<string> source) => DbgfetchProgram.Run(FetchArguments([.. source, "--cache", _cache]));

    private static string[] FetchArguments(IEnumerable<string> rest) => ["fetch", "--refresh", "--kernel", FedoraPackage.ShortRelease, .. rest];

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder[name], bytes);
        return _folder[name];
    }
}
