using System.Runtime.InteropServices;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>One stretch of decoded bytes in memory outside the collected heap, on its way from a decoding thread to the reader.</summary>
internal sealed unsafe class Chunk(int capacity)
{
    private byte* _bytes = (byte*)NativeMemory.Alloc((nuint)Math.Max(capacity, 1));

    public int Capacity { get; } = capacity;

    /// <summary>Bytes that are decoded.</summary>
    public int Length { get; set; }

    public bool IsReady { get; set; }

    /// <summary>The reader, while the chunk is its, and everybody to whom it lent bytes.</summary>
    public int Holders { get; set; }

    /// <summary>Why there are no further bytes after these.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Nothing comes after this chunk.</summary>
    public bool IsLast { get; set; }

    public byte* Bytes => _bytes;

    public Span<byte> Span => new(_bytes, Capacity);

    public void Free()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
