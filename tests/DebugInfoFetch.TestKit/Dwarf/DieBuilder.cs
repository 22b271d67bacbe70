using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Dwarf;

/// <summary>One DIE: attributes in the order of the calls, then children, nested as they are in the file.</summary>
public sealed class DieBuilder
{
    private readonly UnitBuilder _unit;
    private readonly List<Attribute> _attributes = [];
    private readonly List<DieBuilder> _children = [];

    internal DieBuilder(UnitBuilder unit, ulong tag, string? label)
    {
        _unit = unit;
        Tag = tag;
        Label = label;
    }

    internal sealed record Attribute(ulong Name, ulong Form, long ImplicitConst, Action<ByteBuilder> Write);

    internal ulong Tag { get; }
    internal string? Label { get; }
    internal IReadOnlyList<Attribute> Attributes => _attributes;
    internal IReadOnlyList<DieBuilder> Children => _children;

    public DieBuilder Die(DwTag tag, Func<DieBuilder, DieBuilder>? content = null) => Die(tag, null, content);

    /// <param name="label">What <see cref="Ref4"/> and its like name it by; one unit's own.</param>
    public DieBuilder Die(DwTag tag, string? label, Func<DieBuilder, DieBuilder>? content = null)
    {
        var child = new DieBuilder(_unit, (ulong)tag, label);
        _children.Add(child);
        content?.Invoke(child);
        return this;
    }

    // Strings
    public DieBuilder Text(DwAttribute name, string text) => Add(name, DwForm.String, b => b.Text(text));
    public DieBuilder Strp(DwAttribute name, string text)
    {
        ulong offset = _unit.Owner.Str(text);
        return Add(name, DwForm.Strp, b => b.Integer(offset, _unit.OffsetSize));
    }

    public DieBuilder LineStrp(DwAttribute name, string text)
    {
        ulong offset = _unit.Owner.LineStr(text);
        return Add(name, DwForm.LineStrp, b => b.Integer(offset, _unit.OffsetSize));
    }

    public DieBuilder Strx(DwAttribute name, string text)
    {
        ulong index = _unit.StringIndex(text);
        return Add(name, DwForm.Strx, b => b.Uleb(index));
    }

    public DieBuilder Strx1(DwAttribute name, string text)
    {
        ulong index = _unit.StringIndex(text);
        return Add(name, DwForm.Strx1, b => b.U8(index));
    }

    // Constants
    public DieBuilder Data1(DwAttribute name, ulong value) => Add(name, DwForm.Data1, b => b.U8(value));
    public DieBuilder Data2(DwAttribute name, ulong value) => Add(name, DwForm.Data2, b => b.U16(value));
    public DieBuilder Data4(DwAttribute name, ulong value) => Add(name, DwForm.Data4, b => b.U32(value));
    public DieBuilder Data8(DwAttribute name, ulong value) => Add(name, DwForm.Data8, b => b.U64(value));
    public DieBuilder Udata(DwAttribute name, ulong value) => Add(name, DwForm.Udata, b => b.Uleb(value));
    public DieBuilder Sdata(DwAttribute name, long value) => Add(name, DwForm.Sdata, b => b.Sleb(value));
    public DieBuilder Flag(DwAttribute name) => Add(name, DwForm.FlagPresent, _ => { });
    public DieBuilder Block1(DwAttribute name, params byte[] bytes) => Add(name, DwForm.Block1, b => b.U8((ulong)bytes.Length).Bytes(bytes));

    public DieBuilder ImplicitConst(DwAttribute name, long value)
    {
        _attributes.Add(new Attribute((ulong)name, (ulong)DwForm.ImplicitConst, value, _ => { }));
        return this;
    }

    // Addresses
    public DieBuilder Addr(DwAttribute name, ulong address) => Add(name, DwForm.Addr, b => b.U64(address));
    public DieBuilder Addrx(DwAttribute name, ulong address)
    {
        ulong index = _unit.AddressIndex(address);
        return Add(name, DwForm.Addrx, b => b.Uleb(index));
    }

    /// <summary>An address that the linker fills in: symbol + addend, by a relocation.</summary>
    public DieBuilder AddrOf(DwAttribute name, string symbol, long addend = 0)
    {
        return Add(name, DwForm.Addr, b =>
        {
            _unit.Owner.Relocate(_unit.SectionOffset + b.Length, symbol, addend);
            b.U64(0);
        });
    }

