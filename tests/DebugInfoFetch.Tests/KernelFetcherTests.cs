using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests;

/// <summary>From a package or ELF files on disk to a kernel in the cache, without a network.</summary>
public sealed class KernelFetcherTests : IDisposable
{
    private const string Release = "6.12.9-amd64";
    private readonly ScratchFolder _folder = new();

    [Fact]
    public async Task A_package_on_disk_becomes_a_cached_kernel()
    {
        string package = Package(d => d.File(Path("btrfs"), Module("btrfs_x")).File(Path("nvme-core"), Module("nvme_x")));
        var notes = new Notes();
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(package, notes));
        Assert.True(ready.IsNew);
        Assert.Equal((Release, "x86_64", "debian", 3), (ready.Kernel.Release, ready.Kernel.Architecture, ready.Kernel.Distribution, ready.Kernel.ModuleCount));
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(["vmlinux", "btrfs", "nvme_core"], cache.Modules.Select(m => m.Name));
        Assert.Single(cache.Definitions(TypeKind.Struct, "page"));
        Assert.Equal("nvme_core", Assert.Single(cache.Definitions(TypeKind.Struct, "nvme_x")).Module);
        Assert.True(cache.Kernel.IsComplete);
        Assert.StartsWith("sha256:", Assert.Single(cache.Kernel.Sources).Digest, StringComparison.Ordinal);
        Assert.True(File.Exists(package));
        Assert.Empty(notes.Lines);
    }

    [Fact]
    public async Task Only_the_modules_asked_for_are_indexed()
    {
        string package = Package(d => d.File(Path("btrfs"), Module("btrfs_x")).File(Path("nvme-core"), Module("nvme_x")));
        // Of one package, and beside what is there of it already.
        foreach ((string[] names, string[] held) in ((string[], string[])[])[(["nvme-core"], ["nvme_core"]), (["vmlinux"], ["vmlinux", "nvme_core"]), (["vmlinux", "btrfs"], ["vmlinux", "btrfs", "nvme_core"])])
        {
            var ready = Assert.IsType<FetchOutcome.Ready>(await Run(package, new Notes(), names));
            using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
            Assert.Equal(held, cache.Modules.Select(m => m.Name));
            Assert.False(cache.Kernel.IsComplete);
            Assert.NotNull(ready.Transferred);
        }
    }

    [Fact]
    public async Task A_module_that_is_not_there_is_a_fault_and_leaves_no_cache()
    {
        string package = Package(d => d.File(Path("btrfs"), Module("btrfs_x")));
        await AssertFault("holds no module xfs", () => Run(package, new Notes(), "xfs"));
        Assert.Empty(new KernelStore(_folder["cache"]).Files());
    }

    [Fact]
    public async Task One_damaged_module_among_all_is_noted_and_costs_no_other()
    {
        string package = Package(d => d.File(Path("bad"), [.. "\u007fELF"u8, .. new byte[100]]).File(Path("btrfs"), Module("btrfs_x")));
        var notes = new Notes();
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(package, notes));
        Assert.Equal(2, ready.Kernel.ModuleCount);
        Assert.StartsWith("1 modules could not be indexed: bad.ko: ELF header+0x4: class 0", Assert.Single(notes.Lines), StringComparison.Ordinal);
        // Asked for by name, it is a fault.
        await AssertFault("bad.ko: ELF header+0x4: class 0", () => Run(package, new Notes(), "bad"));
    }

    [Fact]
    public async Task A_damaged_package_is_a_fault_and_leaves_the_older_cache()
    {
        string package = Package(d => d.File(Path("btrfs"), Module("btrfs_x")));
        await Run(package, new Notes());
        string before = ScratchFolder.Fingerprint(_folder["cache"]);
        byte[] bytes = File.ReadAllBytes(package);
        File.WriteAllBytes(package, bytes[..(bytes.Length * 3 / 4)]);
        await Assert.ThrowsAsync<InputFaultException>(() => Run(package, new Notes()));
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Fact]
    public async Task A_package_of_another_kernel_is_refused_with_that_kernels_name()
        => await AssertFault("the package is of kernel 6.1.0-other, not of 6.12.9-amd64",
            () => Run(Package(d => d.File("usr/lib/debug/lib/modules/6.1.0-other/kernel/a.ko", Module("x"))), new Notes()));

    [Fact]
    public async Task A_package_without_a_kernel_is_told()
    {
        string path = _folder["empty.deb"];
        File.WriteAllBytes(path, new DebBuilder().File("usr/share/doc/x", [1]).Build());
        await AssertFault("holds no vmlinux and no modules with debug information", () => Run(path, new Notes()));
    }

    [Fact]
    public async Task ELF_files_of_a_build_become_a_cached_kernel()
    {
        File.WriteAllBytes(_folder["vmlinux"], Vmlinux());
        File.WriteAllBytes(_folder["my-driver.ko"], Module("mine"));
        var ready = Assert.IsType<FetchOutcome.Ready>(await Run(null, new Notes(), _folder["vmlinux"], _folder["my-driver.ko"]));
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(("local", "00ff"), (cache.Kernel.Distribution, cache.Kernel.BuildId));
        Assert.Equal(["vmlinux", "my_driver"], cache.Modules.Select(m => m.Name));
    }

    [Fact]
    public async Task An_ELF_file_of_another_architecture_is_told_with_what_to_say()
    {
        File.WriteAllBytes(_folder["vmlinux"], new DwarfBuilder().Unit(cu => cu).AddTo(new ElfBuilder { Machine = ElfMachine.AArch64 }).Build());
        await AssertFault("a file for aarch64, but the kernel 6.12.9-amd64 is for x86_64; say --arch aarch64", () => Run(null, new Notes(), _folder["vmlinux"]));
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_told()
        => await AssertFault("no-such-vmlinux: no such file", () => Run(null, new Notes(), _folder["no-such-vmlinux"]));

    public void Dispose() => _folder.Dispose();

    private static string Path(string module) => $"usr/lib/debug/lib/modules/{Release}/kernel/{module}.ko";

    private string Package(Action<DebBuilder> members)
    {
        var deb = new DebBuilder();
        deb.File($"usr/lib/debug/boot/vmlinux-{Release}", Vmlinux());
        members(deb);
        string path = _folder["package.deb"];
        File.WriteAllBytes(path, deb.Build());
        return path;
    }

    /// <param name="names">With a package modules, without one ELF files.</param>
    private Task<FetchOutcome> Run(string? package, Notes notes, params string[] names) => KernelFetcher.RunAsync(
        new FetchRequest(Release, "x86_64", package is null ? [] : names, package, package is null ? names : [], null, _folder["cache"], false), notes, CancellationToken.None);

    private static byte[] Vmlinux() => Units("page").AddTo(new ElfBuilder().Text(".text", 0xffffffff81000000, new byte[16]).BuildId(0, 0xff)).Build();

    private static byte[] Module(string name) => Units("page", name).AddTo(new ElfBuilder { Type = ElfType.Relocatable }).Build();

    private static DwarfBuilder Units(params string[] structs)
    {
        var dwarf = new DwarfBuilder();
        foreach (string name in structs) { dwarf.Unit(cu => cu.Strp(DwAttribute.Name, name + ".c").Base("int").Struct(name, 4, s => s.Member("flags", "int", 0))); }
        return dwarf;
    }

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
