using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Decodes what is whole in memory, into memory, on the calling thread where that can be: a package has thousands of small compressed modules, and a
/// thread for each would cost more than the decoding.
/// </summary>
public static class WholeBuffer
{
    /// <param name="codec">What <paramref name="compressed"/> is compressed with.</param>
    /// <param name="buffer">Takes the decoded bytes; made larger when they do not fit.</param>
    /// <param name="limit">Bytes that it may decode to, at most.</param>
    /// <returns>Bytes decoded.</returns>
    /// <exception cref="InputFaultException">Corrupt or truncated, or more than <paramref name="limit"/>.</exception>
    public static int Decode(ICodec codec, ReadOnlyMemory<byte> compressed, ref byte[] buffer, long limit, string displayName)
        => codec.Format == CompressionFormat.Xz
            ? DecodeXz(compressed, ref buffer, limit, displayName)
            : DecodeStream(codec, compressed, ref buffer, limit, displayName);

    private static unsafe int DecodeXz(ReadOnlyMemory<byte> compressed, ref byte[] buffer, long limit, string displayName)
    {
        long size = XzIndex.Read(new MemorySource(compressed, displayName), displayName).UncompressedSize;
        if (size > limit) { throw TooLarge(displayName, size, limit); }
        if (buffer.Length < size) { buffer = GC.AllocateUninitializedArray<byte>((int)size); }
        ulong memory = (ulong)DecodeOptions.Default.DictionaryLimit;
        nuint read = 0, written = 0;
        LzmaReturn result;
        fixed (byte* from = compressed.Span)
        fixed (byte* to = buffer)
        {
            result = LzmaLibrary.Instance.StreamBufferDecode(&memory, 0, null, from, &read, (nuint)compressed.Length, to, &written, (nuint)size);
        }

        return result == LzmaReturn.Ok && (long)written == size
            ? (int)size
            : throw InputFaultException.At(displayName, "compressed data", (long)read, $"corrupt xz data ({result}); fetch it anew");
    }

    private static int DecodeStream(ICodec codec, ReadOnlyMemory<byte> compressed, ref byte[] buffer, long limit, string displayName)
    {
        using var input = new MemoryInput(compressed);
        using Stream decoded = codec.Open(input, displayName, DecodeOptions.Default);
        int length = 0;
        if (buffer.Length == 0) { buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(limit, Math.Max(4L * compressed.Length, 1 << 16))); }
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= limit) { return decoded.ReadByte() < 0 ? length : throw TooLarge(displayName, length + 1L, limit); }
                byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(limit, 2L * length));
                buffer.AsSpan(0, length).CopyTo(larger);
                buffer = larger;
            }

            int read = decoded.Read(buffer, length, (int)Math.Min(buffer.Length, limit) - length);
            if (read == 0 && length >= limit) { return decoded.ReadByte() < 0 ? length : throw TooLarge(displayName, length + 1L, limit); }
            if (read == 0) { return length; }
            length += read;
        }
    }

    private static InputFaultException TooLarge(string displayName, long size, long limit)
        => new($"{displayName}: decodes to {size} bytes or more, of which at most {limit} are believed");

    private sealed class MemoryInput(ReadOnlyMemory<byte> data) : ForwardStream
    {
        private int _at;

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, data.Length - _at);
            data.Span.Slice(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }
    }

    private sealed class MemorySource(ReadOnlyMemory<byte> data, string displayName) : IRandomAccessSource
    {
        public long? RandomAccessLength => data.Length;

        public void ReadExactlyAt(long offset, Span<byte> target)
        {
            if (offset < 0 || offset > data.Length - target.Length)
            {
                throw InputFaultException.At(displayName, "compressed data", offset, $"truncated: {target.Length} bytes are needed there, all are {data.Length}");
            }

            data.Span.Slice((int)offset, target.Length).CopyTo(target);
        }
    }
}
