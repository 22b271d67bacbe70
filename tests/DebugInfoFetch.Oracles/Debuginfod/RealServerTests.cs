using System.Text.RegularExpressions;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Oracles.Packages;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Debuginfod;

/// <summary>elfutils' server over a real kernel's files, and elfutils' client beside ours in one cache directory.</summary>
[Trait("needs", "kernel")]
public sealed partial class RealServerTests : IDisposable
{
    // Nobody listens there.
    private const string Dead = "http://127.0.0.1:1";

    private readonly PackageTools _tools = new();
    private readonly HttpClient _http = HttpClients.Create();

    private string Root => _tools.PathOf("client");
    private DebuginfodCache Cache => new(Root);

    [Fact]
    public async Task Server_and_client_of_elfutils_and_ours_share_files_both_ways()
    {
        string vmlinux = DebianKernel.Newest.Vmlinux, btrfs = DebianKernel.Newest.Module("btrfs");
        BuildId kernel = IdOf(vmlinux), module = IdOf(btrfs);
        using DebuginfodProcess server = await DebuginfodProcess.StartAsync(
            Path.GetDirectoryName(vmlinux)!, _tools.PathOf("db.sqlite"), $"/buildid/{kernel}/debuginfo", $"/buildid/{module}/debuginfo");

        // Ours from their server, and then theirs from our file, without a server.
        var found = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync($"{Dead} {server.Url}", kernel, DebuginfodArtifact.Debuginfo));
        Assert.Equal((server.Url + $"/buildid/{kernel}/debuginfo", "the file's build ID is the one asked for; the transfer was not protected"), (found.Place, found.Verification));
        Assert.Equal("", ToolRun.Run("cmp", [vmlinux, found.Path]).OrThrow().Output);
        Assert.Equal(found.Path, Find(Dead, "debuginfo", kernel).OrThrow().Output.Trim());

