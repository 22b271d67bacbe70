using DebugInfoFetch.Cache;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Cache;

public sealed class CacheFileTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private static KernelInfo Kernel(string release = "6.12.0") => new() { Release = release, Architecture = "x86_64", Distribution = "local" };

    [Fact]
    public void Without_a_commit_nothing_is_left()
    {
        using (var writer = new CacheWriter(_folder["a.sqlite"])) { writer.AddNames([(1, "x")]); }
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_a_killed_writer_left_is_removed_by_the_next_one()
    {
        // No process has this number: it is above what Linux gives out (PID_MAX_LIMIT, 2^22).
        string left = _folder["other.sqlite.4194305.new"], foreign = _folder["notes.new"];
        File.WriteAllText(left, "half");
        File.WriteAllText(foreign, "not ours");
        using (new CacheWriter(_folder["a.sqlite"])) { Assert.False(File.Exists(left)); }
        Assert.Equal([foreign], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Nobody_sees_a_file_that_is_not_whole()
    {
        Write("a.sqlite", "old");
        using (var writer = new CacheWriter(_folder["a.sqlite"]))
        {
            writer.AddNames([(1, "x")]);
            using (KernelCache old = KernelCache.Open(_folder["a.sqlite"])) { Assert.Equal("old", old.Kernel.Release); }
            Assert.Equal(["a.sqlite"], Directory.GetFiles(_folder.Path, "*.sqlite").Select(Path.GetFileName));
            writer.Commit(Kernel("new"));
        }

        using KernelCache cache = KernelCache.Open(_folder["a.sqlite"]);
        Assert.Equal("new", cache.Kernel.Release);
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_writer_that_gives_up_leaves_the_older_file()
    {
        Write("a.sqlite", "old");
        byte[] before = File.ReadAllBytes(_folder["a.sqlite"]);
        using (var writer = new CacheWriter(_folder["a.sqlite"])) { writer.AddNames([(1, "x")]); }
        Assert.Equal(before, File.ReadAllBytes(_folder["a.sqlite"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_reader_keeps_its_file_while_another_takes_its_place()
    {
        Write("a.sqlite", "old");
        using KernelCache open = KernelCache.Open(_folder["a.sqlite"]);
        Write("a.sqlite", "new");
        Assert.Equal("old", open.Kernel.Release);
    }

    [Fact]
    public void A_row_that_the_schema_refuses_is_a_cache_fault_and_leaves_nothing()
    {
        using (var writer = new CacheWriter(_folder["a.sqlite"]))
        {
            writer.AddFiles([(1, "x.c")]);
            Assert.Contains("UNIQUE constraint failed", Assert.Throws<CacheException>(() => writer.AddFiles([(1, "y.c")])).Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Another_schema_version_is_named_with_ours()
    {
        Write("a.sqlite");
        // PRAGMA user_version stands at offset 60 of the file, big-endian (SQLite's file format, §1.3).
        byte[] bytes = File.ReadAllBytes(_folder["a.sqlite"]);
        bytes[63] = 99;
        File.WriteAllBytes(_folder["a.sqlite"], bytes);
        Assert.Equal($"{_folder["a.sqlite"]}: cache of schema version 99, this program reads version {CacheSchema.Version}: run 'dbgfetch fetch' for this kernel again", OpenFault("a.sqlite"));
    }

    [Fact]
    public void A_file_that_is_no_database_is_told()
    {
        File.WriteAllText(_folder["a.sqlite"], new string('x', 5000));
        Assert.StartsWith($"{_folder["a.sqlite"]}: no cache of this program, or damaged", OpenFault("a.sqlite"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_no_cache()
    {
        File.WriteAllText(_folder["a.sqlite"], "");
        Assert.Contains("a.sqlite: ", OpenFault("a.sqlite"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_told() => Assert.StartsWith($"{_folder["a.sqlite"]}: cannot be opened", OpenFault("a.sqlite"), StringComparison.Ordinal);

    [Theory]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(30_000)]
    public void A_truncated_file_is_a_cache_fault_when_opened_or_read(int length)
    {
        Write("a.sqlite");
        byte[] bytes = File.ReadAllBytes(_folder["a.sqlite"]);
        Assert.True(bytes.Length > length);
        File.WriteAllBytes(_folder["a.sqlite"], bytes[..length]);
        Assert.Throws<CacheException>(() => ReadAll("a.sqlite"));
    }

    [Fact]
    public void Damaged_pages_are_a_cache_fault_when_they_are_read()
    {
        Write("a.sqlite");
        byte[] bytes = File.ReadAllBytes(_folder["a.sqlite"]);
        bytes.AsSpan(8192).Fill(0xa5);
        File.WriteAllBytes(_folder["a.sqlite"], bytes);
        Assert.Throws<CacheException>(() => ReadAll("a.sqlite"));
    }

    [Fact]
    public void A_date_that_is_none_is_a_cache_fault()
    {
        Write("a.sqlite");
        Change("a.sqlite", "2026-11-21T00:00:00.0000000+00:00", "2026-99-99T00:00:00.0000000+00:00");
        Assert.Contains("damaged", Assert.Throws<CacheException>(() => ReadAll("a.sqlite")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_is_referred_to_but_missing_is_a_cache_fault()
    {
        using (var writer = new CacheWriter(_folder["a.sqlite"]))
        {
            writer.AddNames([(1, "s")]);
            writer.AddFunctions([new FunctionRow(1, 1, 77, 0, 0, false, false, [])]);
            writer.AddModule(new ModuleRows(1, "vmlinux", "", "", "", [new UnitRow(0, 0)], [], [], [new EntryRow(1, 0, 0, 0, 0, 55, [])], [], []));
            writer.Commit(Kernel());
        }

        using KernelCache cache = KernelCache.Open(_folder["a.sqlite"]);
        FunctionInfo function = Assert.Single(cache.Functions("s"));
        Assert.Contains("type 77 is missing: the cache is damaged", Assert.Throws<CacheException>(() => cache.Type(function.ReturnType)).Message, StringComparison.Ordinal);
        Assert.Contains("symbol 55 is missing: the cache is damaged; fetch this kernel again", Assert.Throws<CacheException>(() => cache.Entries(function.Id)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string release = "6.12.0")
    {
        using var writer = new CacheWriter(_folder[name]);
        writer.AddNames(Enumerable.Range(1, 2000).Select(i => (i, $"a_name_that_takes_some_room_{i}")).ToArray());
        writer.AddModule(new ModuleRows(1, "vmlinux", "", "", "", [], [".text"], [.. Enumerable.Range(0, 2000).Select(i => new SymbolRow(i, i + 1, i + 1, SuffixKind.None, 0, (ulong)i, 1, 0))], [], [], []));
        writer.Commit(Kernel(release) with { IndexedAt = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero) });
    }

    private void Change(string name, string from, string to)
    {
        byte[] bytes = File.ReadAllBytes(_folder[name]);
        int at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(from));
        Assert.True(at > 0);
        System.Text.Encoding.ASCII.GetBytes(to).CopyTo(bytes, at);
        File.WriteAllBytes(_folder[name], bytes);
    }

    private string OpenFault(string name) => Assert.Throws<CacheException>(() => KernelCache.Open(_folder[name])).Message;

    private void ReadAll(string name)
    {
        using KernelCache cache = KernelCache.Open(_folder[name]);
        Assert.Equal("6.12.0", cache.Kernel.Release);
        Assert.Equal(2000, cache.SymbolsMatching("*").Count());
    }
}
