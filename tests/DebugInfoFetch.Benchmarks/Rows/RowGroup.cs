namespace DebugInfoFetch.Benchmarks.Rows;

/// <summary>Rows that share their input and are measured together.</summary>
/// <param name="Name">For <c>--only</c>.</param>
internal sealed record RowGroup(string Name, string Title, Action<BenchmarkSession> Run)
{
    public static IReadOnlyList<RowGroup> All { get; } =
    [
        new("vmlinux", "index vmlinux into a cache file", VmlinuxRows.Measure),
        new("first-answer", "one struct member of an ELF file, nothing cached", FirstAnswerRows.Measure),
        new("package", "a whole package from disk", PackageRows.Measure),
        new("rpm", "a whole package as an RPM, xz and zstd (the cloud kernel)", RpmRows.Measure),
        new("parts", "from nothing to the story's line, over a server, and in quick mode", PartRows.Measure),
        new("cache-size", "the cache file of a whole package", CacheSizeRows.Measure),
        new("query", "one query, cached", QueryRows.Measure),
        new("growth", "time over bytes of debug information", GrowthRows.Measure),
    ];
}
