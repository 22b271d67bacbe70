using System.Text;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;

namespace DebugInfoFetch.Tests;

/// <summary>Quick mode from a kernel's own package, or its own files, to the cache.</summary>
public sealed class QuickFetchTests : IDisposable
{
    private const string Release = "6.12.9-amd64";
    private readonly ScratchFolder _folder = new();
    private readonly QuickKernel _kernel = new();

    public QuickFetchTests() => _kernel.Function("vfs_read", ("page", _kernel.PagePointer));

    [Fact]
    public async Task Boot_image_and_compressed_modules_become_a_cached_kernel()
    {
        string package = Package();
        FetchOutcome.Ready ready = await Run(package);
        Assert.True(ready.Kernel.IsFromBtf);
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(["vmlinux", "gz_mod", "plain", "xz_mod", "zst_mod"], cache.Modules.Select(m => m.Name));
        Assert.Equal(("abcd", true, true), (cache.Kernel.BuildId, cache.Kernel.IsComplete, cache.Kernel.IsFromBtf));
        Assert.Equal("zst_mod", Assert.Single(cache.Definitions(TypeKind.Struct, "zst_x")).Module);
        Assert.Equal(["vfs_read"], cache.Symbols("vfs_read").Select(s => s.Name));
        Assert.StartsWith("sha256:", Assert.Single(cache.Kernel.Sources).Digest, StringComparison.Ordinal);
        Assert.Equal(["package.deb", "cache"], new[] { "package.deb", "cache" }.Where(n => Path.Exists(_folder[n])));
    }

    [Fact]
    public async Task Only_the_modules_asked_for_are_indexed()
    {
        FetchOutcome.Ready ready = await Run(Package(), "xz-mod");
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(["vmlinux", "xz_mod"], cache.Modules.Select(m => m.Name));
        Assert.False(cache.Kernel.IsComplete);
        await AssertFault("holds no module xfs", () => Run(Package(), "xfs"));
    }

    [Fact]
    public async Task Modules_may_come_before_the_boot_image()
    {
        string path = _folder["late.deb"];
        File.WriteAllBytes(path, new DebBuilder().File($"lib/modules/{Release}/kernel/plain.ko", _kernel.Module("plain_x", "plain_f"))
            .File($"lib/modules/{Release}/vmlinuz", _kernel.BootImage()).Build());
        FetchOutcome.Ready ready = await Run(path);
        Assert.Equal(2, ready.Kernel.ModuleCount);
    }

    [Fact]
    public async Task A_System_map_is_preferred_and_must_fit_the_image()
    {
        var map = new StringBuilder();
        for (int i = 0; i < 2000; i++) { map.Append(System.Globalization.CultureInfo.InvariantCulture, $"{QuickKernel.Text + (16 * (ulong)i):x16} T map_{i}\n"); }
        await AssertFault("the symbols are of another kernel than the image", () => Run(Package(d => d.File($"boot/System.map-{Release}", Encoding.ASCII.GetBytes(map.ToString())))));
    }

    [Fact]
    public async Task A_package_without_a_boot_image_is_a_fault_and_leaves_no_cache()
    {
        string path = _folder["modules.deb"];
        File.WriteAllBytes(path, new DebBuilder().File($"lib/modules/{Release}/kernel/plain.ko", _kernel.Module("plain_x", "plain_f")).Build());
        await AssertFault("modules.deb: holds no boot image (vmlinuz) of 6.12.9-amd64", () => Run(path));
        Assert.Empty(new KernelStore(_folder["cache"]).Files());
    }

