using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Download;

/// <summary>
/// A package where it lies, on this machine or on a server: read at any place where that is possible, else from its start. May be read by several
/// threads.
/// </summary>
public abstract class PackageSource(PackageCandidate candidate) : IRandomAccessSource, IDisposable
{
    public PackageCandidate Candidate { get; } = candidate;

    /// <summary>Bytes in all; null when this source can only be read forward.</summary>
    public abstract long? RandomAccessLength { get; }

    /// <summary>Bytes in all, when that is known.</summary>
    public abstract long? TotalBytes { get; }

    /// <summary>Bytes that have been read or transferred so far.</summary>
    public abstract long BytesFetched { get; }

    /// <summary>Requests that were made of a server; 0 for a file.</summary>
    public abstract int Requests { get; }

    public abstract void ReadExactlyAt(long offset, Span<byte> buffer);

    /// <summary>All of it from its first byte. Called once, and alone.</summary>
    public abstract Stream OpenStream();

    /// <summary>Nobody wants more: reads that are under way end, as cancelled.</summary>
    public abstract void Stop();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
