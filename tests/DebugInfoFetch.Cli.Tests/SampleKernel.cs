using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Cli.Tests;

/// <summary>The kernel of the source story, as far as its commands need it.</summary>
internal static class SampleKernel
{
    public const string Release = "6.13.5-200.fc41.x86_64";

    public static IKernelModel Create(string release = Release, bool isFromBtf = false)
    {
        var kernel = new KernelModelBuilder(release, isFromBtf: isFromBtf);
        TypeId bits = kernel.Struct("", 4, Bits("ro", kernel.UnsignedInt, 0, 1), Bits("state", kernel.UnsignedInt, 1, 3));
        TypeId group = kernel.Tag(
            TypeKind.Struct, "btrfs_block_group", 528, "fs/btrfs/block-group.h:108", "btrfs",
            Member("fs_info", kernel.PointerTo("btrfs_fs_info"), 0), Member("start", kernel.U64, 24), Member("length", kernel.U64, 32),
            Member("", bits, 40), Member("alloc_offset", kernel.U64, 520));
        kernel.Struct("btrfs_fs_info", 16, Member("generation", kernel.U64, 8));
        kernel.StructAt("fs/a.c:1", "twin", 4, Member("a", kernel.Int, 0));
        kernel.StructAt("net/b.c:2", "twin", 8, Member("a", kernel.Long, 0));
        kernel.Function(
                "__btrfs_add_free_space_zoned", "fs/btrfs/free-space-cache.c:2700", kernel.Int,
                ("block_group", kernel.PointerTo(group)), ("bytenr", kernel.U64), ("size", kernel.U64), ("used", kernel.Bool))
            .Entry("__btrfs_add_free_space_zoned.isra.0", 0x5e1f0, "btrfs", Place.Register(5), Place.Register(4), Place.Register(1), Place.Register(2));
        kernel.Symbol("vfs_read", TextStart + 0x1000);
        kernel.Symbol("vfs_readv", TextStart + 0x2000, flags: SymbolFlags.Text | SymbolFlags.Function | SymbolFlags.Local);
        kernel.Module("xfs", isIndexed: false);
        return kernel.Build();
    }
}