    // References within the unit
    public DieBuilder Ref4(DwAttribute name, string label) => Add(name, DwForm.Ref4, b => b.U32(_unit.OffsetOf(label)));
    public DieBuilder RefUdata(DwAttribute name, string label) => Add(name, DwForm.RefUdata, b => b.Uleb(_unit.OffsetOf(label), 4));
    public DieBuilder RefAddr(DwAttribute name, string label) => Add(name, DwForm.RefAddr, b => b.Integer((ulong)_unit.SectionOffset + _unit.OffsetOf(label), _unit.OffsetSize));

    /// <summary>DW_OP_implicit_pointer to the object whose DIE has that label; the operation counts from the section's start.</summary>
    public DieBuilder ImplicitPointer(DwAttribute name, string label) => Add(
        name, DwForm.ExprLoc, b => b.Uleb((ulong)_unit.OffsetSize + 2).U8(0xa0).Integer((ulong)_unit.SectionOffset + _unit.OffsetOf(label), _unit.OffsetSize).Sleb(0));

    /// <summary>DW_AT_type by label.</summary>
    public DieBuilder Type(string label) => Ref4(DwAttribute.Type, label);

    // Expressions and lists
    public DieBuilder Expr(DwAttribute name, Func<ExpressionBuilder, ExpressionBuilder> expression)
    {
        byte[] bytes = expression(new ExpressionBuilder(_unit.Owner.IsBigEndian)).ToArray();
        return Add(name, DwForm.ExprLoc, b => b.Uleb((ulong)bytes.Length).Bytes(bytes));
    }

    /// <summary>DW_AT_location by DW_FORM_sec_offset.</summary>
    public DieBuilder Locations(Func<LocationListBuilder, LocationListBuilder> list)
    {
        int index = _unit.AddLocations(list);
        return Add(DwAttribute.Location, DwForm.SecOffset, b => b.Integer(_unit.LocationsAt(index), _unit.OffsetSize));
    }

    /// <summary>DW_AT_location by DW_FORM_loclistx.</summary>
    public DieBuilder Locationsx(Func<LocationListBuilder, LocationListBuilder> list)
    {
        int index = _unit.AddLocations(list);
        return Add(DwAttribute.Location, DwForm.LocListx, b => b.Uleb((ulong)index));
    }

    /// <summary>DW_AT_ranges by DW_FORM_sec_offset.</summary>
    public DieBuilder Ranges(Func<RangeListBuilder, RangeListBuilder> list)
    {
        int index = _unit.AddRanges(list);
        return Add(DwAttribute.Ranges, DwForm.SecOffset, b => b.Integer(_unit.RangesAt(index), _unit.OffsetSize));
    }

    /// <summary>DW_AT_ranges by DW_FORM_rnglistx.</summary>
    public DieBuilder Rangesx(Func<RangeListBuilder, RangeListBuilder> list)
    {
        int index = _unit.AddRanges(list);
        return Add(DwAttribute.Ranges, DwForm.RngListx, b => b.Uleb((ulong)index));
    }

    // Bases of the unit's indexed forms; of its own DIE.
    public DieBuilder StrOffsetsBase() => Add(DwAttribute.StringOffsetsBase, DwForm.SecOffset, b => b.Integer(_unit.StringOffsetsBase, _unit.OffsetSize));
    public DieBuilder AddrBase() => Add(DwAttribute.AddressBase, DwForm.SecOffset, b => b.Integer(_unit.AddressBase, _unit.OffsetSize));
    public DieBuilder LoclistsBase() => Add(DwAttribute.LocationListsBase, DwForm.SecOffset, b => b.Integer(_unit.LocationListsBase, _unit.OffsetSize));
    public DieBuilder RnglistsBase() => Add(DwAttribute.RangeListsBase, DwForm.SecOffset, b => b.Integer(_unit.RangeListsBase, _unit.OffsetSize));

    /// <summary>DW_AT_stmt_list with a line table of the unit's version, or of the one that <paramref name="table"/> sets.</summary>
    public DieBuilder Lines(Action<LineTableBuilder> table)
    {
        ulong offset = _unit.AddLineTable(table);
        return Add(DwAttribute.StatementList, DwForm.SecOffset, b => b.Integer(offset, _unit.OffsetSize));
    }

    /// <summary>Any form with any bytes, sense or not.</summary>
    public DieBuilder Raw(DwAttribute name, ulong form, params byte[] bytes)
    {
        _attributes.Add(new Attribute((ulong)name, form, 0, b => b.Bytes(bytes)));
        return this;
    }

    private DieBuilder Add(DwAttribute name, DwForm form, Action<ByteBuilder> write)
    {
        _attributes.Add(new Attribute((ulong)name, (ulong)form, 0, write));
        return this;
    }
}
