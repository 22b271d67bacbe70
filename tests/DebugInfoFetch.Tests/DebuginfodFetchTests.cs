using System.Net;
using System.Text;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Sources;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;

namespace DebugInfoFetch.Tests;

/// <summary>debuginfod comes before the package: Fedora's koji and a debuginfod server, both on loopback.</summary>
public sealed class DebuginfodFetchTests : IDisposable
{
    private const string Release = "6.13.5-200.fc41.x86_64";
    private const string Folder = "/usr/lib/debug/lib/modules/" + Release;
    private static readonly byte[] KernelId = [.. Enumerable.Repeat((byte)0xaa, 20)], ModuleId = [.. Enumerable.Repeat((byte)0xbb, 20)];
    private static readonly string KernelPath = PathOf(KernelId), ModulePath = PathOf(ModuleId);
    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _server = new(), _koji = new();
    private readonly List<string> _notes = [];
    private readonly byte[] _package = Package();

    public DebuginfodFetchTests() => _koji.Serve(Koji.PlainPath, LoopbackResponse.Bytes(_package) with { ETag = "\"one\"" });

    public void Dispose()
    {
        _server.Dispose();
        _koji.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_packages_header_tells_the_build_ID_and_the_server_gives_the_file()
    {
        _server.Serve(ModulePath, LoopbackResponse.Bytes(Module()));
        var ready = Assert.IsType<FetchOutcome.Ready>(await FetchAsync("btrfs"));
        Assert.Equal("from debuginfod", ready.Transferred!.Way);
        Assert.True(_koji.BytesSent < _package.Length / 2, $"{_koji.BytesSent} of {_package.Length}");
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(("btrfs", "fedora", false), (string.Join(' ', cache.Modules.Select(m => m.Name)), cache.Kernel.Distribution, cache.Kernel.IsComplete));
        Assert.Equal(($"debuginfod: {_server.BaseUrl}{ModulePath}", $"build ID {Convert.ToHexStringLower(ModuleId)} as the header of {FedoraPackage.FileName} has it; the file's build ID is the one asked for; the transfer was not protected"),
            (cache.Kernel.Sources[0].Origin, cache.Kernel.Sources[0].Verification));
        Assert.True(File.Exists(_folder[$"client/{Convert.ToHexStringLower(ModuleId)}/debuginfo"]));
        Assert.Empty(_notes);
    }

    [Fact]
    public async Task More_of_it_is_asked_for_alone_and_added()
    {
        _server.Serve(ModulePath, LoopbackResponse.Bytes(Module())).Serve(KernelPath, LoopbackResponse.Bytes(Vmlinux()));
        await FetchAsync("btrfs");
        var ready = Assert.IsType<FetchOutcome.Ready>(await FetchAsync("vmlinux"));
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(("vmlinux btrfs", Convert.ToHexStringLower(KernelId), 2), (string.Join(' ', cache.Modules.Select(m => m.Name)), cache.Kernel.BuildId, cache.Kernel.Sources.Count));
        Assert.Single(_server.Requests, r => r.Path == ModulePath);
    }

    [Fact]
    public async Task A_build_ID_that_was_given_needs_no_package()
    {
        _server.Serve(KernelPath, LoopbackResponse.Bytes(Vmlinux()));
        Assert.IsType<FetchOutcome.Ready>(await FetchAsync(Request("vmlinux") with { BuildId = Convert.ToHexStringLower(KernelId) }));
        Assert.Empty(_koji.Requests);
        Assert.Equal([KernelPath], _server.PathsAsked());
    }

    [Fact]
    public async Task The_kernel_that_runs_here_tells_its_own()
    {
        Directory.CreateDirectory(_folder["root/proc/sys/kernel"]);
        Directory.CreateDirectory(_folder["root/sys/kernel"]);
        Directory.CreateDirectory(_folder["root/sys/module/btrfs/notes"]);
        File.WriteAllText(_folder["root/proc/sys/kernel/osrelease"], Release + "\n");
        var elf = new ElfBuilder();
        File.WriteAllBytes(_folder["root/sys/kernel/notes"], [.. elf.Note("Linux", 257, [0]), .. elf.Note("Xen", 6, new byte[5]), .. elf.Note("GNU", 3, KernelId)]);
        File.WriteAllBytes(_folder["root/sys/module/btrfs/notes/.note.gnu.build-id"], elf.Note("GNU", 3, ModuleId));
        _server.Serve(ModulePath, LoopbackResponse.Bytes(Module())).Serve(KernelPath, LoopbackResponse.Bytes(Vmlinux()));
        Assert.IsType<FetchOutcome.Ready>(await FetchAsync(Request("vmlinux", "btrfs") with { Root = _folder["root"] }));
        Assert.Empty(_koji.Requests);
        // Of a module that is not loaded nobody knows it: asked on.
        Assert.IsType<FetchOutcome.Ready>(await FetchAsync(Request("xfs") with { Root = _folder["root"], Refresh = true }));
        Assert.NotEmpty(_koji.Requests);
    }

    [Theory]
    [InlineData(1, null, true)]
    [InlineData(2, null, false)]
    [InlineData(2, "aa", true)]
    [InlineData(2, "cc", false)]
    public async Task Metadata_tells_it_and_of_several_builds_the_ID_decides(int builds, string? asked, bool isTaken)
    {
        string Result(byte[] id, string file, string archive) => $$"""{"type":"debuginfo","buildid":"{{Convert.ToHexStringLower(id)}}","file":"{{file}}","archive":"{{archive}}"}""";
        string Document(params string[] results) => $$"""{"results":[{{string.Join(',', results.Take(builds))}}],"complete":true}""";
        byte[] other = [.. Enumerable.Repeat((byte)0xee, 20)];
        _server.Serve("/metadata", request => LoopbackResponse.Json(
            request.Query == $"?key=file&value={Uri.EscapeDataString($"{Folder}/vmlinux")}" ? Document(Result(KernelId, $"{Folder}/vmlinux", "/a.rpm"), Result(other, $"{Folder}/vmlinux", "/b.rpm"))
            : request.Query == $"?key=glob&value={Uri.EscapeDataString($"{Folder}/*/btrfs.ko*")}" ? Document(Result(ModuleId, $"{Folder}/kernel/btrfs.ko.debug", "/a.rpm"), Result(other, $"{Folder}/kernel/btrfs.ko.debug", "/b.rpm"))
            : Document()));
        _server.Serve(ModulePath, LoopbackResponse.Bytes(Module()));
        FetchOutcome outcome = await FetchAsync(Request("btrfs") with { BuildId = asked is null ? null : string.Concat(Enumerable.Repeat(asked, 20)) });
        Assert.Equal(isTaken, _server.Requests.Any(r => r.Path == ModulePath));
        Assert.Equal(isTaken, outcome is FetchOutcome.Ready { Transferred.Way: "from debuginfod" });
        Assert.Equal(isTaken, _koji.Requests.Count == 0);
    }

    [Theory]
    [InlineData("404", "404 Not Found")]
    [InlineData("500", "500 Internal Server Error")]
    [InlineData("page", "a web page instead of the file")]
    [InlineData("truncated", "the connection broke after")]
    [InlineData("silent", "fewer than 102400 bytes arrived within 1 s")]
    [InlineData("another build", "a file of build ID")]
    [InlineData("another kernel", "btrfs: of kernel 6.13.4-200.fc41.x86_64, not of " + Release)]
    [InlineData("no DWARF", "btrfs: ")]
    public async Task What_a_server_does_wrong_is_said_in_a_line_and_the_package_is_taken(string fault, string said)
    {
        LoopbackResponse good = LoopbackResponse.Bytes(Module());
        _server.Serve(ModulePath, fault switch
        {
            "404" => LoopbackResponse.Error(HttpStatusCode.NotFound),
            "500" => LoopbackResponse.Error(HttpStatusCode.InternalServerError),
            "page" => LoopbackResponse.Html("<html>please log in</html>"),
            "truncated" => good with { StopAfter = 300 },
            "silent" => LoopbackResponse.Silence,
            "another build" => LoopbackResponse.Bytes(Module(id: KernelId)),
            "another kernel" => LoopbackResponse.Bytes(Module(release: "6.13.4-200.fc41.x86_64")),
            _ => LoopbackResponse.Bytes(new ElfBuilder().BuildId(ModuleId).Build()),
        });
        var ready = Assert.IsType<FetchOutcome.Ready>(await FetchAsync("btrfs"));
        Assert.Equal("by ranges", ready.Transferred!.Way);
        string note = Assert.Single(_notes, n => n.StartsWith("not from debuginfod: ", StringComparison.Ordinal));
        Assert.Contains(said, note, StringComparison.Ordinal);
        Assert.EndsWith("; so out of the package", note, StringComparison.Ordinal);
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal([$"{_koji.BaseUrl}{Koji.PlainPath}"], cache.Kernel.Sources.Select(s => s.Origin));
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("package")]
    [InlineData("no servers")]
    public async Task It_is_asked_for_named_files_of_a_release_only(string kind)
    {
        FetchRequest request = kind switch
        {
            "whole" => Request(),
            "package" => Request("btrfs") with { Package = _koji.At(Koji.PlainPath).AbsoluteUri },
            _ => Request("btrfs") with { Environment = _ => null },
        };
        Assert.IsType<FetchOutcome.Ready>(await FetchAsync(request));
        Assert.Empty(_server.Requests);
        Assert.Null(KernelFinder.Explain(request).Debuginfod);
    }

    [Fact]
    public void Its_places_come_first_in_the_plan()
    {
        var step = Assert.IsType<PlanStep.AskFiles>(Assert.Single(KernelFinder.Explain(Request("btrfs")).Debuginfod!.Steps));
        Assert.Equal(
        [
            "/sys/kernel/notes, where that kernel runs",
            $"{_server.BaseUrl}/metadata?key=file&value={Uri.EscapeDataString($"{Folder}/vmlinux")}",
            $"{_server.BaseUrl}/metadata?key=file&value={Uri.EscapeDataString($"/usr/lib/debug/boot/vmlinux-{Release}")}",
            $"{_server.BaseUrl}/metadata?key=glob&value={Uri.EscapeDataString($"{Folder}/*/btrfs.ko*")}",
            "<the header of the RPM, at the first address below that has it>",
            $"{_server.BaseUrl}/buildid/<build ID>/debuginfo",
        ], step.Places);
    }

    private FetchRequest Request(params string[] modules) => new(Release, null, modules, null, [], _koji.BaseUrl, _folder["cache"], false)
    {
        Environment = name => name switch
        {
            "DEBUGINFOD_URLS" => _server.BaseUrl,
            "DEBUGINFOD_CACHE_PATH" => _folder["client"],
            "DEBUGINFOD_RETRY_LIMIT" => "0",
            "DEBUGINFOD_TIMEOUT" => "1",
            _ => null,
        },
        Root = _folder["nothing"],
    };

    private Task<FetchOutcome> FetchAsync(params string[] modules) => FetchAsync(Request(modules));

    private Task<FetchOutcome> FetchAsync(FetchRequest request) => KernelFetcher.RunAsync(request, new Progress(_notes), CancellationToken.None);

    private static string PathOf(byte[] id) => $"/buildid/{Convert.ToHexStringLower(id)}/debuginfo";

    private static byte[] Vmlinux() => Elf("vmlinux").Section(".rodata", Encoding.ASCII.GetBytes($"Linux version %s\0Linux version {Release} (mockbuild@host) \0")).BuildId(KernelId).Build();

    private static byte[] Module(byte[]? id = null, string release = Release)
        => Elf("btrfs").Section(".modinfo", Encoding.ASCII.GetBytes($"license=GPL\0vermagic={release} SMP \0")).BuildId(id ?? ModuleId).Build();

    private static ElfBuilder Elf(string name)
        => new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, name + ".c").Base("int").Struct(name + "_x", 4, s => s.Member("flags", "int", 0))).AddTo(new ElfBuilder().Text(".text", 0x1000, new byte[64]));

    private static byte[] Package()
    {
        byte[] filling = new byte[400_000];
        new Random(1).NextBytes(filling);
        var rpm = new RpmBuilder().File($"{Folder}/filling", filling).File($"{Folder}/kernel/btrfs.ko.debug", Module()).File($"{Folder}/kernel/xfs.ko.debug", Elf("xfs").Build()).File($"{Folder}/vmlinux", Vmlinux());
        foreach ((byte[] id, string target) in ((byte[], string)[])[(KernelId, "vmlinux"), (ModuleId, "kernel/btrfs.ko.debug")])
        {
            string hex = Convert.ToHexStringLower(id);
            rpm.Symlink($"/usr/lib/debug/.build-id/{hex[..2]}/{hex[2..]}.debug", $"../../lib/modules/{Release}/{target}");
        }

        return rpm.Build();
    }

    private sealed class Progress(List<string> notes) : IFetchProgress
    {
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }

        public void Note(string text)
        {
            // Who signed it is another test's.
            if (!text.Contains(".rpm: ", StringComparison.Ordinal)) { notes.Add(text); }
        }
    }
}
