using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Dwarf;

/// <summary>A location list: DW_LLE entries (DWARF 5 §7.7.3), or pairs of addresses in version 4 and before (DWARF 4 §2.6.2).</summary>
public sealed class LocationListBuilder(int version, bool bigEndian)
{
    private readonly ByteBuilder _bytes = new(bigEndian);

    public LocationListBuilder BaseAddress(ulong address)
        => version >= 5 ? Write(b => b.U8(6).U64(address)) : Write(b => b.U64(ulong.MaxValue).U64(address));

    public LocationListBuilder BaseAddressx(ulong index) => Write(b => b.U8(1).Uleb(index));

    public LocationListBuilder OffsetPair(ulong start, ulong end, Func<ExpressionBuilder, ExpressionBuilder> place)
        => version >= 5 ? Write(b => b.U8(4).Uleb(start).Uleb(end), place) : Write(b => b.U64(start).U64(end), place);

    public LocationListBuilder StartEnd(ulong start, ulong end, Func<ExpressionBuilder, ExpressionBuilder> place) => Write(b => b.U8(7).U64(start).U64(end), place);
    public LocationListBuilder StartLength(ulong start, ulong length, Func<ExpressionBuilder, ExpressionBuilder> place) => Write(b => b.U8(8).U64(start).Uleb(length), place);
    public LocationListBuilder StartxEndx(ulong start, ulong end, Func<ExpressionBuilder, ExpressionBuilder> place) => Write(b => b.U8(2).Uleb(start).Uleb(end), place);
    public LocationListBuilder StartxLength(ulong start, ulong length, Func<ExpressionBuilder, ExpressionBuilder> place) => Write(b => b.U8(3).Uleb(start).Uleb(length), place);
    public LocationListBuilder DefaultLocation(Func<ExpressionBuilder, ExpressionBuilder> place) => Write(b => b.U8(5), place);

    /// <summary>DW_LLE_GNU_view_pair.</summary>
    public LocationListBuilder ViewPair(ulong start, ulong end) => Write(b => b.U8(9).Uleb(start).Uleb(end));

    public LocationListBuilder End() => version >= 5 ? Write(b => b.U8(0)) : Write(b => b.U64(0).U64(0));
    public LocationListBuilder Raw(params byte[] bytes) => Write(b => b.Bytes(bytes));

    public byte[] ToArray() => _bytes.ToArray();

    private LocationListBuilder Write(Action<ByteBuilder> write, Func<ExpressionBuilder, ExpressionBuilder>? place = null)
    {
        write(_bytes);
        if (place is null) { return this; }
        byte[] expression = place(new ExpressionBuilder(_bytes.IsBigEndian)).ToArray();
        if (version >= 5) { _bytes.Uleb((ulong)expression.Length); } else { _bytes.U16((ulong)expression.Length); }
        _bytes.Bytes(expression);
        return this;
    }
}

/// <summary>A range list: DW_RLE entries (DWARF 5 §7.25), or pairs of addresses in version 4 and before (DWARF 4 §2.17.3).</summary>
public sealed class RangeListBuilder(int version, bool bigEndian)
{
    private readonly ByteBuilder _bytes = new(bigEndian);

    public RangeListBuilder BaseAddress(ulong address)
        => version >= 5 ? Write(b => b.U8(5).U64(address)) : Write(b => b.U64(ulong.MaxValue).U64(address));

    public RangeListBuilder BaseAddressx(ulong index) => Write(b => b.U8(1).Uleb(index));
    public RangeListBuilder OffsetPair(ulong start, ulong end) => version >= 5 ? Write(b => b.U8(4).Uleb(start).Uleb(end)) : Write(b => b.U64(start).U64(end));
    public RangeListBuilder StartEnd(ulong start, ulong end) => Write(b => b.U8(6).U64(start).U64(end));
    public RangeListBuilder StartLength(ulong start, ulong length) => Write(b => b.U8(7).U64(start).Uleb(length));
    public RangeListBuilder StartxEndx(ulong start, ulong end) => Write(b => b.U8(2).Uleb(start).Uleb(end));
    public RangeListBuilder StartxLength(ulong start, ulong length) => Write(b => b.U8(3).Uleb(start).Uleb(length));
    public RangeListBuilder End() => version >= 5 ? Write(b => b.U8(0)) : Write(b => b.U64(0).U64(0));
    public RangeListBuilder Raw(params byte[] bytes) => Write(b => b.Bytes(bytes));

    public byte[] ToArray() => _bytes.ToArray();

    private RangeListBuilder Write(Action<ByteBuilder> write)
    {
        write(_bytes);
        return this;
    }
}
