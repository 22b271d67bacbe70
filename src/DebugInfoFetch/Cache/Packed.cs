using System.Buffers;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cache;

/// <summary>The cache's packed columns: LEB128 numbers one after the other. Their layout is part of the schema (cache-schema/README.md).</summary>
internal static class Packed
{
    /// <summary>entry.places: for each parameter kind, register + 1, zigzag value, expression length, expression.</summary>
    public static void WritePlaces(ArrayBufferWriter<byte> into, ArgumentPlace[] places)
    {
        into.ResetWrittenCount();
        foreach (ArgumentPlace place in places)
        {
            Write(into, (ulong)place.Kind);
            Write(into, (ulong)(place.Register + 1));
            Write(into, ZigZag(place.Value));
            byte[] expression = place.Expression ?? [];
            Write(into, (ulong)expression.Length);
            into.Write(expression);
        }
    }

    public static ArgumentPlace[] ReadPlaces(ReadOnlySpan<byte> packed)
    {
        var places = new List<ArgumentPlace>();
        while (!packed.IsEmpty)
        {
            var kind = (PlaceKind)Read(ref packed);
            int register = (int)Read(ref packed) - 1;
            long value = UnZigZag(Read(ref packed));
            ulong announced = Read(ref packed);
            if (announced > (ulong)packed.Length) { throw Damaged(); }
            int length = (int)announced;
            places.Add(new ArgumentPlace(kind, register, value, length == 0 ? null : packed[..length].ToArray()));
            packed = packed[length..];
        }

        return [.. places];
    }

    /// <summary>inline_site.sites: for each site symbol + 1 (0: none), offset, unit, call file, call line.</summary>
    public static void WriteSites(ArrayBufferWriter<byte> into, ReadOnlySpan<InlineRow> sites)
    {
        into.ResetWrittenCount();
        foreach (ref readonly InlineRow site in sites)
        {
            Write(into, (ulong)(site.Symbol + 1));
            Write(into, ZigZag(site.Offset));
            Write(into, (ulong)site.Unit);
            Write(into, (ulong)site.CallFile);
            Write(into, (ulong)site.CallLine);
        }
    }

    public static InlineRow[] ReadSites(int function, ReadOnlySpan<byte> packed)
    {
        var sites = new List<InlineRow>();
        while (!packed.IsEmpty)
        {
            int symbol = (int)Read(ref packed) - 1, offset = (int)UnZigZag(Read(ref packed)), unit = (int)Read(ref packed);
            sites.Add(new InlineRow(function, unit, symbol, offset, (int)Read(ref packed), (int)Read(ref packed)));
        }

        return [.. sites];
    }

    /// <summary>type_unit.units: ascending unit numbers, each as the difference to the one before (the first to -1).</summary>
    public static void WriteAscending(ArrayBufferWriter<byte> into, ReadOnlySpan<int> numbers)
    {
        into.ResetWrittenCount();
        int last = -1;
        foreach (int number in numbers)
        {
            Write(into, (ulong)(number - last));
            last = number;
        }
    }

    public static HashSet<UnitId> ReadUnits(ReadOnlySpan<byte> packed)
    {
        var units = new HashSet<UnitId>();
        int last = -1;
        while (!packed.IsEmpty) { units.Add(new UnitId(last += (int)Read(ref packed))); }
        return units;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
    private static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
    private static CacheException Damaged() => new("a packed column of the cache is damaged; fetch this kernel again");

    private static void Write(ArrayBufferWriter<byte> into, ulong value)
    {
        Span<byte> span = into.GetSpan(10);
        int length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        into.Advance(length);
    }

    private static ulong Read(ref ReadOnlySpan<byte> packed)
    {
        ulong value = 0;
        for (int i = 0; i < packed.Length && i < 10; i++)
        {
            value |= (ulong)(packed[i] & 0x7f) << (7 * i);
            if (packed[i] < 0x80)
            {
                packed = packed[(i + 1)..];
                return value;
            }
        }

        throw Damaged();
    }
}
