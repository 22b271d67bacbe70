using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class UnitTests
{
    [Theory]
    [InlineData(2, false, false)]
    [InlineData(3, false, false)]
    [InlineData(4, false, false)]
    [InlineData(4, true, false)]
    [InlineData(5, false, false)]
    [InlineData(5, true, false)]
    [InlineData(4, false, true)]
    [InlineData(5, true, true)]
    public void Headers_of_all_versions_offset_sizes_and_byte_orders_are_read(ushort version, bool is64Bit, bool bigEndian)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder(bigEndian)
            .Unit(new UnitForm { Version = version, Is64Bit = is64Bit }, cu => cu.Strp(DwAttribute.Name, "one.c"))
            .Unit(new UnitForm { Version = version, Is64Bit = is64Bit }, cu => cu.Strp(DwAttribute.Name, "two.c")
                .Die(DwTag.BaseType)));
        List<DwarfUnit> units = DwarfUnit.ReadAll(sections);
        Assert.Equal(2, units.Count);
        Assert.All(units, u => Assert.Equal((version, is64Bit ? 8 : 4, 8), (u.Version, (int)u.OffsetSize, (int)u.AddressSize)));
        Assert.Equal((0, units[0].End), (units[0].Offset, units[1].Offset));
        Assert.Equal(sections.Info.Length, units[1].End);
        Assert.Equal(["one.c", "two.c"], units.Select(u => DwarfFile.Text(sections, DwarfFile.ReadAll(sections, u)[0].Values, DieSlot.Name)));
        Assert.Equal([DwTag.CompileUnit, DwTag.BaseType], DwarfFile.ReadAll(sections, units[1]).Select(d => d.Tag));
    }

    [Fact]
    public void Zeros_between_units_are_padding()
    {
        DwarfSections plain = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu));
        DwarfSections padded = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_info", [.. plain.Info.ToArray(), 0, 0, 0, 0, .. plain.Info.ToArray()]));
        Assert.Equal([0, plain.Info.Length + 4], DwarfUnit.ReadAll(padded).Select(u => u.Offset));
    }

    [Fact]
    public void A_skeleton_unit_has_an_id_before_its_DIE()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(new UnitForm { UnitType = 4 }, cu => cu.Text(DwAttribute.Name, "s.c"), DwTag.SkeletonUnit));
        Assert.Equal(DwTag.SkeletonUnit, DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections))[0].Tag);
    }

    [Fact]
    public void A_file_without_DWARF_says_which_file_to_give()
        => DwarfFile.AssertFault("f: .debug_info+0x0: no DWARF in this file", () => DwarfFile.Load(new ElfBuilder()));

    [Fact]
    public void A_file_that_shares_debug_information_is_not_supported()
        => DwarfFile.AssertFault("f: .gnu_debugaltlink+0x0: the file was processed by dwz",
            () => DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).AddTo(new ElfBuilder()).Section(".gnu_debugaltlink", [1])));

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(0xffff)]
    public void An_unknown_version_is_named_with_those_that_are_known(ushort version)
        => AssertFault($"f: .debug_info+0x0: DWARF version {version}: versions 2 to 5 are supported", new UnitForm { Version = version });

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void An_unknown_unit_type_is_named(byte type) => AssertFault($"f: .debug_info+0x0: unknown unit type 0x{type:x}", new UnitForm { UnitType = type });

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    public void An_address_size_that_no_kernel_has_is_named(byte size)
        => AssertFault($"f: .debug_info+0x0: address size {size}: 4 and 8 are supported", new UnitForm { AddressSize = size });

    [Theory]
    [InlineData(false, 0xffff_fff0)]
    [InlineData(true, ulong.MaxValue)]
    public void A_unit_longer_than_its_section_is_a_fault(bool is64Bit, ulong length)
        => AssertFault($"f: .debug_info+0x0: unit of {length} bytes does not fit the section", new UnitForm { Is64Bit = is64Bit, ClaimedLength = length });

    [Fact]
    public void Abbreviations_past_the_end_of_their_section_are_a_fault()
        => AssertFault("f: .debug_info+0x0: abbreviations at 0xffffff lie past the end of .debug_abbrev", new UnitForm { AbbrevOffset = 0xff_ffff });

    [Fact]
    public void A_header_that_is_cut_off_is_truncated()
        => DwarfFile.AssertFault("f: .debug_info+0x4: ends after 1 of 2 bytes: the file is truncated or damaged",
            () => DwarfUnit.ReadAll(DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_info", [1, 0, 0, 0, 5]))));

    [Fact]
    public void A_unit_that_ends_within_its_own_header_has_no_DIEs()
    {
        // Length 3: version and unit type only; the bytes that follow are another unit's.
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(new UnitForm { ClaimedLength = 3 }, cu => cu));
        DwarfFile.AssertFault("f: .debug_info+0x", () => DwarfUnit.ReadAll(sections).ForEach(unit => DwarfFile.ReadAll(sections, unit)));
    }

    private static void AssertFault(string expected, UnitForm form)
        => DwarfFile.AssertFault(expected, () => DwarfUnit.ReadAll(DwarfFile.Load(new DwarfBuilder().Unit(form, cu => cu.Text(DwAttribute.Name, "a.c")))));
}
