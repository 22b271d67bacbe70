using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Index.Btf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Btf;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Fuzz;

public sealed class BtfAndImageFuzz
{
    [Fact]
    public void Damaged_BTF_is_indexed_and_answers_or_is_refused() => FuzzRun.Of(Kernel().Btf.Build(), bytes => Ask(indexer => indexer.IndexTypes("vmlinux", "vmlinux", bytes)));

    [Fact]
    public void A_damaged_vmlinux_with_BTF_is_indexed_or_refused()
        => FuzzRun.Of(Kernel().StrippedVmlinux(), bytes => Ask(indexer => indexer.IndexKernel("vmlinuz", KernelImage.Open("vmlinuz", bytes, null))));

    [Fact]
    public void A_damaged_boot_image_is_unpacked_or_refused() => FuzzRun.Of(Kernel().BootImage(), bytes => BootImage.Open("vmlinuz", bytes));

    [Fact]
    public void A_damaged_module_with_split_BTF_is_indexed_or_refused()
    {
        QuickKernel kernel = Kernel();
        byte[] module = kernel.Module("mine", "mine_get"), image = kernel.StrippedVmlinux();
        FuzzRun.Of(module, bytes => Ask(indexer =>
        {
            indexer.IndexKernel("vmlinuz", KernelImage.Open("vmlinuz", image.ToArray(), null));
            indexer.IndexModule("m", "m.ko", ElfFile.Parse("m.ko", bytes));
        }));
    }

    [Fact]
    public void A_damaged_distilled_base_is_matched_or_refused()
    {
        var distilled = new BtfBuilder();
        distilled.Int("int", 4, encoding: 1);
        distilled.Struct("page", 0);
        var names = new BtfNames(BtfFile.Parse("vmlinux", ".BTF", Kernel().Btf.Build()));
        FuzzRun.Of(distilled.Build(), bytes => BtfDistilledBase.Map(BtfFile.Parse("m.ko", ".BTF.base", bytes), names));
    }

    [Theory]
    [InlineData(CompressionFormat.Lz4Legacy)]
    [InlineData(CompressionFormat.Lzop)]
    public void Damaged_compressed_data_is_decoded_or_refused(CompressionFormat format)
    {
        byte[] plain = [.. Enumerable.Range(0, 5_000).Select(i => (byte)(i % 97 * (i >> 9)))];
        FuzzRun.Of(format == CompressionFormat.Lzop ? BlockCompressors.Lzop(plain) : BlockCompressors.Lz4Legacy(plain), bytes =>
        {
            byte[] buffer = [];
            WholeBuffer.Decode(Codecs.For(format), bytes, ref buffer, 1 << 24, "fuzz");
        });
    }

    private static QuickKernel Kernel()
    {
        var kernel = new QuickKernel();
        int list = kernel.Btf.Array(kernel.Int, 6), tagged = kernel.Btf.TypeTag("rcu", kernel.Page);
        kernel.Btf.Union("u", 24, new MemberOf("cells", list, 0), new MemberOf("page", kernel.Btf.Pointer(tagged), 0));
        kernel.Btf.Enum("e", true, ("MINUS", -1));
        kernel.Btf.Enum64("w", false, ("BIG", 1L << 40));
        kernel.Btf.Forward("opaque");
        kernel.Btf.Section(".data", 8, (kernel.Btf.Variable("counter", kernel.Int), 0, 4));
        return kernel.Function("vfs_read", ("page", kernel.PagePointer), ("count", kernel.Long)).Function("printk", ("text", kernel.PagePointer), ("", 0));
    }

    /// <summary>What was indexed is also asked for, all of it: no walk over it may go on for ever.</summary>
    private static void Ask(Action<BtfIndexer> index)
    {
        using var folder = new ScratchFolder();
        using (var writer = new CacheWriter(folder["kernel.sqlite"]))
        {
            var indexer = new BtfIndexer(writer);
            index(indexer);
            indexer.Finish();
            writer.Commit(new KernelInfo { Release = "6.12.9-amd64", Architecture = "x86_64", Distribution = "local", IsFromBtf = true });
        }

        using KernelCache model = KernelCache.Open(folder["kernel.sqlite"]);
        foreach (StructLayout layout in new StructLayoutQuery(model).All()) { Assert.NotNull(layout.Name); }
        foreach (FunctionInfo function in model.Functions("vfs_read")) { Assert.All(function.Parameters, p => Assert.NotNull(new TypeSpelling(model).Spell(p.Type))); }
    }
}
