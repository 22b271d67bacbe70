namespace DebugInfoFetch.Download;

/// <summary>Bounds of a download. The defaults suit a 1 GB package on a slow line.</summary>
public sealed record DownloadOptions
{
    /// <summary>How long fewer than <see cref="MinimumBytes"/> may arrive before the transfer is given up and tried again.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>What counts as a sign of life within <see cref="SilenceTimeout"/>: a byte now and then does not.</summary>
    public int MinimumBytes { get; init; } = 4096;
    /// <summary>Further attempts after a transient fault without progress.</summary>
    public int Retries { get; init; } = 4;
    /// <summary>Further attempts when no connection comes about: fewer, since a release that nobody has should not take minutes to say so.</summary>
    public int ConnectRetries { get; init; } = 2;
    /// <summary>The first wait between attempts; it doubles, with jitter.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromSeconds(0.5);
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>The longest <c>Retry-After</c> that is waited for.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(2);
    /// <summary>How long a host that failed again and again is left alone.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromMinutes(1);
    /// <summary>Progress in bytes after which the attempts are counted anew: a line that breaks every minute still gets a large package through.</summary>
    public long ProgressThatResetsRetries { get; init; } = 1024 * 1024;
    /// <summary>A body longer than any kernel package is refused.</summary>
    public long MaxByteSize { get; init; } = 64L * 1024 * 1024 * 1024;
    /// <summary>
    /// Ranges of one package that are asked for in the same time. Few: what one server gives faster over more connections it takes from others, and many
    /// refuse more. 1 asks for a whole package in one piece.
    /// </summary>
    public int ParallelRanges { get; init; } = DefaultParallelRanges;
    public const int DefaultParallelRanges = 4;
    /// <summary>Bytes of a range of a whole package; with <see cref="ParallelRanges"/> it bounds the memory, and what an interruption loses.</summary>
    public int RangeSize { get; init; } = 4 << 20;
    /// <summary>What silence is measured by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
    /// <summary>How often progress is reported.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(100);
    /// <summary>Free bytes for this user where a directory lies; null when unknown.</summary>
    public Func<string, long?> FreeSpace { get; init; } = ProbeFreeSpace;
    /// <summary>Opens or creates the partial file, exclusively, for reading and writing.</summary>
    public Func<string, Stream> OpenPartial { get; init; } =
        path => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    private static long? ProbeFreeSpace(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