    [Fact]
    public async Task One_damaged_module_among_all_is_noted_and_costs_no_other()
    {
        var notes = new Notes();
        string package = Package(d => d.File($"lib/modules/{Release}/kernel/bad.ko.xz", [1, 2, 3]));
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(Request(package), notes));
        Assert.Equal(5, ready.Kernel.ModuleCount);
        Assert.StartsWith("1 modules could not be indexed: bad.ko.xz", Assert.Single(notes.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quick_cache_gives_way_to_debug_information_and_never_the_other_way()
    {
        string quick = Package(), full = DebugPackage();
        await Run(quick);
        Assert.False((await Run(full, isQuick: false)).Kernel.IsFromBtf);
        var notes = new Notes();
        var again = Assert.IsType<FetchOutcome.Ready>(await Run(Request(quick), notes));
        Assert.Equal((false, false), (again.IsNew, again.Kernel.IsFromBtf));
        Assert.Equal($"{Release} is cached with debug information; --refresh replaces that", Assert.Single(notes.Lines));
        Assert.True(Assert.IsType<FetchOutcome.Ready>(await Run(Request(quick) with { Refresh = true }, notes)).Kernel.IsFromBtf);
    }

    [Fact]
    public async Task Files_that_have_only_BTF_are_indexed_from_it()
    {
        File.WriteAllBytes(_folder["vmlinux"], _kernel.StrippedVmlinux());
        File.WriteAllBytes(_folder["plain.ko"], _kernel.Module("plain_x", "plain_f"));
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(Request(null) with { Quick = false, ElfFiles = [_folder["plain.ko"], _folder["vmlinux"]] }, new Notes()));
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal((true, "local"), (cache.Kernel.IsFromBtf, cache.Kernel.Distribution));
        Assert.Equal(["vmlinux", "plain"], cache.Modules.Select(m => m.Name));
        Assert.NotEmpty(cache.Symbols("vfs_read"));
    }

    [Fact]
    public async Task Bare_BTF_as_the_running_kernel_shows_it_has_types_only()
    {
        File.WriteAllBytes(_folder["vmlinux"], _kernel.Btf.Build());
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(Request(null) with { Quick = false, ElfFiles = [_folder["vmlinux"]] }, new Notes()));
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Single(cache.Definitions(TypeKind.Struct, "page"));
        Assert.Empty(cache.Symbols("vfs_read"));
    }

    [Fact]
    public async Task Another_build_than_the_one_asked_for_is_a_fault()
        => await AssertFault("build ID abcd, not 00112233", async () => await Run(Request(Package()) with { BuildId = "00112233" }, new Notes()));

