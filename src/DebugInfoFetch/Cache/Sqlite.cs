using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>Starts SQLite.</summary>
internal static class Sqlite
{
    private static readonly bool Ready = Start();

    /// <summary>
    /// Must come before the first connection. Each connection is used by one thread at a time here, so SQLite need not lock a mutex in every
    /// call (sqlite.org/threadsafe.html, "multi-thread").
    /// </summary>
    public static void Initialize() => _ = Ready;

    private static bool Start()
    {
        Batteries_V2.Init();
        raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        return true;
    }
}
