using System.Globalization;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Dwarf;

/// <summary>How a unit's header is to be; what is null is as it should be.</summary>
public sealed record UnitForm
{
    public ushort Version { get; init; } = 5;
    public bool Is64Bit { get; init; }
    public byte UnitType { get; init; } = 1;
    public byte AddressSize { get; init; } = 8;
    public ulong? ClaimedLength { get; init; }
    public ulong? AbbrevOffset { get; init; }
    /// <summary>The unit ends before the entry that closes the list of its own DIE's children.</summary>
    public bool OmitsLastEnd { get; init; }
}

/// <summary>One unit of .debug_info with its abbreviations, lists, strings by index, addresses and line table.</summary>
public sealed class UnitBuilder
{
    private readonly UnitForm _form;
    private readonly List<string> _strings = [];
    private readonly List<ulong> _addresses = [];
    private readonly List<byte[]> _locations = [], _ranges = [];
    private readonly Dictionary<string, ulong> _labels = [];
    private readonly Dictionary<string, ulong> _codes = [];
    private ulong[] _locationsAt = [], _rangesAt = [];

    internal UnitBuilder(DwarfBuilder owner, UnitForm form)
    {
        Owner = owner;
        _form = form;
        Root = new DieBuilder(this, (ulong)DwTag.CompileUnit, null);
    }

    internal DwarfBuilder Owner { get; }
    internal DieBuilder Root { get; set; }
    internal int OffsetSize => _form.Is64Bit ? 8 : 4;
    internal int SectionOffset { get; private set; }
    internal ulong StringOffsetsBase { get; private set; }
    internal ulong AddressBase { get; private set; }
    internal ulong LocationListsBase { get; private set; }
    internal ulong RangeListsBase { get; private set; }
    private bool IsVersion5 => _form.Version >= 5;

    internal ulong StringIndex(string text) => IndexIn(_strings, text);
    internal ulong AddressIndex(ulong address) => IndexIn(_addresses, address);

    internal int AddLocations(Func<LocationListBuilder, LocationListBuilder> list)
    {
        _locations.Add(list(new LocationListBuilder(_form.Version, Owner.IsBigEndian)).ToArray());
        return _locations.Count - 1;
    }

    internal int AddRanges(Func<RangeListBuilder, RangeListBuilder> list)
    {
        _ranges.Add(list(new RangeListBuilder(_form.Version, Owner.IsBigEndian)).ToArray());
        return _ranges.Count - 1;
    }

    internal ulong LocationsAt(int index) => _locationsAt[index];
    internal ulong RangesAt(int index) => _rangesAt[index];

    internal ulong AddLineTable(Action<LineTableBuilder> content)
    {
        var table = new LineTableBuilder { Version = _form.Version };
        content(table);
        ulong offset = (ulong)Owner.LineSection.Length;
        table.Write(Owner.LineSection, Owner.LineStr);
        return offset;
    }

    /// <summary>Offset of a labelled DIE from the unit's start; 0 in the first of two passes, in which forward labels are not known yet.</summary>
    internal ulong OffsetOf(string label)
        => _labels.TryGetValue(label, out ulong offset) ? offset : Owner.IsFirstPass ? 0ul : throw new InvalidOperationException($"no DIE is labelled {label}");

    internal void WriteTables()
    {
        (LocationListsBase, _locationsAt) = WriteLists(IsVersion5 ? Owner.LocListsSection : Owner.LocSection, _locations);
        (RangeListsBase, _rangesAt) = WriteLists(IsVersion5 ? Owner.RngListsSection : Owner.RangesSection, _ranges);
        if (_strings.Count > 0)
        {
            Length(Owner.StrOffsetsSection, (ulong)(4 + (_strings.Count * OffsetSize)));
            StringOffsetsBase = (ulong)Owner.StrOffsetsSection.U16(5).U16(0).Length;
            foreach (string text in _strings) { Owner.StrOffsetsSection.Integer(Owner.Str(text), OffsetSize); }
        }

        if (_addresses.Count > 0)
        {
            Length(Owner.AddrSection, (ulong)(4 + (_addresses.Count * 8)));
            AddressBase = (ulong)Owner.AddrSection.U16(5).U8(8).U8(0).Length;
            foreach (ulong address in _addresses) { Owner.AddrSection.U64(address); }
        }
    }

