using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Fuzz;

public sealed class ElfAndDwarfFuzz
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_vmlinux_is_indexed_or_refused(bool bigEndian) => FuzzRun.Of(Samples.Vmlinux(bigEndian), bytes => Index("vmlinux", bytes));

    [Fact]
    public void A_damaged_module_is_indexed_or_refused() => FuzzRun.Of(Samples.Module(), bytes => Index("m", bytes));

    /// <summary>Damage where it matters most: in one debug section at a time, with the ELF file around it in order.</summary>
    [Theory]
    [InlineData(".debug_info")]
    [InlineData(".debug_abbrev")]
    [InlineData(".debug_line")]
    [InlineData(".debug_loclists")]
    [InlineData(".debug_loc")]
    [InlineData(".debug_rnglists")]
    [InlineData(".debug_ranges")]
    [InlineData(".debug_str_offsets")]
    [InlineData(".symtab")]
    public void A_damaged_section_is_indexed_or_refused(string section)
    {
        byte[] file = Samples.Vmlinux();
        ElfSection found = ElfFile.Parse("vmlinux", file.ToArray()).Find(section)!;
        int start = (int)found.FileOffset, length = (int)found.ByteSize;
        FuzzRun.Of(file[start..(start + length)], bytes =>
        {
            byte[] damaged = file.ToArray();
            // What was cut off reads as zeros.
            damaged.AsSpan(start, length).Clear();
            bytes.AsSpan(0, Math.Min(bytes.Length, length)).CopyTo(damaged.AsSpan(start));
            Index("vmlinux", damaged);
        });
    }

    private static void Index(string name, byte[] bytes)
    {
        var sink = new Counter();
        var indexer = new ModuleIndexer(sink, 1);
        ElfFile file = ElfFile.Parse(name, bytes);
        foreach (ElfSection section in file.Sections) { file.Content(section); }
        ModuleInfo module = indexer.Index(name, name, file, CancellationToken.None);
        indexer.Finish();
        Assert.Equal(1, sink.Modules);
        Assert.Equal(name, module.Name);
        Search(bytes);
    }

    /// <summary>What can be indexed can also be searched for types without.</summary>
    private static void Search(byte[] bytes)
    {
        using var folder = new ScratchFolder();
        File.WriteAllBytes(folder["vmlinux"], bytes);
        using ElfTypes types = ElfTypes.Open([folder["vmlinux"]]);
        foreach (TypeInfo type in types.AllStructs().Take(8).ToArray()) { Assert.NotEmpty(types.Definitions(type.Kind, type.Name)); }
    }

    private sealed class Counter : IIndexSink
    {
        public int Modules { get; private set; }
        public void AddName(int id, ReadOnlySpan<byte> utf8) { }
        public void AddFiles(ReadOnlySpan<(int Id, string Path)> files) { }
        public void AddTypes(ReadOnlySpan<TypeRow> types) { }
        public void AddFunctions(ReadOnlySpan<FunctionRow> functions) { }
        public void AddModule(ModuleRow module) { }
        public void AddModuleContent(ModuleContent content) { }
        public void CompleteModule(int module, string compiler, int unitCount) => Modules++;
        public void AddTypeUnits(int type, ReadOnlySpan<int> units) { }
    }
}
