using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>lzop's file format (lzop's <c>conf.h</c>, the kernel's lib/decompress_unlzo.c) of blocks in LZO1X.</summary>
public sealed class LzopCodec : ICodec
{
    private const int MaxBlock = 64 << 20;

    [Flags]
    private enum HeaderFlags : uint
    {
        None = 0, Adler32OfDecoded = 1, Adler32OfCompressed = 2, ExtraField = 0x40, Crc32OfDecoded = 0x100, Crc32OfCompressed = 0x200, Filter = 0x800,
    }

    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, 0x0d, 0x0a, 0x1a, 0x0a];

    public CompressionFormat Format => CompressionFormat.Lzop;
    public string Name => "lzo";

    public bool Matches(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    public bool ChecksContent(ReadOnlySpan<byte> head) => false;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options)
        => ReadAhead.Over(new Decoder(new CompressedInput(compressed, displayName)), options);

    private sealed class Decoder(CompressedInput input) : BlockStream(input)
    {
        private byte[] _compressed = [];
        private HeaderFlags _flags;
        private bool _begun, _ended;

        protected override int DecodeBlock(ref byte[] decoded)
        {
            if (!_begun) { ReadHeader(); }
            if (_ended) { return -1; }
            long offset = Input.Offset;
            uint decodedSize = Word();
            if (decodedSize == 0)
            {
                _ended = true;
                return Input.IsAtEnd ? -1 : throw Input.Fault("bytes follow the end of the lzo data; fetch it anew");
            }

            uint size = Word();
            if (decodedSize > MaxBlock || size > decodedSize) { throw Input.Fault(offset, $"corrupt lzo data (a block of {size} bytes for {decodedSize}); fetch it anew"); }
            uint? adler = _flags.HasFlag(HeaderFlags.Adler32OfDecoded) ? Word() : null;
            if (_flags.HasFlag(HeaderFlags.Crc32OfDecoded)) { Word(); }
            // What did not shrink is stored, and then has no sums of its compressed form.
            if (size < decodedSize && _flags.HasFlag(HeaderFlags.Adler32OfCompressed)) { Word(); }
            if (size < decodedSize && _flags.HasFlag(HeaderFlags.Crc32OfCompressed)) { Word(); }
            if (decoded.Length < decodedSize) { decoded = GC.AllocateUninitializedArray<byte>((int)decodedSize); }
            Span<byte> to = decoded.AsSpan(0, (int)decodedSize);
            if (size == decodedSize) { Input.ReadExactly(to, "an lzo block"); }
            else
            {
                if (_compressed.Length < size) { _compressed = GC.AllocateUninitializedArray<byte>((int)size); }
                Span<byte> from = _compressed.AsSpan(0, (int)size);
                Input.ReadExactly(from, "an lzo block");
                if (Lzo1x.Decode(from, to) != to.Length) { throw Input.Fault(offset, "corrupt lzo data; fetch it anew"); }
            }

            if (adler is { } expected && Adler32(to) != expected) { throw Input.Fault(offset, "corrupt lzo data (its Adler-32 is another); fetch it anew"); }
            return to.Length;
        }

        private void ReadHeader()
        {
            _begun = true;
            Skip(Magic.Length);
            uint version = Half();
            Skip(2);
            // 0.94 brought the version needed to extract, the level and the upper half of the time.
            bool isNew = version >= 0x0940;
            if (isNew) { Skip(2); }
            long methodAt = Input.Offset;
            byte method = Byte();
            if (method is < 1 or > 3) { throw Input.Fault(methodAt, $"lzop method {method}; known are 1 to 3 (LZO1X)"); }
            if (isNew) { Skip(1); }
            _flags = (HeaderFlags)Word();
            if (_flags.HasFlag(HeaderFlags.Filter)) { throw Input.Fault("lzop data with a filter, which no kernel image has"); }
            Skip(isNew ? 12 : 8);
            Skip(Byte());
            Skip(4);
            if (!_flags.HasFlag(HeaderFlags.ExtraField)) { return; }
            long at = Input.Offset;
            uint extra = Word();
            if (extra > MaxBlock) { throw Input.Fault(at, $"an extra field of {extra} bytes"); }
            Skip((int)extra + 4);
        }

        private void Skip(int count)
        {
            Span<byte> piece = stackalloc byte[64];
            for (int left = count; left > 0; left -= piece.Length) { Input.ReadExactly(piece[..Math.Min(left, piece.Length)], "an lzop header"); }
        }

        private byte Byte()
        {
            Span<byte> one = stackalloc byte[1];
            Input.ReadExactly(one, "an lzop header");
            return one[0];
        }

        private uint Half()
        {
            Span<byte> two = stackalloc byte[2];
            Input.ReadExactly(two, "an lzop header");
            return BinaryPrimitives.ReadUInt16BigEndian(two);
        }

        private uint Word()
        {
            Span<byte> four = stackalloc byte[4];
            Input.ReadExactly(four, "the sizes of an lzo block");
            return BinaryPrimitives.ReadUInt32BigEndian(four);
        }

        private static uint Adler32(ReadOnlySpan<byte> data)
        {
            uint a = 1, b = 0;
            while (!data.IsEmpty)
            {
                // As many as 32 bits hold before the remainder must be taken (RFC 1950).
                ReadOnlySpan<byte> piece = data[..Math.Min(data.Length, 5552)];
                foreach (byte value in piece)
                {
                    a += value;
                    b += a;
                }

                a %= 65521;
                b %= 65521;
                data = data[piece.Length..];
            }

            return (b << 16) | a;
        }
    }
}
