using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cache;

/// <summary>Makes a packed column: LEB128 numbers (DWARF 5 §7.6) one after the other. Used again and again.</summary>
internal sealed class PackedWriter
{
    private const int LongestNumber = 10;
    private byte[] _bytes = new byte[1 << 12];

    public int Length { get; private set; }
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public PackedWriter Write(ulong value)
    {
        Reserve(LongestNumber);
        while (value >= 0x80)
        {
            _bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[Length++] = (byte)value;
        return this;
    }

    public PackedWriter Write(int notNegative) => Write((ulong)(uint)notNegative);

    /// <summary>Zigzag: small numbers of either sign are short.</summary>
    public PackedWriter WriteSigned(long value) => Write((ulong)((value << 1) ^ (value >> 63)));

    public PackedWriter Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
        return this;
    }

    /// <summary>What was written from a place on.</summary>
    public ReadOnlySpan<byte> From(int start, int length) => _bytes.AsSpan(start, length);

    private void Reserve(int more)
    {
        if (_bytes.Length - Length < more) { Packed.Grow(ref _bytes, Length + more, Length); }
    }
}

/// <summary>Reads what <see cref="PackedWriter"/> wrote. Numbers that make no sense are the file's fault: <see cref="CacheException"/>.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> packed)
{
    private ReadOnlySpan<byte> _rest = packed;

    public readonly bool AtEnd => _rest.IsEmpty;
    /// <summary>Bytes that are left.</summary>
    public readonly int Left => _rest.Length;

    public ulong Read()
    {
        ulong value = 0;
        for (int i = 0; i < _rest.Length && i < 10; i++)
        {
            value |= (ulong)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Damaged();
    }

    public int ReadInt() => (int)Read();

    public long ReadSigned()
    {
        ulong value = Read();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>How many things follow, each of which takes a byte or more.</summary>
    public int ReadCount()
    {
        ulong count = Read();
        return count <= (ulong)_rest.Length ? (int)count : throw Damaged();
    }

    /// <summary>A count with flags below it.</summary>
    public int ReadCountShifted(int flagBits)
    {
        ulong value = Read();
        return value >> flagBits <= (ulong)_rest.Length ? (int)value : throw Damaged();
    }

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        ReadOnlySpan<byte> bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    public static CacheException Damaged() => new("a packed column of the cache is damaged; fetch this kernel again");
}

/// <summary>A row of a packed block: whose it is, and its bytes without that.</summary>
internal delegate void PackedRow(int owner, ReadOnlySpan<byte> row);

internal delegate void PackedSkip(ref PackedReader reader);

/// <summary>Packed columns that are more than numbers. Their layout is part of the schema (cache-schema/README.md).</summary>
internal static class Packed
{
    /// <summary>A larger array with what is in use. By much: pages that are never written cost nothing, bytes that are copied again and again do.</summary>
    public static void Grow(ref byte[] bytes, int needed, int used)
    {
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(bytes.Length * 4L, needed, Array.MaxLength));
        bytes.AsSpan(0, used).CopyTo(larger);
        bytes = larger;
    }

    /// <summary>For each parameter kind, register + 1, signed value, length of expression, expression.</summary>
    public static void WritePlaces(PackedWriter into, ArgumentPlace[] places)
    {
        into.Write(places.Length);
        foreach (ArgumentPlace place in places)
        {
            byte[] expression = place.Expression ?? [];
            into.Write((int)place.Kind).Write(place.Register + 1).WriteSigned(place.Value).Write(expression.Length).Write(expression);
        }
    }

    public static ArgumentPlace[] ReadPlaces(ref PackedReader packed)
    {
        var places = new ArgumentPlace[packed.ReadCount()];
        for (int i = 0; i < places.Length; i++)
        {
            var kind = (PlaceKind)packed.Read();
            int register = packed.ReadInt() - 1;
            long value = packed.ReadSigned();
            int length = packed.ReadCount();
            places[i] = new ArgumentPlace(kind, register, value, length == 0 ? null : packed.ReadBytes(length).ToArray());
        }

        return places;
    }

    /// <summary>Rows grouped by their owner, as <see cref="TableWriter"/> writes them: the owner as the difference to the one before, how many, then the rows.</summary>
    /// <param name="skip">Reads over one row.</param>
    public static void SplitGroups(ReadOnlySpan<byte> packed, int firstOwner, PackedSkip skip, PackedRow each)
    {
        var reader = new PackedReader(packed);
        for (int owner = firstOwner; !reader.AtEnd;)
        {
            owner += reader.ReadInt();
            for (int i = reader.ReadCount(); i > 0; i--)
            {
                int start = packed.Length - reader.Left;
                skip(ref reader);
                each(owner, packed[start..(packed.Length - reader.Left)]);
            }
        }
    }

    /// <summary>type_unit.units: ascending unit numbers, each as the difference to the one before (the first to -1).</summary>
    public static void WriteAscending(PackedWriter into, ReadOnlySpan<int> numbers)
    {
        into.Clear();
        int last = -1;
        foreach (int number in numbers)
        {
            into.Write(number - last);
            last = number;
        }
    }

    public static HashSet<UnitId> ReadUnits(ReadOnlySpan<byte> packed)
    {
        var units = new HashSet<UnitId>();
        var reader = new PackedReader(packed);
        for (int last = -1; !reader.AtEnd;) { units.Add(new UnitId(last += reader.ReadInt())); }
        return units;
    }
}
