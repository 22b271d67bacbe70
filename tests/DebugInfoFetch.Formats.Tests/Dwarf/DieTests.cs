using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class DieTests
{
    [Fact]
    public void Abbreviations_are_read_with_forms_and_constants()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu
            .Strp(DwAttribute.Name, "a.c")
            .Die(DwTag.Variable, v => v.ImplicitConst(DwAttribute.DeclLine, -7).Data1(DwAttribute.DeclFile, 1))));
        AbbreviationTable table = AbbreviationTable.Read(sections, DwarfFile.OnlyUnit(sections));
        Abbreviation unit = table.Find(1)!, variable = table.Find(2)!;
        Assert.Equal((DwTag.CompileUnit, true, 4), (unit.Tag, unit.HasChildren, unit.FixedSize));
        Assert.Equal((DwTag.Variable, false, 1), (variable.Tag, variable.HasChildren, variable.FixedSize));
        Assert.Equal(new AttributeSpec(DieSlot.DeclLine, DwForm.ImplicitConst, 0, -7), variable.Attributes[0]);
        Assert.Null(table.Find(3));
        Assert.Null(table.Find(ulong.MaxValue));
    }

    [Fact]
    public void Abbreviation_codes_may_be_of_any_size()
    {
        byte[] abbrev = new ByteBuilder().Uleb(1).Uleb(0x11).U8(1).U8(0).U8(0).Uleb(ulong.MaxValue).Uleb(0x24).U8(0).U8(0).U8(0).U8(0).ToArray();
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_abbrev", abbrev));
        Assert.Equal(DwTag.BaseType, AbbreviationTable.Read(sections, DwarfFile.OnlyUnit(sections)).Find(ulong.MaxValue)!.Tag);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    public void A_code_that_is_declared_twice_is_a_fault(ulong code)
    {
        byte[] one = new ByteBuilder().Uleb(code).Uleb(0x11).U8(0).U8(0).U8(0).ToArray();
        AssertAbbreviationFault($"f: .debug_abbrev+0x{one.Length:x}: abbreviation code {code} is declared twice", [.. one, .. one, 0]);
    }

    [Fact]
    public void An_unknown_form_is_named_with_its_attribute()
        => AssertAbbreviationFault("f: .debug_abbrev+0x3: unknown form 0x99 (attribute 0x3)", [1, 0x11, 0, 3, 0x99, 0x01, 0, 0, 0]);

    [Fact]
    public void Abbreviations_that_do_not_end_are_truncated()
        => AssertAbbreviationFault("f: .debug_abbrev+0x5: ends after 0 of 1 bytes", [1, 0x11, 0, 3, 8]);

    [Fact]
    public void Every_way_to_write_a_string_is_read()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu
            .StrOffsetsBase()
            .Die(DwTag.BaseType, t => t.Text(DwAttribute.Name, "in the DIE"))
            .Die(DwTag.BaseType, t => t.Strp(DwAttribute.Name, "in .debug_str"))
            .Die(DwTag.BaseType, t => t.LineStrp(DwAttribute.Name, "in .debug_line_str"))
            .Die(DwTag.BaseType, t => t.Strx(DwAttribute.Name, "by index"))
            .Die(DwTag.BaseType, t => t.Strx1(DwAttribute.Name, "by another index"))));
        Assert.Equal(["in the DIE", "in .debug_str", "in .debug_line_str", "by index", "by another index"],
            DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections)).Skip(1).Select(d => DwarfFile.Text(sections, d.Values, DieSlot.Name)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Constants_are_read_by_their_form(bool bigEndian)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder(bigEndian).Unit(cu => cu
            .Die(DwTag.Variable, v => v.Data1(DwAttribute.ConstValue, 0xff))
            .Die(DwTag.Variable, v => v.Data2(DwAttribute.ConstValue, 0xfffe))
            .Die(DwTag.Variable, v => v.Data4(DwAttribute.ConstValue, 0xffff_fffd))
            .Die(DwTag.Variable, v => v.Data8(DwAttribute.ConstValue, ulong.MaxValue))
            .Die(DwTag.Variable, v => v.Udata(DwAttribute.ConstValue, 12857))
            .Die(DwTag.Variable, v => v.Sdata(DwAttribute.ConstValue, -129))
            .Die(DwTag.Variable, v => v.ImplicitConst(DwAttribute.ConstValue, -3))
            .Die(DwTag.Variable, v => v.Flag(DwAttribute.ConstValue))
            .Die(DwTag.Variable, v => v.Raw(DwAttribute.ConstValue, 0x16, 0x0b, 77))));
        Assert.Equal([0xff, 0xfffe, 0xffff_fffd, -1, 12857, -129, -3, 1, 77],
            DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections)).Skip(1).Select(d => (long)d.Values.Get(DieSlot.ConstValue)));
    }

    [Fact]
    public void References_count_from_the_start_of_their_unit()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder()
            .Unit(cu => cu.Text(DwAttribute.Name, "first.c"))
            .Unit(cu => cu
                .Die(DwTag.PointerType, p => p.Ref4(DwAttribute.Type, "target"))
                .Die(DwTag.PointerType, p => p.RefUdata(DwAttribute.Type, "target"))
                .Die(DwTag.PointerType, p => p.RefAddr(DwAttribute.Type, "target"))
                .Die(DwTag.BaseType, "target")));
        DwarfUnit unit = DwarfUnit.ReadAll(sections)[1];
        var dies = DwarfFile.ReadAll(sections, unit);
        ulong target = Assert.Single(dies.Skip(1).Take(3).Select(d => d.Values.Get(DieSlot.Type)).Distinct());
        // The last DIE is one byte, the code, before the entry that ends the list.
        Assert.Equal((ulong)(unit.ByteSize - 2), target);
    }

    [Fact]
    public void A_reference_into_another_unit_is_not_supported()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder()
            .Unit(cu => cu)
            .Unit(cu => cu.Die(DwTag.PointerType, p => p.Raw(DwAttribute.Type, 0x10, 0, 0, 0, 0))));
        DwarfUnit unit = DwarfUnit.ReadAll(sections)[1];
        DwarfFile.AssertFault("reference to 0x0 in another unit", () => DwarfFile.ReadAll(sections, unit));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void Addresses_are_read_plain_and_by_index(ushort version, bool is64Bit)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(new UnitForm { Version = version, Is64Bit = is64Bit }, cu => cu.Addr(DwAttribute.LowPc, 0xffffffff81000000)));
        Assert.Equal(0xffffffff81000000, DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections))[0].Values.Get(DieSlot.LowPc));
        DwarfSections indexed = DwarfFile.Load(new DwarfBuilder().Unit(new UnitForm { Is64Bit = is64Bit }, cu => cu
            .AddrBase()
            .Die(DwTag.Subprogram, f => f.Addrx(DwAttribute.LowPc, 0xffffffff81000040))));
        Assert.Equal(0xffffffff81000040, DwarfFile.ReadAll(indexed, DwarfFile.OnlyUnit(indexed))[1].Values.Get(DieSlot.LowPc));
    }

    [Fact]
    public void A_DIE_cannot_run_into_the_next_unit()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder()
            .Unit(cu => cu.Die(DwTag.Variable, v => v.Raw(DwAttribute.ConstValue, 0x07, 1, 2, 3)))
            .Unit(cu => cu));
        DwarfFile.AssertFault("of 8 bytes: the file is truncated or damaged", () => DwarfFile.ReadAll(sections, DwarfUnit.ReadAll(sections)[0]));
    }

    [Fact]
    public void A_code_without_declaration_is_named_with_its_table()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_abbrev", [7, 0x11, 0, 0, 0, 0]));
        DwarfFile.AssertFault("f: .debug_info+0xc: abbreviation code 1 is not declared at .debug_abbrev+0x0", () => DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections)));
    }

    [Theory]
    [InlineData(0x16)] // DW_FORM_indirect
    [InlineData(0x21)] // DW_FORM_implicit_const
    [InlineData(0x7f)]
    public void A_form_that_cannot_stand_behind_indirect_is_a_fault(byte form)
        => AssertDieFault($"f: .debug_info+0xd: unknown form 0x{form:x}", cu => cu.Raw(DwAttribute.Name, 0x16, form));

    [Fact]
    public void A_block_longer_than_its_unit_is_a_fault()
        => AssertDieFault("of 4294967280 bytes: the file is truncated", cu => cu.Raw(DwAttribute.Location, 0x04, 0xf0, 0xff, 0xff, 0xff));

    [Fact]
    public void A_string_past_the_end_is_reported_in_its_section()
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu.Raw(DwAttribute.Name, 0x0e, 0xff, 0, 0, 0).Strp(DwAttribute.Producer, "gcc")));
        DieValues values = DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections))[0].Values;
        DwarfFile.AssertFault("f: .debug_str+0xff: string lies past the end (4 bytes)", () => DwarfFile.Text(sections, values, DieSlot.Name));
    }

    [Fact]
    public void A_string_index_past_the_end_is_a_fault()
        => AssertDieFault("index 200 lies past the end of .debug_str_offsets (0 bytes)", cu => cu.Raw(DwAttribute.Name, 0x25, 200));

    [Fact]
    public void An_address_index_past_the_end_is_a_fault()
        => AssertDieFault("index 4294967295 lies past the end of .debug_addr (0 bytes)", cu => cu.Raw(DwAttribute.LowPc, 0x2c, 0xff, 0xff, 0xff, 0xff));

    [Theory]
    [InlineData(0x1f20, "form 0x1f20 refers to a supplementary file (dwz): not supported")]
    [InlineData(0x1d, "form 0x1d refers to a supplementary file (dwz): not supported")]
    [InlineData(0x20, "type units (DW_FORM_ref_sig8) are not supported")]
    public void Forms_that_need_another_file_or_unit_are_told(ulong form, string expected)
        => AssertDieFault(expected, cu => cu.Raw(DwAttribute.Type, form, 0, 0, 0, 0, 0, 0, 0, 0));

    [Fact]
    public void Attributes_that_nobody_asks_for_are_stepped_over_whatever_their_form()
    {
        const DwAttribute unasked = DwAttribute.Prototyped;
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu
            .Die(DwTag.Variable, v => v
                .Text(unasked, "text").Strp(unasked, "str").Udata(unasked, 5000).Sdata(unasked, -5000).Block1(unasked, 1, 2, 3)
                .Raw(unasked, 0x03, 2, 0, 9, 9).Raw(unasked, 0x04, 1, 0, 0, 0, 9).Raw(unasked, 0x18, 1, 9).Raw(unasked, 0x16, 0x0b, 9)
                .Raw(unasked, 0x1e, new byte[16]).Addr(unasked, 1).Flag(unasked).Raw(unasked, 0x27, 1, 2, 3)
                .Data1(DwAttribute.DeclLine, 42))));
        Assert.Equal(42ul, DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections))[1].Values.Get(DieSlot.DeclLine));
    }

    private static void AssertDieFault(string expected, Func<DieBuilder, DieBuilder> unit)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(unit));
        DwarfFile.AssertFault(expected, () => DwarfFile.ReadAll(sections, DwarfFile.OnlyUnit(sections)));
    }

    private static void AssertAbbreviationFault(string expected, byte[] abbrev)
    {
        DwarfSections sections = DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_abbrev", abbrev));
        DwarfFile.AssertFault(expected, () => AbbreviationTable.Read(sections, DwarfFile.OnlyUnit(sections)));
    }
}