    internal void WriteInfo(ByteBuilder info, ByteBuilder abbrev)
    {
        SectionOffset = info.Length;
        ulong abbrevOffset = (ulong)abbrev.Length;
        _codes.Clear();
        byte[] body = [];
        // Twice: the second time, every label's offset is known. All forms keep their size.
        foreach (bool isFirst in (bool[])[true, false])
        {
            Owner.IsFirstPass = isFirst;
            // Offsets within the unit, so that labels and relocations come out right.
            var unit = new ByteBuilder(Owner.IsBigEndian);
            Length(unit, 0);
            unit.U16(_form.Version);
            if (IsVersion5)
            {
                unit.U8(_form.UnitType).U8(_form.AddressSize).Integer(_form.AbbrevOffset ?? abbrevOffset, OffsetSize);
                if (_form.UnitType is 4 or 5) { unit.U64(0x1122334455667788); }
            }
            else { unit.Integer(_form.AbbrevOffset ?? abbrevOffset, OffsetSize).U8(_form.AddressSize); }
            WriteDie(unit, Root, abbrev);
            if (Root.Children.Count > 0 && _form.OmitsLastEnd) { body = unit.ToArray()[..^1]; } else { body = unit.ToArray(); }
        }

        abbrev.U8(0);
        int lengthSize = _form.Is64Bit ? 12 : 4;
        Length(info, _form.ClaimedLength ?? (ulong)(body.Length - lengthSize));
        info.Bytes(body.AsSpan(lengthSize));
    }

    private void Length(ByteBuilder to, ulong length)
    {
        if (_form.Is64Bit) { to.U32(0xffff_ffff).U64(length); } else { to.U32(length); }
    }

    private void WriteDie(ByteBuilder to, DieBuilder die, ByteBuilder abbrev)
    {
        if (die.Label is not null) { _labels[die.Label] = (ulong)to.Length; }
        to.Uleb(CodeOf(die, abbrev));
        foreach (DieBuilder.Attribute attribute in die.Attributes) { attribute.Write(to); }
        if (die.Children.Count == 0) { return; }
        foreach (DieBuilder child in die.Children) { WriteDie(to, child, abbrev); }
        to.U8(0);
    }

    private ulong CodeOf(DieBuilder die, ByteBuilder abbrev)
    {
        string shape = string.Create(CultureInfo.InvariantCulture, $"{die.Tag}:{die.Children.Count > 0}:")
            + string.Join(',', die.Attributes.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Name}/{a.Form}/{a.ImplicitConst}")));
        if (_codes.TryGetValue(shape, out ulong code)) { return code; }
        code = (ulong)_codes.Count + 1;
        _codes.Add(shape, code);
        abbrev.Uleb(code).Uleb(die.Tag).U8(die.Children.Count > 0 ? 1u : 0u);
        foreach (DieBuilder.Attribute attribute in die.Attributes)
        {
            abbrev.Uleb(attribute.Name).Uleb(attribute.Form);
            if (attribute.Form == (ulong)DwForm.ImplicitConst) { abbrev.Sleb(attribute.ImplicitConst); }
        }

        abbrev.U8(0).U8(0);
        return code;
    }

    private (ulong Base, ulong[] At) WriteLists(ByteBuilder section, List<byte[]> lists)
    {
        if (lists.Count == 0) { return (0, []); }
        ulong listsBase = 0;
        if (IsVersion5)
        {
            int offsets = lists.Count * OffsetSize;
            Length(section, (ulong)(8 + offsets + lists.Sum(l => l.Length)));
            section.U16(5).U8(8).U8(0).U32((ulong)lists.Count);
            listsBase = (ulong)section.Length;
            int at = offsets;
            foreach (byte[] list in lists)
            {
                section.Integer((ulong)at, OffsetSize);
                at += list.Length;
            }
        }

        var starts = new List<ulong>();
        foreach (byte[] list in lists)
        {
            starts.Add((ulong)section.Length);
            section.Bytes(list);
        }

        return (listsBase, [.. starts]);
    }

    private static ulong IndexIn<T>(List<T> list, T item)
    {
        int index = list.IndexOf(item);
        if (index < 0)
        {
            index = list.Count;
            list.Add(item);
        }

        return (ulong)index;
    }
}
