using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Index;

/// <summary>
/// 64-bit hashes of content, by which equal names, types and functions of different units are recognised. Among the about one million
/// distinct contents of a whole kernel the chance of any collision is 3e-8. Caches keep them (<see cref="IndexMemory"/>): what is hashed, and how, is part of the
/// schema's version.
/// </summary>
public static class ContentHash
{
    private const ulong K0 = 0x9e3779b97f4a7c15, K1 = 0xd1b54a32d192ed03, K2 = 0xff51afd7ed558ccd, K3 = 0xc4ceb9fe1a85ec53;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong value)
    {
        // Multiplications carry bits upwards, shifts bring them down again, as MurmurHash3 ends. Each step can be undone, so that neither input loses a
        // bit. (One 128-bit multiplication would do, but portable native code has no instruction for it.)
        ulong mixed = hash ^ (value * K0);
        mixed = (mixed ^ (mixed >> 29)) * K1;
        return mixed ^ (mixed >> 32);
    }

    /// <summary>Two values that belong together. Their products are independent of each other, so that the processor makes them side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong first, ulong second) => Mix(hash, first + (second * K2));

    /// <summary>Three of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong first, ulong second, ulong third) => Mix(hash, first + (second * K2) + (third * K3));

    public static ulong Of(ReadOnlySpan<byte> text)
    {
        ulong hash = (ulong)text.Length;
        ReadOnlySpan<byte> rest = text;
        while (rest.Length >= 8)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            rest = rest[8..];
        }

        return Mix(hash, Tail(text, rest));
    }

    /// <summary>The same of a text of less than eight bytes.</summary>
    /// <param name="bytes">The first byte in the lowest bits; what follows the text does not count.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OfShort(ulong bytes, int length)
        => Mix((ulong)length, length == 0 ? 0 : BinaryPrimitives.ReverseEndianness(bytes) >> (64 - (8 * length)));

    /// <summary>The last, less than eight, bytes as a big-endian number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tail(ReadOnlySpan<byte> text, ReadOnlySpan<byte> rest)
    {
        // Of longer texts the eight bytes before the end are read at once, and those hashed already masked off.
        if (text.Length >= 8) { return BinaryPrimitives.ReadUInt64BigEndian(text[^8..]) & ((1ul << (8 * rest.Length)) - 1); }
        ulong tail = 0;
        foreach (byte b in rest) { tail = (tail << 8) | b; }
        return tail;
    }
}
