using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;

namespace DebugInfoFetch.Tests.Cache;

/// <summary>Modules added one by one, each to what is cached, make the kernel that all of them make at once.</summary>
public sealed class AddedModuleTests : IDisposable
{
    private static readonly KernelInfo Kernel = new() { Release = "6.12.0-test", Architecture = "x86_64", Distribution = "local" };
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Added_one_by_one_or_at_once_every_answer_is_the_same()
    {
        (string, ElfBuilder)[] files = [("vmlinux", File("k", 8)), ("a", File("a", 8)), ("b", File("b", 16)), ("c", File("a", 16))];
        string atOnce = Write("once", null, files);
        string? grown = null;
        foreach ((string, ElfBuilder) file in files) { grown = Write($"grown{file.Item1}", grown, file); }
        using KernelCache expected = KernelCache.Open(atOnce), added = KernelCache.Open(grown!);
        Assert.Equal(ModelText.Of(expected), ModelText.Of(added));
        // What nobody else had when it was written down: vmlinux's own page became one of two only later.
        Assert.Equal([2, 2], added.Definitions(TypeKind.Struct, "page").Select(t => added.UnitsOf(t.Id).Count));
        Assert.Single(added.Definitions(TypeKind.Struct, "same"));
        Assert.Equal(8, added.Functions("start").Sum(f => added.Entries(f.Id).Count) + added.Functions("helper").Sum(f => added.InlineSites(f.Id).Count));
    }

    [Fact]
    public void A_damaged_part_is_reported_and_not_taken_up()
    {
        string part = Write("part", null, ("vmlinux", File("k", 8)));
        using (var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={part};Pooling=False"))
        {
            database.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = database.CreateCommand();
            command.CommandText = "DELETE FROM type WHERE id = (SELECT max(id) FROM type)";
            command.ExecuteNonQuery();
        }

        Assert.Contains("memory: not what was written", Assert.Throws<CacheException>(() => Write("more", part, ("a", File("a", 8)))).Message, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(_folder["more"]));
    }

    private string Write(string name, string? held, params (string Name, ElfBuilder Elf)[] files)
    {
        using var writer = new CacheWriter(_folder[name]);
        using KernelCache? cache = held is null ? null : KernelCache.Open(held);
        var indexer = new ModuleIndexer(writer, 1, cache is null ? null : writer.TakeUp(cache));
        foreach ((string module, ElfBuilder elf) in files) { indexer.Index(module, $"{module}.debug", ElfFile.Parse(module, elf.Build()), CancellationToken.None); }
        indexer.Finish();
        writer.Commit(Kernel, indexer.Memory());
        return _folder[name];
    }

    /// <summary>A file with a type of its own, one that all files have, one whose size differs among files, a function, an inlined copy, and a variable.</summary>
    private static ElfBuilder File(string own, int pageSize) => new DwarfBuilder()
        .Unit(cu => cu.Strp(DwAttribute.Name, $"{own}.c").Base("int").Pointer("page_ptr", "page")
            .Struct("page", pageSize, s => s.Member("next", "page_ptr", 0))
            .Struct("same", 8, s => s.Member("p", "page_ptr", 0))
            .Struct($"{own}_own", 4, s => s.Member("x", "int", 0))
            .Die(DwTag.Subprogram, "helper", f => f.Strp(DwAttribute.Name, "helper").Data1(DwAttribute.Inline, 1)
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "p").Type("page_ptr")))
            .Die(DwTag.Subprogram, "start", f => f.Strp(DwAttribute.Name, "start").Type("int").Addr(DwAttribute.LowPc, 0x1000).Data4(DwAttribute.HighPc, 32)
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "p").Type("page_ptr").Expr(DwAttribute.Location, e => e.Reg(5)))
                .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "helper").Addr(DwAttribute.LowPc, 0x1008).Data4(DwAttribute.HighPc, 4)))
            .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, $"{own}_list").Type("page_ptr").Expr(DwAttribute.Location, e => e.Addr(0x2000))))
        .AddTo(new ElfBuilder().Text(".text", 0x1000, new byte[64]).Data(".data", 0x2000, new byte[8]).Symbol("start", ".text", 0x1000, 32));
}
