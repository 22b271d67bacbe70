using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class AddressRangesTests
{
    [Fact]
    public void An_address_leads_to_the_unit_that_has_code_there()
    {
        DwarfSections sections = Load(b => Set(Set(b, 0, (0x1000, 0x10), (0x3000, 8)), 4, (0x2000, 0x20)));
        Assert.Equal(0, AddressRanges.UnitOf(sections, 0x3007));
        Assert.Equal(4, AddressRanges.UnitOf(sections, 0x2000));
        Assert.Null(AddressRanges.UnitOf(sections, 0x2020));
        Assert.Null(AddressRanges.UnitOf(DwarfFile.Load(new DwarfBuilder().Unit(cu => cu)), 0x1000));
    }

    [Fact]
    public void Damage_is_a_fault()
    {
        DwarfFile.AssertFault("f: .debug_aranges+0x0: set of 999 bytes does not fit the section", () => AddressRanges.UnitOf(Load(b => b.U32(999)), 1));
        DwarfFile.AssertFault("names a unit at 0xffff, past the end of .debug_info", () => AddressRanges.UnitOf(Load(b => Set(b, 0xffff, (0x1000, 1))), 0x1000));
    }

    private static ByteBuilder Set(ByteBuilder to, ulong unit, params (ulong Start, ulong Size)[] ranges)
    {
        to.U32((ulong)(12 + ((ranges.Length + 1) * 16))).U16(2).U32(unit).U8(8).U8(0).U32(0);
        foreach ((ulong start, ulong size) in ranges) { to.U64(start).U64(size); }
        return to.U64(0).U64(0);
    }

    private static DwarfSections Load(Func<ByteBuilder, ByteBuilder> content)
        => DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_aranges", content(new ByteBuilder()).ToArray()));
}
