using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>What the lists of a unit are relative to.</summary>
/// <param name="BaseAddress">DW_AT_low_pc of the unit; 0 when it has DW_AT_ranges.</param>
public readonly record struct ListBases(ulong BaseAddress, ulong AddressBase, ulong RangeListsBase, ulong LocationListsBase);

/// <summary>A half-open range of addresses.</summary>
public readonly record struct AddressRange(ulong Start, ulong End)
{
    public bool IsEmpty => End <= Start;
    public bool Contains(ulong address) => address >= Start && address < End;
}

/// <summary>An entry of a location list: where a value is while the program counter is in a range.</summary>
/// <param name="IsDefault">DW_LLE_default_location: holds wherever no other entry does.</param>
/// <param name="Offset">Of the expression's bytes, in the list's section.</param>
public readonly record struct LocationEntry(AddressRange Range, bool IsDefault, int Offset, int Length);

/// <summary>Range lists (DWARF 5 §7.25, DWARF 4 §2.17.3) and location lists (DWARF 5 §7.7.3, DWARF 4 §2.6.2).</summary>
public static class DwarfLists
{
    /// <summary>The first address that a DW_AT_ranges names: where its code is entered, by gcc's order; null for an empty list.</summary>
    public static AddressRange? FirstRange(DwarfSections sections, in DwarfUnit unit, in ListBases bases, ulong value, DwForm form)
    {
        var cursor = new RangeCursor(sections, unit, bases, value, form);
        while (cursor.MoveNext(out AddressRange range))
        {
            if (!range.IsEmpty) { return range; }
        }

        return null;
    }

    /// <summary>All ranges of code that a DIE has (DWARF 5 §2.17): DW_AT_ranges, or DW_AT_low_pc and high_pc. The first is where it is entered.</summary>
    public static List<AddressRange> RangesOf(DwarfSections sections, in DwarfUnit unit, in ListBases bases, in DieValues values)
    {
        var ranges = new List<AddressRange>();
        if (values.Has(DieSlot.Ranges))
        {
            var cursor = new RangeCursor(sections, unit, bases, values.Get(DieSlot.Ranges), values.Form(DieSlot.Ranges));
            while (cursor.MoveNext(out AddressRange range))
            {
                if (!range.IsEmpty) { ranges.Add(range); }
            }
        }
        else if (values.Has(DieSlot.LowPc) && values.Has(DieSlot.HighPc))
        {
            ulong low = values.Get(DieSlot.LowPc), high = values.Get(DieSlot.HighPc);
            // A high_pc of class constant is a size (DWARF 4 §2.17.2).
            var range = new AddressRange(low, values.Form(DieSlot.HighPc) is DwForm.Addr or (>= DwForm.Addrx1 and <= DwForm.Addrx4) or DwForm.Addrx ? high : low + high);
            if (!range.IsEmpty) { ranges.Add(range); }
        }

        return ranges;
    }

    /// <summary>Opens a location list for reading. <paramref name="value"/> is DW_AT_location's, <paramref name="form"/> its form.</summary>
    public static LocationCursor Locations(DwarfSections sections, in DwarfUnit unit, in ListBases bases, ulong value, DwForm form)
        => new(sections, unit, bases, value, form);

    internal static ulong Indexed(DwarfSections sections, in DwarfUnit unit, in ListBases bases, ulong index)
    {
        ByteReader table = sections.Reader(sections.Addr, ".debug_addr");
        ulong room = bases.AddressBase <= (ulong)table.Length ? (ulong)table.Length - bases.AddressBase : 0;
        if (index >= room / unit.AddressSize) { throw table.Fault((long)bases.AddressBase, $"address index {index} lies past the end of the section"); }
        table.Position = (int)(bases.AddressBase + (index * unit.AddressSize));
        return table.ReadUnsigned(unit.AddressSize);
    }

