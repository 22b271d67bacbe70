using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class LineProgramTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void Rows_come_in_the_programs_order_with_the_end_of_their_sequence(ushort version)
        => Assert.Equal(
            ["1000 10 s v0", "1004 12 s v0", "1004 11 s v1", "1010 11 end"],
            Run(t =>
            {
                t.Version = version;
                t.File("x.c").Sequence(0x1000, 0x1010, (0x1000, 10), (0x1004, 12), (0x1004, 11));
            }));

    [Fact]
    public void A_special_opcode_advances_address_and_line_and_appends_a_row()
        // adjusted opcode = (line - line_base) + line_range * advance: 13 + (2 + 10) + 242 * 0.
        => Assert.Equal(["2000 1 s v0", "2000 3 s v1"], Run(t => t.Program(b => b.U8(0).Uleb(9).U8(2).U64(0x2000).U8(1).U8(13 + 12))));

    [Fact]
    public void Addresses_advance_by_whole_instructions()
        => Assert.Equal(["1000 1 s v0", "1008 2 s v0", "100c 2 end"], Run(t =>
        {
            t.MinimumInstructionLength = 4;
            t.Sequence(0x1000, 0x100c, (0x1000, 1), (0x1008, 2));
        }));

    [Fact]
    public void Statements_columns_and_files_are_kept_and_unknown_opcodes_stepped_over()
    {
        DwarfSections sections = Load(t => t.Program(b => b
            .U8(0).Uleb(9).U8(2).U64(0x10).U8(6).U8(4).Uleb(3).U8(5).Uleb(7)
            // DW_LNE_set_discriminator, an unknown extended opcode, DW_LNS_set_isa, DW_LNS_fixed_advance_pc.
            .U8(0).Uleb(2).U8(4).Uleb(9).U8(0).Uleb(3).U8(0x80).U16(0).U8(12).Uleb(1).U8(9).U16(6).U8(1)));
        Assert.Equal(new LineRow(0x16, 3, 1, 7, false, false, 0), Assert.Single(LineProgram.Run(sections, 0)));
    }

    [Fact]
    public void What_does_not_fit_the_table_is_a_fault()
    {
        DwarfFile.AssertFault(": extended opcode of 200 bytes does not fit the table", () => Run(t => t.Program(b => b.U8(0).Uleb(200).U8(2))));
        DwarfFile.AssertFault("a value of 3 bytes is not supported", () => Run(t => t.Program(b => b.U8(0).Uleb(4).U8(2).Bytes([1, 2, 3]))));
    }

    private static string[] Run(Action<LineTableBuilder> table) => [.. LineProgram.Run(Load(table), 0).Select(Text)];

    private static string Text(LineRow row) => row.EndsSequence ? $"{row.Address:x} {row.Line} end" : $"{row.Address:x} {row.Line}{(row.IsStatement ? " s" : "")} v{row.View}";

    private static DwarfSections Load(Action<LineTableBuilder> table) => DwarfFile.Load(new DwarfBuilder().Unit(cu => cu.Lines(table)));
}
