using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>The rows of a table of blocks. They can be packed on any thread; SQLite takes them on its own when they are all there.</summary>
/// <param name="insert">The statement: a key, for some tables another number, the block.</param>
internal sealed class PackedTable(string insert)
{
    private readonly PackedWriter _blocks = new();
    private readonly List<(int Key, int? Second, int Start)> _rows = [];

    public void Add(int key, ReadOnlySpan<byte> block) => Add(key, null, block);

    public void Add(int key, int? second, ReadOnlySpan<byte> block)
    {
        _rows.Add((key, second, _blocks.Length));
        _blocks.Write(block);
    }

    public void InsertInto(sqlite3 database)
    {
        using var statement = new Statement(database, insert);
        for (int i = 0; i < _rows.Count; i++)
        {
            (int key, int? second, int start) = _rows[i];
            statement.Bind(key);
            if (second is { } number) { statement.Bind(number); }
            int end = i + 1 < _rows.Count ? _rows[i + 1].Start : _blocks.Length;
            statement.Bind(_blocks.From(start, end - start)).Run();
        }
    }
}