    /// <summary>Opens the list at an offset, or (DW_FORM_loclistx, rnglistx) at the offset that the unit's offset table gives.</summary>
    internal static ByteReader Open(DwarfSections sections, in DwarfUnit unit, ReadOnlyMemory<byte> section, string name, ulong listsBase, ulong value, DwForm form)
    {
        ByteReader reader = sections.Reader(section, name);
        if (form is DwForm.LocListx or DwForm.RngListx)
        {
            ulong room = listsBase <= (ulong)reader.Length ? (ulong)reader.Length - listsBase : 0;
            if (value >= room / unit.OffsetSize) { throw reader.Fault((long)listsBase, $"list index {value} lies past the end of the section"); }
            reader.Position = (int)(listsBase + (value * unit.OffsetSize));
            value = listsBase + reader.ReadUnsigned(unit.OffsetSize);
        }

        if (value >= (ulong)reader.Length) { throw reader.Fault((long)Math.Min(value, long.MaxValue), $"list lies past the end of the section ({reader.Length} bytes)"); }
        reader.Position = (int)value;
        return reader;
    }

    private ref struct RangeCursor
    {
        private readonly DwarfSections _sections;
        private readonly DwarfUnit _unit;
        private readonly ListBases _bases;
        private ByteReader _reader;
        private ulong _base;

        public RangeCursor(DwarfSections sections, in DwarfUnit unit, in ListBases bases, ulong value, DwForm form)
        {
            _sections = sections;
            _unit = unit;
            _bases = bases;
            _base = bases.BaseAddress;
            _reader = unit.Version >= 5
                ? Open(sections, unit, sections.RngLists, ".debug_rnglists", bases.RangeListsBase, value, form)
                : Open(sections, unit, sections.Ranges, ".debug_ranges", 0, value, form);
        }

        public bool MoveNext(out AddressRange range) => _unit.Version >= 5 ? MoveNext5(out range) : MoveNext4(out range);

        private bool MoveNext4(out AddressRange range)
        {
            ulong all = _unit.AddressSize == 8 ? ulong.MaxValue : uint.MaxValue;
            while (true)
            {
                ulong start = _reader.ReadUnsigned(_unit.AddressSize), end = _reader.ReadUnsigned(_unit.AddressSize);
                range = new AddressRange(_base + start, _base + end);
                if (start == 0 && end == 0) { return false; }
                if (start != all) { return true; }
                _base = end;
            }
        }

        private bool MoveNext5(out AddressRange range)
        {
            while (true)
            {
                int at = _reader.Position;
                var kind = (DwRle)_reader.ReadByte();
                switch (kind)
                {
                    case DwRle.EndOfList: range = default; return false;
                    case DwRle.BaseAddress: _base = _reader.ReadUnsigned(_unit.AddressSize); continue;
                    case DwRle.BaseAddressx: _base = Indexed(_sections, _unit, _bases, _reader.ReadUleb()); continue;
                    case DwRle.OffsetPair: range = new(_base + _reader.ReadUleb(), _base + _reader.ReadUleb()); return true;
                    case DwRle.StartEnd: range = new(_reader.ReadUnsigned(_unit.AddressSize), _reader.ReadUnsigned(_unit.AddressSize)); return true;
                    case DwRle.StartLength: range = FromLength(_reader.ReadUnsigned(_unit.AddressSize), _reader.ReadUleb()); return true;
                    case DwRle.StartxEndx: range = new(Indexed(_sections, _unit, _bases, _reader.ReadUleb()), Indexed(_sections, _unit, _bases, _reader.ReadUleb())); return true;
                    case DwRle.StartxLength: range = FromLength(Indexed(_sections, _unit, _bases, _reader.ReadUleb()), _reader.ReadUleb()); return true;
                    default: throw _reader.Fault(at, $"unknown range list entry 0x{(byte)kind:x}");
                }
            }
        }
    }

    internal static AddressRange FromLength(ulong start, ulong length) => new(start, start + length);
}

