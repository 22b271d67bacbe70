using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>Texts that end with a NUL within eight bytes: looked at as one number, without a loop whose end no processor foresees.</summary>
public static class ShortText
{
    private const ulong Ones = 0x0101010101010101, HighBits = 0x8080808080808080;

    /// <summary>Bytes before the NUL; -1 when none is among the first eight, or there are no eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthOf(ReadOnlySpan<byte> text) => text.Length >= sizeof(ulong) ? LengthOf(BinaryPrimitives.ReadUInt64LittleEndian(text)) : -1;

    /// <param name="bytes">The first byte in the lowest bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthOf(ulong bytes)
    {
        // The lowest bit set is that of the first zero byte; above it a borrow may set others.
        ulong zeros = (bytes - Ones) & ~bytes & HighBits;
        return zeros == 0 ? -1 : BitOperations.TrailingZeroCount(zeros) >> 3;
    }
}
