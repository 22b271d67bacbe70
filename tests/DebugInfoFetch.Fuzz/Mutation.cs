using System.Buffers.Binary;

namespace DebugInfoFetch.Fuzz;

/// <summary>Damages a valid input in ways that files are damaged, by accident and on purpose. Seeded: a case can be made again from its number.</summary>
internal static class Mutation
{
    private static readonly ulong[] Hostile = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, uint.MaxValue, long.MaxValue, 1ul << 63, ulong.MaxValue];

    public static byte[] Of(byte[] valid, int number)
    {
        // Not meant to be secret: the same number must give the same case everywhere.
#pragma warning disable CA5394
        var random = new Random(number);
        byte[] bytes = valid.ToArray();
        for (int i = random.Next(1, 4); i > 0 && bytes.Length > 0; i--) { bytes = Step(bytes, random); }
        return bytes;
    }

    private static byte[] Step(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        int length = Math.Min(random.Next(1, 64), bytes.Length - at);
        switch (random.Next(8))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 3:
                return bytes[..at];
            case 4:
                return Blow(bytes, at, Hostile[random.Next(Hostile.Length)], 1 << random.Next(4), random.Next(2) == 0);
            case 5:
                bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255));
                return bytes;
            case 6:
                bytes.AsSpan(at, length).CopyTo(bytes.AsSpan(random.Next(bytes.Length - length + 1)));
                return bytes;
            default:
                return [.. bytes[..at], .. bytes[(at + length)..]];
        }
#pragma warning restore CA5394
    }

    /// <summary>Puts a number of 1, 2, 4 or 8 bytes where a length or an offset may stand.</summary>
    private static byte[] Blow(byte[] bytes, int at, ulong value, int size, bool bigEndian)
    {
        if (at + size > bytes.Length) { return bytes; }
        Span<byte> all = stackalloc byte[8];
        if (bigEndian) { BinaryPrimitives.WriteUInt64BigEndian(all, value); } else { BinaryPrimitives.WriteUInt64LittleEndian(all, value); }
        (bigEndian ? all[(8 - size)..] : all[..size]).CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