/// <summary>Walks one location list. View pairs (gcc's <c>-gvariable-location-views</c>) are stepped over: they refine no address.</summary>
public ref struct LocationCursor
{
    private readonly DwarfSections _sections;
    private readonly DwarfUnit _unit;
    private readonly ListBases _bases;
    private ByteReader _reader;
    private ulong _base;

    internal LocationCursor(DwarfSections sections, in DwarfUnit unit, in ListBases bases, ulong value, DwForm form)
    {
        _sections = sections;
        _unit = unit;
        _bases = bases;
        _base = bases.BaseAddress;
        _reader = unit.Version >= 5
            ? DwarfLists.Open(sections, unit, sections.LocLists, ".debug_loclists", bases.LocationListsBase, value, form)
            : DwarfLists.Open(sections, unit, sections.Loc, ".debug_loc", 0, value, form);
    }

    /// <summary>The section's bytes that <see cref="LocationEntry.Offset"/> counts in.</summary>
    public readonly ReadOnlySpan<byte> Section => (_unit.Version >= 5 ? _sections.LocLists : _sections.Loc).Span;

    public bool MoveNext(out LocationEntry entry) => _unit.Version >= 5 ? MoveNext5(out entry) : MoveNext4(out entry);

    private bool MoveNext4(out LocationEntry entry)
    {
        ulong all = _unit.AddressSize == 8 ? ulong.MaxValue : uint.MaxValue;
        while (true)
        {
            ulong start = _reader.ReadUnsigned(_unit.AddressSize), end = _reader.ReadUnsigned(_unit.AddressSize);
            if (start == 0 && end == 0) { entry = default; return false; }
            if (start == all) { _base = end; continue; }
            entry = WithExpression(new AddressRange(_base + start, _base + end), false, _reader.ReadUInt16());
            return true;
        }
    }

    private bool MoveNext5(out LocationEntry entry)
    {
        while (true)
        {
            int at = _reader.Position;
            var kind = (DwLle)_reader.ReadByte();
            AddressRange range = default;
            switch (kind)
            {
                case DwLle.EndOfList: entry = default; return false;
                case DwLle.BaseAddress: _base = _reader.ReadUnsigned(_unit.AddressSize); continue;
                case DwLle.BaseAddressx: _base = DwarfLists.Indexed(_sections, _unit, _bases, _reader.ReadUleb()); continue;
                case DwLle.GnuViewPair: _reader.ReadUleb(); _reader.ReadUleb(); continue;
                case DwLle.OffsetPair: range = new(_base + _reader.ReadUleb(), _base + _reader.ReadUleb()); break;
                case DwLle.StartEnd: range = new(_reader.ReadUnsigned(_unit.AddressSize), _reader.ReadUnsigned(_unit.AddressSize)); break;
                case DwLle.StartLength: range = DwarfLists.FromLength(_reader.ReadUnsigned(_unit.AddressSize), _reader.ReadUleb()); break;
                case DwLle.StartxEndx: range = new(DwarfLists.Indexed(_sections, _unit, _bases, _reader.ReadUleb()), DwarfLists.Indexed(_sections, _unit, _bases, _reader.ReadUleb())); break;
                case DwLle.StartxLength: range = DwarfLists.FromLength(DwarfLists.Indexed(_sections, _unit, _bases, _reader.ReadUleb()), _reader.ReadUleb()); break;
                case DwLle.DefaultLocation: break;
                default: throw _reader.Fault(at, $"unknown location list entry 0x{(byte)kind:x}");
            }

            entry = WithExpression(range, kind == DwLle.DefaultLocation, _reader.ReadUleb());
            return true;
        }
    }

    private LocationEntry WithExpression(AddressRange range, bool isDefault, ulong length)
    {
        int at = _reader.Position;
        _reader.Skip(length);
        return new LocationEntry(range, isDefault, at, (int)length);
    }
}
