using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>
/// Inserts rows of numbers, several with one statement, which takes SQLite three quarters of the time that as many statements take. Values come one after the
/// other, row by row; those that do not fill a statement go in with <see cref="Complete"/>.
/// </summary>
/// <param name="columns">Of the table, all of which each row gives.</param>
internal sealed class RowInserter(sqlite3 database, string table, int columns) : IDisposable
{
    private const int RowsAtOnce = 16;
    private readonly Statement _full = new(database, Sql(table, columns, RowsAtOnce));
    private readonly long?[] _values = new long?[RowsAtOnce * columns];
    private int _count;

    /// <param name="value">Null for NULL.</param>
    public RowInserter Add(long? value)
    {
        _values[_count++] = value;
        if (_count == _values.Length) { Run(_full); }
        return this;
    }

    /// <summary>Adds NULL for <paramref name="absent"/>.</summary>
    public RowInserter AddOr(long value, long absent) => Add(value == absent ? null : value);

    public void Complete()
    {
        if (_count == 0) { return; }
        using var rest = new Statement(database, Sql(table, columns, _count / columns));
        Run(rest);
    }

    public void Dispose() => _full.Dispose();

    private void Run(Statement statement)
    {
        foreach (long? value in _values.AsSpan(0, _count)) { statement.Bind(value); }
        statement.Run();
        _count = 0;
    }

    private static string Sql(string table, int columns, int rows)
    {
        string row = $"({string.Join(", ", Enumerable.Repeat("?", columns))})";
        return $"INSERT INTO {table} VALUES {string.Join(", ", Enumerable.Repeat(row, rows))}";
    }
}
