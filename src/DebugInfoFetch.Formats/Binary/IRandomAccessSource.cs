namespace DebugInfoFetch.Formats.Binary;

/// <summary>Bytes that can be read at any place: a file, a part of one, or a server that answers Range requests.</summary>
public interface IRandomAccessSource
{
    /// <summary>Bytes in all; null when this source can only be read forward.</summary>
    long? RandomAccessLength { get; }

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/> (bytes from the source's start) without moving the forward
    /// position.
    /// </summary>
    void ReadExactlyAt(long offset, Span<byte> buffer);
}
