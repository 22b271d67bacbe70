using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// CRC-64 as xz has it (ECMA-182's polynomial, bits reflected, all ones before and after; xz file format 1.1, §6.2). With carry-less multiplication
/// it runs at the speed of memory, where liblzma's tables take a tenth of the whole decoding.
/// </summary>
internal struct Crc64
{
    private const ulong Polynomial = 0xC96C5795D7870F42;
    private const int Lane = 16, Stride = 4 * Lane;
    private static readonly ulong[] Table = MakeTable();
    // What a lane's first and second half are multiplied with to stand so many bits earlier in the data.
    private static readonly Vector128<ulong> ByStride = Fold(8 * Stride), ByLane = Fold(8 * Lane);
    private ulong _state;

    /// <summary>The check is done with the processor's own instructions; without them liblzma does it as well.</summary>
    public static bool IsFast => Pclmulqdq.IsSupported;

    public readonly ulong Value => _state;

    public void Append(ReadOnlySpan<byte> data)
    {
        ulong state = ~_state;
        if (IsFast && data.Length >= 2 * Stride) { state = AppendFolded(state, ref data); }
        foreach (byte b in data) { state = Table[(byte)(state ^ b)] ^ (state >> 8); }
        _state = ~state;
    }

    /// <summary>Four lanes side by side, each folded onto the one a stride further, then all onto one of 16 bytes (V. Gopal et al., Intel 323102).</summary>
    private static ulong AppendFolded(ulong state, ref ReadOnlySpan<byte> data)
    {
        ref byte at = ref MemoryMarshal.GetReference(data);
        Vector128<ulong> a = Load(ref at) ^ Vector128.CreateScalar(state), b = Load(ref Unsafe.Add(ref at, Lane)),
            c = Load(ref Unsafe.Add(ref at, 2 * Lane)), d = Load(ref Unsafe.Add(ref at, 3 * Lane));
        int done = Stride;
        for (; done + Stride <= data.Length; done += Stride)
        {
            ref byte next = ref Unsafe.Add(ref at, done);
            a = Fold(a, ByStride) ^ Load(ref next);
            b = Fold(b, ByStride) ^ Load(ref Unsafe.Add(ref next, Lane));
            c = Fold(c, ByStride) ^ Load(ref Unsafe.Add(ref next, 2 * Lane));
            d = Fold(d, ByStride) ^ Load(ref Unsafe.Add(ref next, 3 * Lane));
        }

        data = data[done..];
        Span<byte> rest = stackalloc byte[Lane];
        (Fold(Fold(Fold(a, ByLane) ^ b, ByLane) ^ c, ByLane) ^ d).AsByte().CopyTo(rest);
        ulong folded = 0;
        foreach (byte r in rest) { folded = Table[(byte)(folded ^ r)] ^ (folded >> 8); }
        return folded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte at) => Unsafe.ReadUnaligned<Vector128<ulong>>(ref at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> lane, Vector128<ulong> by)
        => Pclmulqdq.CarrylessMultiply(lane, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, by, 0x11);

    /// <summary>Of two reflected numbers the product comes out a bit too low: so the powers of x are one less than the distance.</summary>
    private static Vector128<ulong> Fold(int bits) => Vector128.Create(PowerOfX(bits + 64 - 1), PowerOfX(bits - 1));

    /// <summary>x to the n modulo the polynomial, reflected: x^63 is bit 0.</summary>
    private static ulong PowerOfX(int n)
    {
        ulong power = 1ul << 63;
        for (int i = 0; i < n; i++) { power = (power >> 1) ^ ((power & 1) != 0 ? Polynomial : 0); }
        return power;
    }

    private static ulong[] MakeTable()
    {
        var table = new ulong[256];
        for (uint i = 0; i < table.Length; i++)
        {
            ulong value = i;
            for (int bit = 0; bit < 8; bit++) { value = (value >> 1) ^ ((value & 1) != 0 ? Polynomial : 0); }
            table[i] = value;
        }

        return table;
    }
}
