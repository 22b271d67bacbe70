using System.Buffers.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>LZO1X, as the kernel's Documentation/staging/lzo.rst describes the stream.</summary>
internal static class Lzo1x
{
    // Literals behind the last instruction: 0 to 3, or a run of more.
    private const int AfterRun = 4;
    // Above any block: zero bytes without an end may not count on for ever.
    private const int MaxLength = 1 << 28;

    /// <summary>Decodes one block.</summary>
    /// <returns>Bytes decoded; -1 when the block is damaged or decodes to more than there is room for.</returns>
    public static int Decode(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int at = 0, written = 0, state = 0;
        if (from.Length > 0 && from[0] > 17)
        {
            int first = from[at++] - 17;
            if (!CopyLiterals(from, ref at, to, ref written, first)) { return -1; }
            state = Math.Min(first, AfterRun);
        }

        while (at < from.Length)
        {
            int code = from[at++], length, distance;
            if (code < 16 && state == 0)
            {
                length = 3 + code;
                if (code == 0 && !AddLength(from, ref at, 15, ref length)) { return -1; }
                if (!CopyLiterals(from, ref at, to, ref written, length)) { return -1; }
                state = AfterRun;
                continue;
            }

            if (code is < 16 or >= 64)
            {
                if (at >= from.Length) { return -1; }
                int high = from[at++];
                (length, distance) = code switch
                {
                    < 16 => state == AfterRun ? (3, (high << 2) + (code >> 2) + 2049) : (2, (high << 2) + (code >> 2) + 1),
                    < 128 => (3 + ((code >> 5) & 1), (high << 3) + ((code >> 2) & 7) + 1),
                    _ => (5 + ((code >> 5) & 3), (high << 3) + ((code >> 2) & 7) + 1),
                };
                state = code & 3;
            }
            else
            {
                int mask = code < 32 ? 7 : 31;
                length = 2 + (code & mask);
                if ((code & mask) == 0 && !AddLength(from, ref at, mask, ref length)) { return -1; }
                if (from.Length - at < 2) { return -1; }
                int word = BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);
                at += 2;
                distance = code < 32 ? 16384 + ((code & 8) << 11) + (word >> 2) : (word >> 2) + 1;
                state = word & 3;
                // The end has the distance that no match has.
                if (code < 32 && distance == 16384) { return at == from.Length && length == 3 ? written : -1; }
            }

            if (distance > written || length > to.Length - written) { return -1; }
            Lz4LegacyCodec.CopyMatch(to, written, distance, length);
            written += length;
            if (!CopyLiterals(from, ref at, to, ref written, state)) { return -1; }
        }

        return -1;
    }

    private static bool CopyLiterals(ReadOnlySpan<byte> from, ref int at, Span<byte> to, ref int written, int count)
    {
        if (count > from.Length - at || count > to.Length - written) { return false; }
        from.Slice(at, count).CopyTo(to[written..]);
        at += count;
        written += count;
        return true;
    }

    /// <summary>Zero bytes count 255 each; the first other one ends the number.</summary>
    private static bool AddLength(ReadOnlySpan<byte> from, ref int at, int basis, ref int length)
    {
        length += basis;
        while (at < from.Length && length < MaxLength)
        {
            byte more = from[at++];
            if (more != 0)
            {
                length += more;
                return true;
            }

            length += 255;
        }

        return false;
    }
}
