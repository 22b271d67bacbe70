using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class ListTests
{
    private const ulong Code = 0xffffffff81000000;

    [Fact]
    public void A_version_5_location_list_gives_ranges_and_places_in_every_kind_of_entry()
    {
        Assert.Equal(
            [
                "81000000-81000009 DW_OP_reg5", "81000009-81000010 DW_OP_reg4", "81000020-81000030 DW_OP_reg3", "81000030-81000034 DW_OP_reg2",
                "81000040-81000050 DW_OP_reg1", "81000040-81000048 DW_OP_reg0", "81000041-81000042 DW_OP_reg6", "default DW_OP_fbreg +0",
            ],
            Locations(5, list => list
                .ViewPair(0, 1)
                .OffsetPair(0, 9, e => e.Reg(5))
                .ViewPair(1, 2)
                .OffsetPair(9, 0x10, e => e.Reg(4))
                .StartEnd(Code + 0x20, Code + 0x30, e => e.Reg(3))
                .StartLength(Code + 0x30, 4, e => e.Reg(2))
                .StartxEndx(0, 1, e => e.Reg(1))
                .StartxLength(0, 8, e => e.Reg(0))
                .BaseAddressx(0)
                .OffsetPair(1, 2, e => e.Reg(6))
                .DefaultLocation(e => e.Fbreg(0))
                .End()));
    }

    [Fact]
    public void A_base_address_entry_moves_the_pairs_behind_it()
    {
        string[] expected = ["81000000-81000004 DW_OP_reg5", "81001000-81001004 DW_OP_reg5"];
        foreach (int version in (int[])[4, 5])
        {
            Assert.Equal(expected, Locations(version, list => list.OffsetPair(0, 4, e => e.Reg(5)).BaseAddress(Code + 0x1000).OffsetPair(0, 4, e => e.Reg(5)).End()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_list_is_found_by_its_index_too(bool is64Bit)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu.Text(DwAttribute.Name, "first.c")
                .Die(DwTag.Variable, v => v.Locations(l => l.End())))
            .Unit(new UnitForm { Is64Bit = is64Bit }, cu => cu
                .LoclistsBase().RnglistsBase()
                .Die(DwTag.FormalParameter, p => p.Locationsx(l => l.StartLength(1, 1, e => e.Reg(9)).End()))
                .Die(DwTag.FormalParameter, p => p.Locationsx(l => l.StartLength(Code, 5, e => e.Reg(1)).End()))
                .Die(DwTag.Subprogram, f => f.Rangesx(r => r.StartLength(Code + 8, 4).End()))));
        DwarfUnit unit = DwarfUnit.ReadAll(sections)[1];
        var dies = DwarfFile.ReadAll(sections, unit);
        var bases = new ListBases(0, 8, dies[0].Values.Get(DieSlot.RangeListsBase), dies[0].Values.Get(DieSlot.LocationListsBase));
        LocationCursor cursor = DwarfLists.Locations(sections, unit, bases, dies[2].Values.Get(DieSlot.Location), DwForm.LocListx);
        Assert.True(cursor.MoveNext(out LocationEntry entry));
        Assert.Equal(new AddressRange(Code, Code + 5), entry.Range);
        Assert.False(cursor.MoveNext(out _));
        Assert.Equal(new AddressRange(Code + 8, Code + 12), DwarfLists.FirstRange(sections, unit, bases, dies[3].Values.Get(DieSlot.Ranges), DwForm.RngListx));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void The_first_range_that_is_not_empty_is_where_code_is_entered(int version)
        => Assert.Equal(new AddressRange(Code + 4, Code + 8), FirstRange(version, list => list.OffsetPair(2, 2).OffsetPair(4, 8).OffsetPair(0, 1).End()));

    [Fact]
    public void Range_lists_know_every_kind_of_entry()
    {
        Assert.Equal(new AddressRange(Code + 0x1002, Code + 0x1004), FirstRange(4, r => r.BaseAddress(Code + 0x1000).OffsetPair(2, 4).End()));
        Assert.Equal(new AddressRange(Code + 0x1002, Code + 0x1004), FirstRange(5, r => r.BaseAddress(Code + 0x1000).OffsetPair(2, 4).End()));
        Assert.Equal(new AddressRange(Code + 0x42, Code + 0x44), FirstRange(5, r => r.BaseAddressx(0).OffsetPair(2, 4).End()));
        Assert.Equal(new AddressRange(1, 3), FirstRange(5, r => r.StartEnd(1, 3).End()));
        Assert.Equal(new AddressRange(1, 4), FirstRange(5, r => r.StartLength(1, 3).End()));
        Assert.Equal(new AddressRange(Code + 0x40, Code + 0x50), FirstRange(5, r => r.StartxEndx(0, 1).End()));
        Assert.Equal(new AddressRange(Code + 0x40, Code + 0x43), FirstRange(5, r => r.StartxLength(0, 3).End()));
        Assert.Null(FirstRange(5, r => r.End()));
        Assert.Null(FirstRange(4, r => r.End()));
    }

    [Fact]
    public void An_unknown_kind_of_location_entry_is_named_where_it_stands()
        => DwarfFile.AssertFault("f: .debug_loclists+0x13: unknown location list entry 0x77", () => Locations(5, list => list.ViewPair(1, 1).Raw(0x77)));

    [Fact]
    public void An_unknown_kind_of_range_entry_is_named_where_it_stands()
        => DwarfFile.AssertFault("f: .debug_rnglists+0x10: unknown range list entry 0x8", () => FirstRange(5, list => list.Raw(8)));

    [Fact]
    public void An_expression_longer_than_the_section_is_a_fault()
        => DwarfFile.AssertFault("bytes: the file is truncated or damaged", () => Locations(5, list => list.Raw(4, 0, 8, 0xff, 0xff, 0x7f, 0x55)));

    [Theory]
    [InlineData(4, ".debug_loc")]
    [InlineData(5, ".debug_loclists")]
    public void A_list_that_does_not_end_is_truncated(int version, string section)
        => DwarfFile.AssertFault($"f: {section}+0x", () => Locations(version, list => list.OffsetPair(0, 4, e => e.Reg(5))));

    [Fact]
    public void A_list_past_the_end_of_its_section_is_a_fault()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu));
        DwarfUnit unit = DwarfFile.OnlyUnit(sections);
        DwarfFile.AssertFault("f: .debug_loclists+0x7fffffffffffffff: list lies past the end of the section (0 bytes)",
            () => DwarfLists.Locations(sections, unit, default, ulong.MaxValue, DwForm.SecOffset));
        DwarfFile.AssertFault("f: .debug_rnglists+0x0: list index 3 lies past the end of the section", () => DwarfLists.FirstRange(sections, unit, default, 3, DwForm.RngListx));
    }

    [Fact]
    public void An_address_index_past_the_end_is_a_fault()
        => DwarfFile.AssertFault("f: .debug_addr+0x8: address index 99 lies past the end of the section", () => FirstRange(5, list => list.StartxLength(99, 1).End()));

    private static List<string> Locations(int version, Func<LocationListBuilder, LocationListBuilder> list)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(new UnitForm { Version = (ushort)version }, cu => Addresses(version, cu)
            .Die(DwTag.FormalParameter, p => p.Locations(list))));
        DwarfUnit unit = DwarfFile.OnlyUnit(sections);
        ulong offset = DwarfFile.ReadAll(sections, unit).Single(d => d.Tag == DwTag.FormalParameter).Values.Get(DieSlot.Location);
        LocationCursor cursor = DwarfLists.Locations(sections, unit, new ListBases(Code, 8, 0, 0), offset, DwForm.SecOffset);
        var found = new List<string>();
        while (cursor.MoveNext(out LocationEntry entry))
        {
            string place = SimpleExpression.Describe(cursor.Section.Slice(entry.Offset, entry.Length));
            found.Add($"{(entry.IsDefault ? "default" : $"{(uint)entry.Range.Start:x}-{(uint)entry.Range.End:x}")} {place}");
        }

        return found;
    }

    private static AddressRange? FirstRange(int version, Func<RangeListBuilder, RangeListBuilder> list)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(new UnitForm { Version = (ushort)version }, cu => Addresses(version, cu)
            .Die(DwTag.Subprogram, f => f.Ranges(list))));
        DwarfUnit unit = DwarfFile.OnlyUnit(sections);
        ulong offset = DwarfFile.ReadAll(sections, unit).Single(d => d.Tag == DwTag.Subprogram).Values.Get(DieSlot.Ranges);
        return DwarfLists.FirstRange(sections, unit, new ListBases(Code, 8, 0, 0), offset, DwForm.SecOffset);
    }

    /// <summary>.debug_addr: 0 is Code + 0x40, 1 is Code + 0x50.</summary>
    private static DieBuilder Addresses(int version, DieBuilder unit) => version < 5 ? unit : unit
        .Die(DwTag.Label, l => l.Addrx(DwAttribute.LowPc, Code + 0x40))
        .Die(DwTag.Label, l => l.Addrx(DwAttribute.LowPc, Code + 0x50));
}
