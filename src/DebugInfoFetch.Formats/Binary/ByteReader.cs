using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>
/// A cursor over bytes of one part of a file. Never reads past the part's end: a short read is an <see cref="InputFaultException"/>
/// that names the file, the part and the offset of the value that did not fit.
/// </summary>
public ref struct ByteReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly PartName _part;
    private int _position;

    public ByteReader(ReadOnlySpan<byte> data, PartName part, bool bigEndian = false)
    {
        _data = data;
        _part = part;
        IsBigEndian = bigEndian;
    }

    public bool IsBigEndian { get; }

    /// <summary>Bytes from the start of the part.</summary>
    public int Position
    {
        readonly get => _position;
        set
        {
            if ((uint)value > (uint)_data.Length) { throw PastTheEnd(value); }
            _position = value;
        }
    }

    public readonly int Length => _data.Length;

    /// <summary>All bytes of the part, for those who check themselves where it ends.</summary>
    internal readonly ReadOnlySpan<byte> Data => _data;

    public readonly bool AtEnd => _position >= _data.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte()
    {
        int at = _position;
        if ((uint)at >= (uint)_data.Length) { throw Truncated(1); }
        _position = at + 1;
        return _data[at];
    }

    public ushort ReadUInt16() => IsBigEndian ? BinaryPrimitives.ReverseEndianness(Read<ushort>()) : Read<ushort>();
    public uint ReadUInt32() => IsBigEndian ? BinaryPrimitives.ReverseEndianness(Read<uint>()) : Read<uint>();
    public ulong ReadUInt64() => IsBigEndian ? BinaryPrimitives.ReverseEndianness(Read<ulong>()) : Read<ulong>();

    /// <summary>Three bytes: DW_FORM_strx3, DW_FORM_addrx3.</summary>
    public uint ReadUInt24()
    {
        uint a = ReadByte(), b = ReadByte(), c = ReadByte();
        return IsBigEndian ? (a << 16) | (b << 8) | c : a | (b << 8) | (c << 16);
    }

    /// <summary>An unsigned value of <paramref name="size"/> bytes: an address or an offset of the file's class.</summary>
    public ulong ReadUnsigned(int size) => size switch
    {
        1 => ReadByte(),
        2 => ReadUInt16(),
        4 => ReadUInt32(),
        8 => ReadUInt64(),
        _ => throw Fault(_position, $"a value of {size} bytes is not supported"),
    };

    /// <summary>Unsigned LEB128 (DWARF 5 §7.6). Values over 64 bits are an error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadUleb()
    {
        int at = _position;
        if ((uint)at < (uint)_data.Length && _data[at] < 0x80)
        {
            _position = at + 1;
            return _data[at];
        }

        return ReadUlebSlow();
    }

    private ulong ReadUlebSlow()
    {
        int start = _position;
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = ReadByte();
            if (shift >= 64 || (shift == 63 && (b & 0x7e) != 0)) { throw Fault(start, "LEB128 value of more than 64 bits"); }
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) { return value; }
        }
    }

    /// <summary>Signed LEB128 (DWARF 5 §7.6).</summary>
    public long ReadSleb()
    {
        int start = _position;
        long value = 0;
        int shift = 0;
        while (true)
        {
            byte b = ReadByte();
            // The tenth byte has room for one bit of value; the others must repeat the sign.
            if (shift >= 64 || (shift == 63 && b is not (0x00 or 0x7f))) { throw Fault(start, "LEB128 value of more than 64 bits"); }
            value |= (long)(b & 0x7f) << shift;
            shift += 7;
            if (b < 0x80) { return shift < 64 && (b & 0x40) != 0 ? value | (-1L << shift) : value; }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(ulong count)
    {
        if (count > (ulong)(_data.Length - _position)) { throw Truncated(count); }
        _position += (int)count;
    }

    public ReadOnlySpan<byte> ReadBytes(ulong count)
    {
        int at = _position;
        Skip(count);
        return _data.Slice(at, (int)count);
    }

    /// <summary>Steps over <paramref name="count"/> bytes if <paramref name="beyond"/> more follow them, and returns both together; else false, and nothing was stepped over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTake(int count, int beyond, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        int at = _position;
        if (count + (long)beyond > _data.Length - at) { return false; }
        bytes = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(_data), at), count + beyond);
        _position = at + count;
        return true;
    }

    /// <summary>Bytes up to a NUL, which is consumed and not returned.</summary>
    public ReadOnlySpan<byte> ReadCString()
    {
        ReadOnlySpan<byte> rest = _data[_position..];
        // Most strings that stand in a DIE are of three letters at most: compilers put longer ones elsewhere.
        int length = ShortText.LengthOf(rest);
        if (length < 0) { length = rest.IndexOf((byte)0); }
        if (length < 0) { throw Fault(_position, "string without an end"); }
        _position += length + 1;
        return rest[..length];
    }

    public readonly InputFaultException Fault(long offset, string what) => _part.Fault(offset, what);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Read<T>() where T : unmanaged
    {
        int at = _position;
        if (Unsafe.SizeOf<T>() > _data.Length - at) { throw Truncated((ulong)Unsafe.SizeOf<T>()); }
        _position = at + Unsafe.SizeOf<T>();
        return Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_data), at));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly InputFaultException PastTheEnd(int position) => Fault(position, $"offset lies past the end ({_data.Length} bytes)");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly InputFaultException Truncated(ulong wanted)
        => Fault(_position, $"ends after {_data.Length - _position} of {wanted} bytes: the file is truncated or damaged");
}

/// <summary>A file and a part of it, for messages. One is made for each stretch that is read: most are never asked for it.</summary>
public readonly record struct PartName(string File, string Part, long Offset = 0)
{
    public InputFaultException Fault(long offset, string what) => InputFaultException.At(File, Part, Offset + offset, what);

    /// <summary>A string of a file as text that is safe to show: bytes that are no printable ASCII become <c>?</c>.</summary>
    public static string Printable(ReadOnlySpan<byte> text)
    {
        var builder = new StringBuilder(Math.Min(text.Length, 256));
        foreach (byte b in text[..Math.Min(text.Length, 256)]) { builder.Append(b is >= 0x20 and < 0x7f ? (char)b : '?'); }
        return builder.ToString();
    }
}
