namespace DebugInfoFetch.Formats.Compression;

/// <summary>One stretch of decoded bytes in memory outside the collected heap, on its way from a decoding thread to the reader.</summary>
/// <param name="address">Of <see cref="ChunkMemory"/>; 0 for a chunk that only says that nothing comes any more.</param>
internal sealed unsafe class Chunk(nint address, int capacity)
{
    public int Capacity => capacity;

    /// <summary>Bytes that are decoded.</summary>
    public int Length { get; set; }

    public bool IsReady { get; set; }

    /// <summary>The reader, while the chunk is its, and everybody to whom it lent bytes.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>Why there are no further bytes after these.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Nothing comes after this chunk.</summary>
    public bool IsLast { get; set; }

    public nint Address => address;

    public byte* Bytes => (byte*)address;

    public Span<byte> Span => new((byte*)address, capacity);
}
