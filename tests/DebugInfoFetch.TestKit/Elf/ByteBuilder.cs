using System.Buffers.Binary;
using System.Text;

namespace DebugInfoFetch.TestKit.Elf;

/// <summary>Bytes in either byte order, call by call.</summary>
public sealed class ByteBuilder(bool bigEndian = false)
{
    private readonly List<byte> _bytes = [];

    public bool IsBigEndian { get; } = bigEndian;
    public int Length => _bytes.Count;

    public ByteBuilder U8(ulong value) => Bytes([(byte)value]);

    public ByteBuilder U16(ulong value) => Integer(value, 2);
    public ByteBuilder U32(ulong value) => Integer(value, 4);
    public ByteBuilder U64(ulong value) => Integer(value, 8);

    /// <summary>The low bytes of a value: 1 to 8 of them.</summary>
    public ByteBuilder Integer(ulong value, int size)
    {
        Span<byte> all = stackalloc byte[8];
        if (IsBigEndian) { BinaryPrimitives.WriteUInt64BigEndian(all, value); } else { BinaryPrimitives.WriteUInt64LittleEndian(all, value); }
        return Bytes(IsBigEndian ? all[(8 - size)..] : all[..size]);
    }

    /// <param name="width">Bytes to take at least: more than needed is padded, as assemblers do it.</param>
    public ByteBuilder Uleb(ulong value, int width = 1)
    {
        for (int i = 1; value >= 0x80 || i < width; i++, value >>= 7) { U8((value & 0x7f) | 0x80); }
        return U8(value);
    }

    public ByteBuilder Sleb(long value)
    {
        while (value is < -64 or > 63)
        {
            U8(((ulong)value & 0x7f) | 0x80);
            value >>= 7;
        }

        return U8((ulong)value & 0x7f);
    }

    public ByteBuilder Text(string text) => Bytes(Encoding.UTF8.GetBytes(text)).U8(0);

    public ByteBuilder Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public ByteBuilder AlignTo(int alignment)
    {
        while (_bytes.Count % alignment != 0) { _bytes.Add(0); }
        return this;
    }

    public byte[] ToArray() => _bytes.ToArray();
}
