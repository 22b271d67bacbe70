using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Story;

/// <summary>The source story on a Fedora package: fetched from a host in koji's layout, then asked.</summary>
[Trait("needs", "kernel")]
public sealed class FedoraStoryTests(ITestOutputHelper log) : IDisposable
{
    private static readonly DebianKernel Kernel = DebianKernel.Newest;
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void From_a_signed_xz_package_of_koji_to_the_line_that_the_kernel_takes()
    {
        FedoraPackage package = FedoraPackage.Full(Kernel);
        using LoopbackServer koji = Koji.Serving(Koji.SignedPath, package.Path);

        ToolResult fetch = Run("fetch", "--base-url", koji.BaseUrl).OrThrow();
        log.WriteLine($"fetch of {new FileInfo(package.Path).Length >> 20} MiB took {fetch.Elapsed.TotalSeconds:f1} s\n{fetch.Error}");

        // The signed copy is there, so no other place is asked.
        Assert.Equal([Koji.SignedPath], koji.PathsAsked());
        StoryExpectation.AssertOffsets(Kernel, Run("offset", "--json", "btrfs_block_group.length", "btrfs_block_group.alloc_offset"));
        StoryExpectation.AssertLine(Kernel, Run("probe", ["--format", "definition", .. IndexedKernel.StoryProbe]).OrThrow().Output.Trim());
    }

    [Fact]
    public void The_default_format_is_a_command_for_the_reporters_root_shell()
    {
        using LoopbackServer koji = Koji.Serving(Koji.PlainPath, FedoraPackage.Zstd(Kernel).Path);
        Run("fetch", "--base-url", koji.BaseUrl).OrThrow();

        string command = Run("probe", [.. IndexedKernel.StoryProbe]).OrThrow().Output.Trim();
        // Run by a real shell, with the tracing directory elsewhere: what arrives in the file is what the kernel would read.
        ToolRun.Shell(command.Replace("/sys/kernel/tracing", _folder.Path, StringComparison.Ordinal)).OrThrow();
        StoryExpectation.AssertLine(Kernel, File.ReadAllText(_folder["kprobe_events"]).Trim());
    }

    [Fact]
    public void From_an_unsigned_zstd_package_when_koji_has_no_signed_one()
    {
        using LoopbackServer koji = Koji.Serving(Koji.PlainPath, FedoraPackage.Zstd(Kernel).Path);

        ToolResult fetch = Run("fetch", "--base-url", koji.BaseUrl).OrThrow();

        log.WriteLine($"fetch took {fetch.Elapsed.TotalSeconds:f1} s");
        Assert.Equal([Koji.SignedPath, Koji.PlainPath, Koji.SignaturePath], koji.PathsAsked());
        StoryExpectation.AssertOffsets(Kernel, Run("offset", "--json", "btrfs_block_group.length", "btrfs_block_group.alloc_offset"));
    }

    private ToolResult Run(string command, params IEnumerable<string> arguments)
        => DbgfetchProgram.Run([command, "--kernel", FedoraPackage.ShortRelease, "--cache", _folder["cache"], .. arguments]);
}
