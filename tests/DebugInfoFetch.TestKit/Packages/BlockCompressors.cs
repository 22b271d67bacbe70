using System.Buffers.Binary;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>
/// Small encoders of the two formats that kernel images use and no library here writes, lz4's legacy frame and lzop: greedy, of matches three bytes and
/// longer. The Oracles project compares with the tools' own output.
/// </summary>
public static class BlockCompressors
{
    private const int MinMatch = 4, BlockSize = 256 << 10;

    public static byte[] Lz4Legacy(ReadOnlySpan<byte> data)
    {
        var output = new List<byte> { 0x02, 0x21, 0x4c, 0x18 };
        for (int at = 0; at < data.Length; at += BlockSize)
        {
            byte[] block = Lz4Block(data.Slice(at, Math.Min(BlockSize, data.Length - at)));
            output.AddRange(BitConverter.GetBytes(block.Length));
            output.AddRange(block);
        }

        return [.. output];
    }

    public static byte[] Lzop(ReadOnlySpan<byte> data)
    {
        // Version 1.03, library 2.08, needed 0.94, LZO1X-1, level 3, Adler-32 of what is decoded, mode, time, no name, the header's sum.
        List<byte> output = [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, 0x0d, 0x0a, 0x1a, 0x0a, 0x10, 0x30, 0x20, 0x80, 0x09, 0x40, 1, 3, 0, 0, 0, 1, .. new byte[12], 0, 0, 0, 0, 0];
        for (int at = 0; at < data.Length; at += BlockSize)
        {
            ReadOnlySpan<byte> piece = data.Slice(at, Math.Min(BlockSize, data.Length - at));
            byte[] block = Lzo1x(piece);
            bool isStored = block.Length >= piece.Length;
            Word(output, (uint)piece.Length);
            Word(output, isStored ? (uint)piece.Length : (uint)block.Length);
            Word(output, Adler32(piece));
            output.AddRange(isStored ? piece : block);
        }

        Word(output, 0);
        return [.. output];
    }

    /// <summary>A block that can only grow: literals, then matches with up to three literals behind them.</summary>
    private static byte[] Lzo1x(ReadOnlySpan<byte> data)
    {
        var output = new List<byte>();
        int behind = -1;
        foreach ((int literals, int start, int distance, int length) in Sequences(data, 1 << 14))
        {
            ReadOnlySpan<byte> text = data.Slice(start, literals);
            if (output.Count == 0 && literals is > 0 and <= 238) { output.Add((byte)(17 + literals)); }
            else if (literals is > 0 and <= 3) { output[behind] |= (byte)literals; }
            else if (literals > 3) { Length(output, 0, literals - 3, 15); }
            output.AddRange(text);
            if (length == 0) { break; }
            Length(output, 32, length - 2, 31);
            behind = output.Count;
            output.Add((byte)((distance - 1) << 2));
            output.Add((byte)((distance - 1) >> 6));
        }

        return [.. output, 0x11, 0, 0];
    }

    private static void Length(List<byte> output, int code, int value, int most)
    {
        if (value <= most)
        {
            output.Add((byte)(code | value));
            return;
        }

        output.Add((byte)code);
        for (value -= most; value > 255; value -= 255) { output.Add(0); }
        output.Add((byte)value);
    }

    private static byte[] Lz4Block(ReadOnlySpan<byte> data)
    {
        var output = new List<byte>();
        foreach ((int literals, int start, int distance, int length) in Sequences(data, ushort.MaxValue))
        {
            int match = length == 0 ? 0 : length - MinMatch;
            output.Add((byte)((Math.Min(literals, 15) << 4) | Math.Min(match, 15)));
            More(output, literals);
            output.AddRange(data.Slice(start, literals));
            if (length == 0) { break; }
            output.Add((byte)distance);
            output.Add((byte)(distance >> 8));
            More(output, match);
        }

        return [.. output];

        static void More(List<byte> output, int value)
        {
            if (value < 15) { return; }
            for (value -= 15; value >= 255; value -= 255) { output.Add(255); }
            output.Add((byte)value);
        }
    }

    /// <summary>Literals and the match behind them; the last has none (length 0), and is of at least five literals where there are as many.</summary>
    private static List<(int Literals, int Start, int Distance, int Length)> Sequences(ReadOnlySpan<byte> data, int reach)
    {
        var found = new List<(int, int, int, int)>();
        var last = new Dictionary<uint, int>();
        int literal = 0;
        for (int at = 0; at + MinMatch + 5 < data.Length;)
        {
            uint key = BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
            bool hasMatch = last.TryGetValue(key, out int before) && at - before <= reach;
            last[key] = at;
            if (!hasMatch)
            {
                at++;
                continue;
            }

            int length = MinMatch;
            while (at + length < data.Length - 5 && data[before + length] == data[at + length]) { length++; }
            found.Add((at - literal, literal, at - before, length));
            at += length;
            literal = at;
        }

        found.Add((data.Length - literal, literal, 0, 0));
        return found;
    }

    private static void Word(List<byte> output, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        output.AddRange(bytes);
    }

    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        foreach (byte value in data)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }
}
