using System.Reflection;

namespace DebugInfoFetch.Cache;

/// <summary>The cache's DDL (cache-schema/schema.sql) and its version.</summary>
public static class CacheSchema
{
    /// <summary>
    /// Raised whenever the meaning of the cache's content changes; the history stands in cache-schema/README.md. A cache of another version is
    /// never read, it is fetched anew.
    /// </summary>
    public const int Version = 6;

    private const string IndexesFollow = "-- indexes:";

    /// <summary>Statements that make the tables, and those that make the indexes once the rows are in.</summary>
    internal static (string Tables, string Indexes) Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("schema.sql")
            ?? throw new InvalidOperationException("schema.sql is not part of the assembly");
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        int split = text.IndexOf(IndexesFollow, StringComparison.Ordinal);
        return (text[..split], text[split..]);
    }
}