    [Fact]
    public async Task Fedoras_kernel_is_taken_from_its_core_and_its_modules()
    {
        using LoopbackServer koji = ServeKoji();
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(FedoraRequest(koji) with { Quick = true }, new Notes()));
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(["vmlinux", "xz_mod"], cache.Modules.Select(m => m.Name));
        Assert.Equal(2, cache.Kernel.Sources.Count);
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*.rpm", SearchOption.AllDirectories));
        Assert.DoesNotContain(koji.PathsAsked(), p => p.Contains("debuginfo", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Arch_s_kernel_comes_from_its_archive_of_packages()
    {
        const string Arch = "6.14.2-arch1-1", File = "/packages/l/linux/linux-6.14.2.arch1-1-x86_64.pkg.tar.zst";
        using LoopbackServer archive = new LoopbackServer().Serve(File, LoopbackResponse.Bytes(PacmanPackage.Kernel(Arch, _kernel.BootImage())));
        var notes = new Notes();
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(FedoraRequest(archive) with { KernelSpec = Arch }, notes));
        Assert.Equal((Arch, "arch", true), (ready.Kernel.Release, ready.Kernel.Distribution, ready.Kernel.IsFromBtf));
        Assert.Contains("linux-6.14.2.arch1-1-x86_64.pkg.tar.zst: not signed (linux-6.14.2.arch1-1-x86_64.pkg.tar.zst.sig: 404 Not Found)", notes.Lines);
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*.zst*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Where_debug_information_is_gone_fetch_falls_back_and_says_so_and_takes_it_once_it_is_there()
    {
        using LoopbackServer koji = ServeKoji();
        var notes = new Notes();
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(FedoraRequest(koji), notes));
        Assert.True(ready.Kernel.IsFromBtf);
        Assert.Contains(notes.Lines, n => n.EndsWith("so this is from BTF and symbols of the kernel's own package: offsets and names hold, what needs debuginfo is refused", StringComparison.Ordinal));
        // Asked again, the archive still has none: what is cached holds.
        Assert.False(Assert.IsType<FetchOutcome.Ready>(await Run(FedoraRequest(koji), notes)).IsNew);
        DwarfBuilder dwarf = new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, "page.c").Base("int").Struct("page", 4, s => s.Member("flags", "int", 0)));
        koji.Serve($"{FedoraBuild}/kernel-debuginfo-{Fedora}.rpm", LoopbackResponse.Bytes(Rpm("kernel-debuginfo")
            .File($"/usr/lib/debug/lib/modules/{Fedora}/vmlinux", dwarf.AddTo(new ElfBuilder().Text(".text", QuickKernel.Text, new byte[16])).Build()).Build()));
        Assert.False(Assert.IsType<FetchOutcome.Ready>(await Run(FedoraRequest(koji), notes)).Kernel.IsFromBtf);
    }

    [Fact]
    public async Task Where_neither_is_to_be_had_all_places_are_named()
    {
        using var koji = new LoopbackServer();
        var none = Assert.IsType<FetchOutcome.Unavailable>(await Run(FedoraRequest(koji), new Notes()));
        Assert.Contains(none.Places, p => p.Place.Contains("kernel-debuginfo-", StringComparison.Ordinal));
        Assert.Contains(none.Places, p => p.Place.Contains("kernel-core-", StringComparison.Ordinal));
        Assert.Empty(new KernelStore(_folder["cache"]).Files());
    }

    public void Dispose() => _folder.Dispose();

    private const string Fedora = "6.13.5-200.fc41.x86_64", FedoraBuild = "/packages/kernel/6.13.5/200.fc41/x86_64";

    private static RpmBuilder Rpm(string name) => new() { Name = name, Version = "6.13.5", Release = "200.fc41" };

    private LoopbackServer ServeKoji() => new LoopbackServer()
        .Serve($"{FedoraBuild}/kernel-core-{Fedora}.rpm", LoopbackResponse.Bytes(Rpm("kernel-core").File($"/lib/modules/{Fedora}/vmlinuz", _kernel.BootImage()).Build()))
        .Serve($"{FedoraBuild}/kernel-modules-core-{Fedora}.rpm", LoopbackResponse.Bytes(Rpm("kernel-modules-core")
            .File($"/lib/modules/{Fedora}/kernel/xz-mod.ko.xz", Compressors.XzSingleBlock(_kernel.Module("xz_x", "xz_f"), Compressors.CheckCrc32)).Build()));

    private FetchRequest FedoraRequest(LoopbackServer koji) => new(Fedora, null, [], null, [], koji.BaseUrl, _folder["cache"], false);

    private string Package(Action<DebBuilder>? more = null)
    {
        byte[] Module(string name) => _kernel.Module(name + "_x", name + "_f");
        var deb = new DebBuilder { Package = $"linux-image-{Release}" };
        more?.Invoke(deb);
        deb.File($"boot/vmlinuz-{Release}", _kernel.BootImage())
            .File($"lib/modules/{Release}/kernel/xz-mod.ko.xz", Compressors.XzSingleBlock(Module("xz"), Compressors.CheckCrc32))
            .File($"lib/modules/{Release}/kernel/a/zst-mod.ko.zst", Compressors.Zstd(Module("zst")))
            .File($"lib/modules/{Release}/kernel/gz_mod.ko.gz", Compressors.Gzip(Module("gz")))
            .File($"lib/modules/{Release}/kernel/plain.ko", Module("plain"));
        string path = _folder["package.deb"];
        File.WriteAllBytes(path, deb.Build());
        return path;
    }

    private string DebugPackage()
    {
        DwarfBuilder dwarf = new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, "page.c").Base("int").Struct("page", 4, s => s.Member("flags", "int", 0)));
        string path = _folder["debug.deb"];
        File.WriteAllBytes(path, new DebBuilder().File($"usr/lib/debug/boot/vmlinux-{Release}", dwarf.AddTo(new ElfBuilder().Text(".text", QuickKernel.Text, new byte[16])).Build()).Build());
        return path;
    }

    private FetchRequest Request(string? package, params string[] modules)
        => new(Release, "x86_64", modules, package, [], null, _folder["cache"], false, Quick: true);

    private static Task<FetchOutcome> Run(FetchRequest request, Notes notes) => KernelFetcher.RunAsync(request, notes, CancellationToken.None);

    private async Task<FetchOutcome.Ready> Run(string package, params string[] modules)
        => Assert.IsType<FetchOutcome.Ready>(await Run(Request(package, modules), new Notes()));

    private async Task<FetchOutcome.Ready> Run(string package, bool isQuick)
        => Assert.IsType<FetchOutcome.Ready>(await Run(Request(package) with { Quick = isQuick }, new Notes()));

    private static async Task AssertFault(string expected, Func<Task> act)
        => Assert.Contains(expected, (await Assert.ThrowsAsync<InputFaultException>(act)).Message, StringComparison.Ordinal);

    private sealed class Notes : IFetchProgress
    {
        public List<string> Lines { get; } = [];
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }
        public void Note(string text) => Lines.Add(text);
    }
}
