using System.Text;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Cache;

/// <summary>Names and rows of more than one block, in whatever order they came.</summary>
public sealed class PackedTablesTests : IDisposable
{
    private const int Many = 1000;
    private readonly ScratchFolder _folder = new();

    [Fact]
    public void Names_come_back_whatever_bytes_they_hold_and_are_found()
    {
        string[] names = [.. Shuffled(Enumerable.Range(0, Many).Select(i => $"__pfx_a_rather_long_name_{i}")), "a", "a\"b\\c", "a\u0001\n", "\u00e9t\u00e9", "z"];
        using KernelCache cache = Write(names, [.. names.Select((_, i) => new SymbolRow(i, i + 1, i + 1, SuffixKind.None, 0, (ulong)i * 16, i, SymbolFlags.Text))]);
        Assert.All(names.Select((name, i) => (name, i)), x => Assert.Equal((x.name, (ulong)x.i * 16, (long)x.i), Of(Assert.Single(cache.Symbols(x.name)))));
        Assert.All((string[])["", "A", "__pfx_a_rather_long_name_", "aa", "zz", "\u00ff"], name => Assert.Empty(cache.Symbols(name)));
        Assert.Equal(names.Order(StringComparer.Ordinal), cache.SymbolsMatching("*").Select(s => s.Name).Order(StringComparer.Ordinal));
    }

