using DebugInfoFetch.Cache;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Cache;

/// <summary>What goes in by <see cref="IIndexSink"/> comes out by <see cref="IKernelModel"/>, table by table.</summary>
public sealed class CacheRoundTripTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private static KernelInfo Kernel => new()
    {
        Release = "6.13.5-200.fc41.x86_64",
        Architecture = "x86_64",
        Distribution = "fedora",
        BuildId = "deadbeef",
        ToolVersion = "0.1.0",
        IsComplete = true,
        IndexedAt = new DateTimeOffset(2026, 11, 21, 1, 2, 3, TimeSpan.Zero),
        Sources = [new SourceInfo("https://host/kernel-debuginfo.rpm", 1L << 33, "sha256:00ff", "size and digest") { Signature = DebugInfoFetch.Trust.SignatureKind.Doubtful }, new SourceInfo("/file", 0, "", "")],
    };

    [Fact]
    public void The_kernel_and_its_sources()
    {
        using KernelCache cache = Write(w => w.AddModule(Module("vmlinux") with { Compiler = "GNU C11 14.2.1" }));
        KernelInfo read = cache.Kernel;
        Assert.Equal((Kernel.Release, Kernel.Architecture, Kernel.Distribution, Kernel.BuildId, Kernel.ToolVersion, Kernel.IsComplete, Kernel.IndexedAt),
            (read.Release, read.Architecture, read.Distribution, read.BuildId, read.ToolVersion, read.IsComplete, read.IndexedAt));
        Assert.Equal(Kernel.Sources, read.Sources);
        Assert.Equal(("GNU C11 14.2.1", new Version(6, 13, 5)), (read.Compiler, read.KernelVersion));
    }

    [Fact]
    public void The_compiler_is_vmlinuxs_whatever_came_first()
    {
        using KernelCache cache = Write(w =>
        {
            w.AddModule(Module("btrfs", 2) with { Compiler = "out-of-tree" });
            w.AddModule(Module("vmlinux") with { Compiler = "GNU C11 14.2.1" });
        });
        Assert.Equal("GNU C11 14.2.1", cache.Kernel.Compiler);
        Assert.Equal(["vmlinux", "btrfs"], cache.Modules.Select(m => m.Name));
    }

    [Fact]
    public void Types_of_every_kind()
    {
        TypeRow[] rows =
        [
            Type(1, TypeKind.Base, 1) with { ByteSize = 4, Encoding = BaseEncoding.Signed },
            Type(2, TypeKind.Pointer, 0) with { ByteSize = 8, Target = 1 },
            Type(3, TypeKind.Array, 0) with { ByteSize = 0, Target = 1, Count = 0 },
            Type(4, TypeKind.Array, 0) with { Target = 1, Count = -1 },
            Type(5, TypeKind.Struct, 2) with
            {
                ByteSize = long.MaxValue, File = 1, Line = 77,
                Parts = [new(3, 2, 8, 0, 0), new(0, 6, long.MaxValue, 0, 0), new(4, 1, 16, 131, 3), new(5, 1, 0, 0, 1)],
            },
            Type(6, TypeKind.Union, 0) with { ByteSize = 8 },
            Type(7, TypeKind.Enum, 3) with { ByteSize = 4, Target = 1, Parts = [new(4, 0, long.MinValue, 0, 0), new(5, 0, -1, 0, 0), new(1, 0, long.MaxValue, 0, 0)] },
            Type(8, TypeKind.Function, 0) with { Target = 1, Parts = [new(0, 2, 0, 0, 0), new(0, 1, 0, 0, 0)] },
            Type(9, TypeKind.Struct, 2) with { IsReference = true },
        ];
        using KernelCache cache = Write(w =>
        {
            w.AddNames([(1, "int"), (2, "page"), (3, "next"), (4, "bits"), (5, "first")]);
            w.AddFiles([(1, "include/linux/mm.h")]);
            w.AddTypes(rows);
            w.AddModule(Module("vmlinux"));
        });
        Assert.Equal((TypeKind.Base, "int", 4L, BaseEncoding.Signed), (Read(1).Kind, Read(1).Name, Read(1).ByteSize, Read(1).Encoding));
        Assert.Equal((8L, new TypeId(1), ""), (Read(2).ByteSize, Read(2).Target, Read(2).Name));
        Assert.Equal((0L, 0L), (Read(3).ElementCount, Read(3).ByteSize));
        Assert.Equal((null, null), (Read(4).ElementCount, Read(4).ByteSize));
        Assert.Equal((long.MaxValue, "include/linux/mm.h:77", "vmlinux"), (Read(5).ByteSize, Read(5).DeclaredAt.ToString(), Read(5).Module));
        Assert.Equal(
            [
                new MemberInfo("next", new TypeId(2), 8, null, null), new MemberInfo("", new TypeId(6), long.MaxValue, null, null),
                new MemberInfo("bits", new TypeId(1), 16, 131, 3), new MemberInfo("first", new TypeId(1), 0, 0, 1),
            ], Read(5).Members);
        Assert.Equal([new("bits", long.MinValue), new("first", -1), new("int", long.MaxValue)], Read(7).Enumerators);
        Assert.Equal([new TypeId(2), new TypeId(1)], Read(8).Parameters);
        Assert.True(Read(9).IsReference);
        Assert.Equal(5, Assert.Single(cache.Definitions(TypeKind.Struct, "page")).Id.Value);
        Assert.Equal([5], cache.AllStructs().Select(t => t.Id.Value));
        Assert.True(cache.Type(TypeId.Void).Kind == TypeKind.Void);
        Assert.Throws<CacheException>(() => cache.Type(new TypeId(99)));

        TypeInfo Read(int id) => cache.Type(new TypeId(id));
    }

    [Fact]
    public void Units_of_a_type_with_gaps_of_any_size()
    {
        int[] units = [0, 1, 127, 128, 129, 16_512, 2_000_000, int.MaxValue - 1];
        using KernelCache cache = Write(w =>
        {
            w.AddTypeUnits(3, units);
            w.AddTypeUnits(4, []);
        });
        Assert.Equal(units, cache.UnitsOf(new TypeId(3)).Select(u => u.Value).Order());
        Assert.Empty(cache.UnitsOf(new TypeId(4)));
        Assert.Empty(cache.UnitsOf(new TypeId(5)));
    }

    [Fact]
    public void Functions_entries_and_places_of_every_kind()
    {
        ArgumentPlace[] places =
        [
            ArgumentPlace.OptimizedOut, new(PlaceKind.Register, 0), new(PlaceKind.Register, 1024), new(PlaceKind.Memory, 7, long.MinValue), new(PlaceKind.Constant, Value: long.MaxValue),
            new(PlaceKind.AtAddress, Value: unchecked((long)0xffffffff81000000)), new(PlaceKind.AddressConstant, Value: -1), new(PlaceKind.Computed, 5, -64),
            new(PlaceKind.Later, Value: 300), new(PlaceKind.InPieces), new(PlaceKind.Removed),
        ];
        byte[] expression = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];
        using KernelCache cache = Write(w =>
        {
            w.AddNames([(1, "f"), (2, "arg"), (3, "f.isra.0")]);
            w.AddFiles([(1, "fs/f.c")]);
            w.AddFunctions([new FunctionRow(1, 1, 5, 1, 12, true, true, [(2, 6), (0, 7)])]);
            w.AddModule(Module("vmlinux") with
            {
                Units = [new UnitRow(0, 1)],
                Sections = [".text", ".init.text"],
                Symbols = [new SymbolRow(10, 3, 1, SuffixKind.Isra, 1, 0xffffffff81000000, 32, SymbolFlags.Text | SymbolFlags.NotLoaded)],
                Entries = [new EntryRow(1, 0, 1, 0xffffffff81000000, 32, 10, places), new EntryRow(1, 0, 0, 16, 0, -1, [new(PlaceKind.Unsupported, Expression: expression)])],
            });
        });
        FunctionInfo function = Assert.Single(cache.Functions("f"));
        Assert.Equal(("fs/f.c:12", new TypeId(5), true, true), (function.DeclaredAt.ToString(), function.ReturnType, function.IsExternal, function.IsVariadic));
        Assert.Equal([new("arg", new TypeId(6)), new("", new TypeId(7))], function.Parameters);
        IReadOnlyList<EntryInfo> entries = cache.Entries(function.Id);
        Assert.Equal((0xffffffff81000000, 32L, ".init.text", "fs/f.c", "f.isra.0"), (entries[0].Address, entries[0].ByteSize, entries[0].Section, entries[0].UnitFile, entries[0].Symbol?.Name));
        Assert.Equal(places, entries[0].Places);
        Assert.Equal((".text", null), (entries[1].Section, entries[1].Symbol));
        Assert.Equal(expression, Assert.Single(entries[1].Places).Expression);
        SymbolInfo symbol = Assert.Single(cache.SymbolsByBaseName("f"));
        Assert.Equal(("f.isra.0", "f", SuffixKind.Isra, SymbolFlags.Text | SymbolFlags.NotLoaded, ".init.text"), (symbol.Name, symbol.BaseName, symbol.Suffix, symbol.Flags, symbol.Section));
        Assert.Throws<CacheException>(() => cache.Function(new FunctionId(99)));
    }

    [Fact]
    public void Inline_sites_of_several_modules()
    {
        using KernelCache cache = Write(w =>
        {
            w.AddNames([(1, "helper"), (2, "caller")]);
            w.AddFiles([(1, "a.c")]);
            w.AddFunctions([new FunctionRow(1, 1, 0, 0, 0, false, false, [])]);
            w.AddModule(Module("vmlinux") with
            {
                Units = [new UnitRow(0, 1)], Sections = [".text"], Symbols = [new SymbolRow(0, 2, 2, SuffixKind.None, 0, 64, 32, SymbolFlags.Text)],
                InlineSites = [new InlineRow(1, 0, 0, int.MaxValue, 1, int.MaxValue), new InlineRow(1, 0, -1, 0, 0, 0), new InlineRow(1, 0, 0, -4, 1, 5)],
            });
            w.AddModule(Module("btrfs", 2) with { Units = [new UnitRow(1, 1)], InlineSites = [new InlineRow(1, 1, -1, 0, 1, 9)] });
        });
        Assert.Equal(
            [("vmlinux", null, 0L, ""), ("vmlinux", "caller", -4L, "a.c:5"), ("vmlinux", "caller", int.MaxValue, $"a.c:{int.MaxValue}"), ("btrfs", null, 0L, "a.c:9")],
            cache.InlineSites(Assert.Single(cache.Functions("helper")).Id).Select(s => (s.Module, s.Container?.Name, s.Offset, s.CallSite?.ToString() ?? "")));
    }

    [Fact]
    public void Variables_and_modules()
    {
        using KernelCache cache = Write(w =>
        {
            w.AddNames([(1, "jiffies")]);
            w.AddFiles([(1, "a.c")]);
            w.AddModule(Module("vmlinux") with
            {
                Units = [new UnitRow(0, 1)], Sections = [".text", ".data"], Variables = [new VariableRow(1, 4, 0, 1, 80, true, 1, ulong.MaxValue - 7)],
            });
        });
        VariableInfo variable = Assert.Single(cache.Variables("jiffies"));
        Assert.Equal((new TypeId(4), new UnitId(0), "vmlinux", "a.c:80", true, ulong.MaxValue - 7, ".data"),
            (variable.Type, variable.Unit, variable.Module, variable.DeclaredAt.ToString(), variable.IsExternal, variable.Address, variable.Section));
        Assert.Equal([new ModuleInfo("vmlinux", "abcd", "/path/vmlinux", true, 1)], cache.Modules);
    }

    [Fact]
    public void Symbols_by_glob_by_section_and_by_likeness()
    {
        using KernelCache cache = Write(w =>
        {
            w.AddNames([(1, "vfs_read"), (2, "vfs_write"), (3, "vfs_readv"), (4, "data")]);
            w.AddModule(Module("vmlinux") with
            {
                Sections = [".text", ".data"],
                Symbols = [Symbol(0, 2, 0, 32), Symbol(1, 1, 0, 16), Symbol(2, 3, 0, 0), Symbol(3, 4, 1, 0)],
            });
        });
        Assert.Equal(["vfs_read", "vfs_readv", "vfs_write"], cache.SymbolsMatching("vfs_*").Select(s => s.Name));
        Assert.Equal(["vfs_readv", "vfs_read", "vfs_write"], cache.SymbolsInSection("vmlinux", ".text").Select(s => s.Name));
        Assert.Empty(cache.SymbolsInSection("btrfs", ".text"));
        Assert.Equal(["vfs_read", "vfs_readv"], cache.SimilarNames(NameKind.Symbol, "vsf_read", 5));
        Assert.Equal(["vmlinux"], cache.SimilarNames(NameKind.Module, "vmlinus", 5));
        Assert.Empty(cache.SimilarNames(NameKind.Struct, "vfs_read", 5));
    }

    [Fact]
    public void No_question_by_name_reads_a_whole_table()
    {
        using KernelCache cache = Write(w =>
        {
            w.AddNames([(1, "page"), (2, "f"), (3, "jiffies")]);
            w.AddTypes([Type(1, TypeKind.Base, 1), Type(2, TypeKind.Struct, 1) with { Parts = [new(2, 1, 0, 0, 0)] }]);
            w.AddFunctions([new FunctionRow(1, 2, 1, 0, 1, true, true, [(2, 1)])]);
            w.AddModule(Module("vmlinux") with
            {
                Units = [new UnitRow(0, 1)], Sections = [".text"], Entries = [new EntryRow(1, 0, 0, 16, 0, -1, [])],
                InlineSites = [new InlineRow(1, 0, -1, 0, 0, 0)], Variables = [new VariableRow(3, 1, 0, 0, 0, true, 0, 4)],
            });
        });
        FunctionId function = Assert.Single(cache.Functions("f")).Id;
        Assert.Equal(1, cache.Definitions(TypeKind.Struct, "page").Count + cache.Definitions(TypeKind.Union, "page").Count);
        Assert.Equal((1, 1, 1), (cache.Entries(function).Count, cache.InlineSites(function).Count, cache.Variables("jiffies").Count));
        Assert.Empty(cache.SymbolsByBaseName("f"));
        Assert.Equal(0, cache.FullScanSteps);
        Assert.Single(cache.AllStructs());
        Assert.NotEqual(0, cache.FullScanSteps);
    }

    public void Dispose() => _folder.Dispose();

    private KernelCache Write(Action<CacheWriter> rows)
    {
        string path = _folder["kernel.sqlite"];
        using (var writer = new CacheWriter(path))
        {
            rows(writer);
            writer.Commit(Kernel);
        }

        return KernelCache.Open(path);
    }

    private static ModuleRows Module(string name, int id = 1) => new(id, name, "abcd", "/path/" + name, "", [], [], [], [], [], []);
    private static TypeRow Type(int id, TypeKind kind, int name) => new(id, kind, name, -1, 0, BaseEncoding.None, -1, false, 0, 0, 1, []);
    private static SymbolRow Symbol(int id, int name, int section, ulong address) => new(id, name, name, SuffixKind.None, section, address, 16, SymbolFlags.Text);
}