        // Theirs from their server, and then ours from their file, without a server.
        string theirs = Find(server.Url, "debuginfo", module).OrThrow().Output.Trim();
        var shared = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(Dead, module, DebuginfodArtifact.Debuginfo));
        Assert.Equal((theirs, true), (shared.Path, shared.IsFromCache));
        string rights = _tools.Shell($"stat -c %a {theirs} {Path.GetDirectoryName(theirs)}");
        Assert.Equal(rights, _tools.Shell($"stat -c %a {found.Path} {Path.GetDirectoryName(found.Path)}"));

        // A section is the section's bytes.
        var section = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(server.Url, module, DebuginfodArtifact.Section(".debug_abbrev")));
        _tools.Shell($"objcopy --dump-section .debug_abbrev=abbrev '{btrfs}' copy.ko && cmp abbrev '{section.Path}'");

        // "Nobody has it", noted by either, keeps the other from asking.
        BuildId ours = BuildId.Parse(new string('a', 40)), other = BuildId.Parse(new string('b', 40));
        Assert.IsType<DebuginfodAnswer.Missing>(await FindAsync(server.Url, ours, DebuginfodArtifact.Debuginfo));
        Assert.Contains("No such file", Find(Dead, "debuginfo", ours).Error, StringComparison.Ordinal);
        Assert.NotEqual(0, Find(server.Url, "debuginfo", other).ExitCode);
        Assert.Contains("a short while ago", Assert.IsType<DebuginfodAnswer.Missing>(await FindAsync(Dead, other, DebuginfodArtifact.Debuginfo)).Outcomes[0].Answer, StringComparison.Ordinal);

        // 0.188 obeys the largest size with 406, and has no /metadata: both are answers.
        var tooLarge = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(server.Url, kernel, DebuginfodArtifact.Executable, ("DEBUGINFOD_MAXSIZE", "1000")));
        Assert.Contains("DEBUGINFOD_MAXSIZE", tooLarge.Outcomes[0].Answer, StringComparison.Ordinal);
        DebuginfodMetadata.Answer metadata = await new DebuginfodMetadata(_http, Settings(server.Url)).FindAsync(KernelRelease.Parse(DebianKernel.Newest.Release), ["btrfs"], CancellationToken.None);
        Assert.Equal((0, 3), (metadata.Builds.Count, metadata.Attempts.Count));
    }

    /// <summary>A fetch that reads no package: the kernel itself tells its build IDs, as if it ran here, and the server gives vmlinux and the module.</summary>
    [Fact]
    public async Task A_fetch_takes_vmlinux_and_a_module_from_the_server_and_adds_to_them()
    {
        DebianKernel kernel = DebianKernel.Newest;
        string[] modules = ["btrfs", "xfs"];
        _tools.Shell("mkdir -p root/proc/sys/kernel root/sys/kernel");
        File.WriteAllText(_tools.PathOf("root/proc/sys/kernel/osrelease"), kernel.Release + "\n");
        // What the kernel shows in /sys are these sections.
        _tools.Shell($"objcopy -O binary --only-section=.notes '{kernel.Vmlinux}' root/sys/kernel/notes");
        foreach (string module in modules)
        {
            string notes = $"root/sys/module/{module}/notes";
            _tools.Shell($"mkdir -p {notes} && objcopy -O binary --only-section=.note.gnu.build-id '{kernel.Module(module)}' {notes}/.note.gnu.build-id");
        }

        using DebuginfodProcess server = await DebuginfodProcess.StartAsync(
            Path.GetDirectoryName(kernel.Vmlinux)!, _tools.PathOf("fetch.sqlite"), [.. modules.Select(kernel.Module).Append(kernel.Vmlinux).Select(file => $"/buildid/{IdOf(file)}/debuginfo")]);

        FetchRequest Request(params string[] wanted) => new(kernel.Release, null, wanted, null, [], Dead, _tools.PathOf("cache"), Refresh: false)
        {
            Environment = name => name switch { "DEBUGINFOD_URLS" => server.Url, "DEBUGINFOD_CACHE_PATH" => Root, _ => null },
            Root = _tools.PathOf("root"),
        };
        foreach (string[] wanted in (string[][])[["vmlinux", "btrfs"], ["xfs"]])
        {
            var ready = Assert.IsType<FetchOutcome.Ready>(await KernelFetcher.RunAsync(Request(wanted), new Silence(), CancellationToken.None));
            Assert.Equal((true, "from debuginfod"), (ready.IsNew, ready.Transferred?.Way));
        }

        using KernelCache cache = KernelCache.Open(new KernelStore(_tools.PathOf("cache")).PathOf(kernel.Release, "x86_64"));
        Assert.Equal([("vmlinux", IdOf(kernel.Vmlinux).Hex), .. modules.Select(m => (m, IdOf(kernel.Module(m)).Hex))], cache.Modules.Select(m => (m.Name, m.BuildId)));
        Assert.Equal(3, cache.Kernel.Sources.Count);
        Assert.Single(cache.Definitions(TypeKind.Struct, "btrfs_block_group"));
    }

    private sealed class Silence : IFetchProgress
    {
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }
        public void Note(string text) { }
    }

    private Task<DebuginfodAnswer> FindAsync(string urls, BuildId id, DebuginfodArtifact artifact, params (string, string)[] more)
        => new DebuginfodClient(_http, Settings(urls, more), Cache).FindAsync(id, artifact, null, CancellationToken.None);

    private static DebuginfodSettings Settings(string urls, params (string Name, string Value)[] more)
        => DebuginfodSettings.FromEnvironment(v => v == "DEBUGINFOD_URLS" ? urls : more.FirstOrDefault(m => m.Name == v).Value);

    /// <summary>elfutils' client; the path of what it found on standard output.</summary>
    private ToolResult Find(string urls, string kind, BuildId id)
        => ToolRun.Run("debuginfod-find", [kind, id.Hex], new Dictionary<string, string> { ["DEBUGINFOD_URLS"] = urls, ["DEBUGINFOD_CACHE_PATH"] = Root });

    private static BuildId IdOf(string elf) => BuildId.Parse(BuildIdLine().Match(ToolRun.Run("readelf", ["-n", elf]).OrThrow().Output).Groups[1].Value);

    [GeneratedRegex("Build ID: ([0-9a-f]+)")]
    private static partial Regex BuildIdLine();

    public void Dispose()
    {
        _http.Dispose();
        _tools.Dispose();
    }
}
