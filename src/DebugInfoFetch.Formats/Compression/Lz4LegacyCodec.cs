using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// lz4's legacy frame (lz4_Frame_format.md, "Legacy frame"): what <c>lz4 -l</c> writes and the kernel's build compresses images with. Blocks of at
/// most 8 MiB one after the other; it has no check of its own, and ends where the data does.
/// </summary>
public sealed class Lz4LegacyCodec : ICodec
{
    private const uint Magic = 0x184C2102;
    private const int MaxBlock = 8 << 20;

    public CompressionFormat Format => CompressionFormat.Lz4Legacy;
    public string Name => "lz4";

    public bool Matches(ReadOnlySpan<byte> head) => head.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(head) == Magic;

    public bool ChecksContent(ReadOnlySpan<byte> head) => false;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options)
        => ReadAhead.Over(new Decoder(new CompressedInput(compressed, displayName)), options);

    /// <summary>Decodes one block (lz4_Block_format.md).</summary>
    /// <returns>Bytes decoded; -1 when the block is damaged or decodes to more than there is room for.</returns>
    internal static int DecodeBlock(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int at = 0, written = 0;
        while (at < from.Length)
        {
            int token = from[at++], literals = token >> 4;
            if (literals == 15 && !AddLength(from, ref at, ref literals)) { return -1; }
            if (literals > from.Length - at || literals > to.Length - written) { return -1; }
            from.Slice(at, literals).CopyTo(to[written..]);
            at += literals;
            written += literals;
            // The last sequence has no match.
            if (at == from.Length) { return written; }
            if (from.Length - at < 2) { return -1; }
            int distance = BinaryPrimitives.ReadUInt16LittleEndian(from[at..]), length = token & 15;
            at += 2;
            if (length == 15 && !AddLength(from, ref at, ref length)) { return -1; }
            length += 4;
            if (distance == 0 || distance > written || length > to.Length - written) { return -1; }
            CopyMatch(to, written, distance, length);
            written += length;
        }

        return written;
    }

    /// <summary>Copies what was decoded <paramref name="distance"/> bytes before; it may overlap itself.</summary>
    internal static void CopyMatch(Span<byte> to, int at, int distance, int length)
    {
        if (distance >= length)
        {
            to.Slice(at - distance, length).CopyTo(to[at..]);
            return;
        }

        for (int i = 0; i < length; i++) { to[at + i] = to[at - distance + i]; }
    }

    private static bool AddLength(ReadOnlySpan<byte> from, ref int at, ref int length)
    {
        byte more;
        do
        {
            if (at >= from.Length || length > MaxBlock) { return false; }
            more = from[at++];
            length += more;
        }
        while (more == 255);
        return true;
    }

    private sealed class Decoder(CompressedInput input) : BlockStream(input)
    {
        // LZ4_compressBound: what does not compress grows a little.
        private const int MaxCompressed = MaxBlock + (MaxBlock / 255) + 16;
        private byte[] _compressed = [];
        private bool _begun;

        protected override int DecodeBlock(ref byte[] decoded)
        {
            Span<byte> word = stackalloc byte[4];
            while (!Input.IsAtEnd)
            {
                long offset = Input.Offset;
                Input.ReadExactly(word, "the size of an lz4 block");
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(word);
                // Frames may follow one another.
                if (size == Magic)
                {
                    _begun = true;
                    continue;
                }

                if (!_begun || size > MaxCompressed) { throw Input.Fault(offset, $"corrupt lz4 data (a block of {size} bytes); fetch it anew"); }
                if (_compressed.Length < (int)size) { _compressed = GC.AllocateUninitializedArray<byte>((int)size); }
                if (decoded.Length == 0) { decoded = GC.AllocateUninitializedArray<byte>(MaxBlock); }
                Input.ReadExactly(_compressed.AsSpan(0, (int)size), "an lz4 block");
                int length = Lz4LegacyCodec.DecodeBlock(_compressed.AsSpan(0, (int)size), decoded);
                return length >= 0 ? length : throw Input.Fault(offset, "corrupt lz4 data; fetch it anew");
            }

            return -1;
        }
    }
}
