using System.Text;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>
/// A prepared statement, bound and stepped through SQLite's own calls: rows go in by the million, and a reader must answer within
/// milliseconds of the process's start. Parameters and columns count from 0.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public Statement(sqlite3 database, string sql)
    {
        _database = database;
        int result = raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement);
        if (result != raw.SQLITE_OK) { throw Error(database, result); }
    }

    public Statement Bind(long value)
    {
        raw.sqlite3_bind_int64(_statement, ++_bound, value);
        return this;
    }

    /// <param name="value">Null for NULL.</param>
    public Statement Bind(long? value)
    {
        if (value is { } number) { return Bind(number); }
        raw.sqlite3_bind_null(_statement, ++_bound);
        return this;
    }

    public Statement Bind(string value)
    {
        raw.sqlite3_bind_text(_statement, ++_bound, value);
        return this;
    }

    public Statement BindText(ReadOnlySpan<byte> utf8)
    {
        raw.sqlite3_bind_text(_statement, ++_bound, utf8);
        return this;
    }

    public Statement Bind(ReadOnlySpan<byte> value)
    {
        raw.sqlite3_bind_blob(_statement, ++_bound, value);
        return this;
    }

    /// <summary>Runs an insert and makes the statement ready for the next row.</summary>
    public void Run()
    {
        int result = raw.sqlite3_step(_statement);
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW)) { throw Error(_database, result); }
        Reset();
    }

    /// <summary>Moves to the next row; false after the last one, when the statement is ready to be bound anew.</summary>
    public bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) { return true; }
        Reset();
        return result == raw.SQLITE_DONE ? false : throw Error(_database, result);
    }

    public Statement Reset()
    {
        raw.sqlite3_reset(_statement);
        _bound = 0;
        return this;
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);
    public int Int32(int column) => raw.sqlite3_column_int(_statement, column);
    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";
    public byte[] Blob(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    /// <summary>Rows that were stepped over for want of an index.</summary>
    public int FullScanSteps => raw.sqlite3_stmt_status(_statement, raw.SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);

    public void Dispose() => _statement.Dispose();

    public static void Execute(sqlite3 database, string sql)
    {
        int result = raw.sqlite3_exec(database, sql);
        if (result != raw.SQLITE_OK) { throw Error(database, result); }
    }

    internal static CacheException Error(sqlite3 database, int result)
        => new($"{raw.sqlite3_db_filename(database, "main").utf8_to_string()}: {raw.sqlite3_errmsg(database).utf8_to_string()}", result & 0xff);
}

/// <summary>The cache cannot be read or written: disk full, no permission, damaged, or of another version.</summary>
public sealed class CacheException : Exception
{
    public CacheException() { }
    public CacheException(string message) : base(message) { }
    public CacheException(string message, Exception inner) : base(message, inner) { }
    public CacheException(string message, int sqliteResult) : base(message) => SqliteResult = sqliteResult;

    /// <summary>SQLite's primary result code (SQLITE_FULL 13, SQLITE_IOERR 10, …); 0 when SQLite did not say.</summary>
    public int SqliteResult { get; }
}