    // So many that begin alike are put in order in pieces, cut by two bytes and two more until there are no more to cut by.
    [Theory]
    [InlineData("")]
    [InlineData("__")]
    [InlineData("__pfx_")]
    [InlineData("__initcall__kmod_")]
    public void Tens_of_thousands_of_names_are_in_the_order_of_their_bytes(string beginning)
    {
        string[] numbered = [.. Enumerable.Range(1, 30_000).Select(i => beginning + Convert.ToString(i * 7919L, 16))];
        // Beginnings of others, bytes above ASCII, and what is alone.
        string[] names = [.. Shuffled(numbered), "ab", "abc", "abcdefgh", "abcdefghi", "_", "__", "___", "~", "\u00e9", "\u4e2d"];
        using KernelCache cache = Write(names, [.. names.Select((_, i) => new SymbolRow(i, i + 1, i + 1, SuffixKind.None, 0, (ulong)i * 16, i, SymbolFlags.Text))]);
        Assert.Equal(names.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))), Names());
        Assert.All(names.Select((name, i) => (name, i)).Where(x => x.i % 100 == 0), x => Assert.Equal((x.name, (ulong)x.i * 16, (long)x.i), Of(Assert.Single(cache.Symbols(x.name)))));
    }

    [Fact]
    public void A_name_of_many_symbols_and_functions_is_one_answer()
    {
        using var writer = new CacheWriter(_folder["many.sqlite"]);
        Add(writer, ["init_module", "other", "init_module.cold"]);
        writer.AddFunctions([.. Enumerable.Range(0, Many).Select(i => new FunctionRow(i, 1 + (i % 2), i, 0, i, i % 3 == 0, i % 5 == 0, [(i % 3, i)]))]);
        for (int module = 1; module <= 400; module++)
        {
            int id = module * 2;
            writer.AddModule(new ModuleRow(module, $"m{module}", "", "", [".init.text", ".text"],
                [new SymbolRow(id, 1, 1, SuffixKind.None, 0, 16, 8, SymbolFlags.Text), new SymbolRow(id + 1, 3, 1, SuffixKind.Cold, 1, 0, 4, SymbolFlags.Text)], FirstUnit: module * 10));
            writer.AddModuleContent(new ModuleContent(module, [new UnitRow((module * 10) + 3, 0)],
                [new EntryRow(0, (module * 10) + 3, 0, 16, 8, id, [new ArgumentPlace(PlaceKind.Register, module)])], [new InlineRow(2, (module * 10) + 3, id, 4, 0, module)],
                [new VariableRow(2, 5, (module * 10) + 3, 0, 0, false, 1, (ulong)module)]));
        }

        writer.Commit(Kernel);
        using KernelCache cache = KernelCache.Open(_folder["many.sqlite"]);
        Assert.Equal(400, cache.Symbols("init_module").Count);
        Assert.Equal((800, 400), (cache.SymbolsByBaseName("init_module").Count, cache.SymbolsByBaseName("init_module").Count(s => s is { Suffix: SuffixKind.Cold, Section: ".text" })));
        Assert.Equal(Enumerable.Range(1, 400), cache.Variables("other").Select(v => (int)v.Address).Order());
        Assert.All(cache.Variables("other"), v => Assert.Equal($"m{v.Address}", v.Module));
        Assert.Equal(Enumerable.Range(0, Many / 2).Select(i => 2 * i), cache.Functions("init_module").Select(f => f.ReturnType.Value).Order());
        FunctionInfo first = cache.Functions("init_module").Single(f => f.ReturnType.Value == 0), second = cache.Functions("init_module").Single(f => f.ReturnType.Value == 2);
        Assert.Equal(Enumerable.Range(1, 400), cache.Entries(first.Id).Select(e => e.Places[0].Register).Order());
        Assert.All(cache.Entries(first.Id), e => Assert.Equal((e.Module, 16, ".init.text", "init_module"), (e.Symbol!.Module, (int)e.Address, e.Section, e.Symbol.Name)));
        Assert.Equal(Enumerable.Range(1, 400).Select(m => (m * 10) + 3), cache.InlineSites(second.Id).Select(s => s.Unit.Value).Order());
        Assert.Equal(second.Parameters, cache.Function(second.Id).Parameters);
    }

    [Theory]
    [InlineData("vfs_*", "vfs_read", true)]
    [InlineData("*_read", "vfs_read", true)]
    [InlineData("*f*_*a*", "vfs_read", true)]
    [InlineData("vfs_rea?", "vfs_read", true)]
    [InlineData("vfs_re[^bc]d", "vfs_read", true)]
    [InlineData("vfs_re[a-c]d", "vfs_read", true)]
    [InlineData("vfs_re[]a]d", "vfs_read", true)]
    [InlineData("vfs_read", "vfs_read", true)]
    [InlineData("vfs_read*", "vfs_read", true)]
    [InlineData("VFS_*", "vfs_read", false)]
    [InlineData("vfs_", "vfs_read", false)]
    [InlineData("vfs_re[^a]d", "vfs_read", false)]
    [InlineData("vfs_re[ad", "vfs_read", false)]
    [InlineData("?", "vfs_read", false)]
    [InlineData("*x*", "vfs_read", false)]
    public void Globs_match_as_SQLites_do(string pattern, string name, bool matches)
    {
        using KernelCache cache = Write([name, "other"], [new SymbolRow(0, 1, 1, SuffixKind.None, 0, 0, 0, SymbolFlags.Text)]);
        Assert.Equal(matches ? [name] : [], cache.SymbolsMatching(pattern).Select(s => s.Name));
    }

    public void Dispose() => _folder.Dispose();

    private static KernelInfo Kernel => new() { Release = "6.12.0", Architecture = "x86_64", Distribution = "local", Sources = [] };

    private static (string, ulong, long) Of(SymbolInfo symbol) => (symbol.Name, symbol.Address, symbol.ByteSize);

    private static string[] Shuffled(IEnumerable<string> names)
    {
        string[] all = [.. names];
        new Random(1).Shuffle(all);
        return all;
    }

    private static void Add(CacheWriter writer, string[] names)
    {
        for (int i = 0; i < names.Length; i++) { writer.AddName(i + 1, Encoding.UTF8.GetBytes(names[i])); }
    }

    /// <summary>As the file has them, but for the empty one.</summary>
    private List<string> Names()
    {
        using var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder["names.sqlite"]};Pooling=False");
        database.Open();
        using Microsoft.Data.Sqlite.SqliteCommand query = database.CreateCommand();
        query.CommandText = "SELECT value FROM name_block, json_each(texts) WHERE value <> '' ORDER BY first, key";
        using Microsoft.Data.Sqlite.SqliteDataReader rows = query.ExecuteReader();
        var names = new List<string>();
        while (rows.Read()) { names.Add(rows.GetString(0)); }
        return names;
    }

    private KernelCache Write(string[] names, SymbolRow[] symbols)
    {
        using var writer = new CacheWriter(_folder["names.sqlite"]);
        Add(writer, names);
        writer.AddModule(new ModuleRow(1, "vmlinux", "", "", [".text"], symbols));
        writer.AddModuleContent(new ModuleContent(1, [], [], [], []));
        writer.Commit(Kernel);
        return KernelCache.Open(_folder["names.sqlite"]);
    }
}
