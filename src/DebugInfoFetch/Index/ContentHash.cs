using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Index;

/// <summary>
/// 64-bit hashes of content, by which equal names, types and functions of different units are recognised. Among the about one million
/// distinct contents of a whole kernel the chance of any collision is 3e-8.
/// The hash of a name is also stored: changing it changes the cache's schema.
/// </summary>
public static class ContentHash
{
    private const ulong K0 = 0x9e3779b97f4a7c15, K1 = 0xd1b54a32d192ed03;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong value)
    {
        // Folded multiplication, as wyhash does: every bit of both inputs reaches every bit of the result.
        ulong high = Math.BigMul(hash ^ K0, value ^ K1, out ulong low);
        return high ^ low ^ (hash << 1);
    }

    public static ulong Of(ReadOnlySpan<byte> text)
    {
        ulong hash = (ulong)text.Length;
        while (text.Length >= 8)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[8..];
        }

        ulong tail = 0;
        foreach (byte b in text) { tail = (tail << 8) | b; }
        return Mix(hash, tail);
    }
}
