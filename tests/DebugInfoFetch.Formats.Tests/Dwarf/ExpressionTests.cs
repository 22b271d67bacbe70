using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class ExpressionTests
{
    private static readonly PartName Part = new("f", ".debug_loclists");
    private static readonly DwarfUnit Unit = new(0, 0, 100, 12, 5, DwUnitType.Compile, 8, 4, 0);

    [Fact]
    public void What_a_fetch_argument_can_say_is_recognised()
    {
        AssertIs(ExpressionKind.Empty, -1, 0, e => e);
        AssertIs(ExpressionKind.Register, 5, 0, e => e.Reg(5));
        AssertIs(ExpressionKind.Register, 33, 0, e => e.Regx(33));
        AssertIs(ExpressionKind.Memory, 7, -16, e => e.Breg(7, -16));
        AssertIs(ExpressionKind.FrameMemory, -1, -20, e => e.Fbreg(-20));
        AssertIs(ExpressionKind.FrameMemory, -1, 8, e => e.CallFrameCfa().PlusUconst(8));
        AssertIs(ExpressionKind.AddressMemory, -1, unchecked((long)0xffffffff82000000), e => e.Addr(0xffffffff82000000));
        AssertIs(ExpressionKind.RegisterPlus, 5, 24, e => e.Breg(5, 24).StackValue());
        AssertIs(ExpressionKind.Register, 5, 0, e => e.Breg(5, 0).StackValue());
        AssertIs(ExpressionKind.FrameAddress, -1, -64, e => e.Fbreg(-64).StackValue());
        AssertIs(ExpressionKind.Constant, -1, 31, e => e.Lit(31).StackValue());
        AssertIs(ExpressionKind.Constant, -1, -2, e => e.Const1s(-2).StackValue());
        AssertIs(ExpressionKind.Constant, -1, 0xffff_ffff, e => e.Const4u(0xffff_ffff).StackValue());
        AssertIs(ExpressionKind.Constant, -1, -500, e => e.Consts(-500).StackValue());
        AssertIs(ExpressionKind.Constant, -1, 0x0403_0201, e => e.ImplicitValue(1, 2, 3, 4));
        AssertIs(ExpressionKind.AddressConstant, -1, 0x1000, e => e.Addr(0x1000).StackValue());
        AssertIs(ExpressionKind.EntryRegister, 4, 0, e => e.EntryValue(i => i.Reg(4)).StackValue());
        AssertIs(ExpressionKind.ParameterReference, -1, 0x40, e => e.ParameterRef(0x40).StackValue());
        AssertIs(ExpressionKind.Pieces, -1, 0, e => e.Reg(5).Piece(8).Reg(4).Piece(8));
        AssertIs(ExpressionKind.Pieces, -1, 0, e => e.Piece(8).Reg(4).Piece(8));
        AssertIs(ExpressionKind.Pieces, -1, 0, e => e.Breg(5, 1).StackValue().Piece(4));
    }

    [Fact]
    public void Arithmetic_on_constants_and_on_a_register_and_a_constant_folds()
    {
        AssertIs(ExpressionKind.RegisterPlus, 5, 20, e => e.Breg(5, 8).Lit(12).Plus().StackValue());
        AssertIs(ExpressionKind.RegisterPlus, 5, 20, e => e.Lit(12).Breg(5, 8).Plus().StackValue());
        AssertIs(ExpressionKind.Memory, 5, -4, e => e.Breg(5, 8).Lit(12).Raw(0x1c));
        AssertIs(ExpressionKind.Constant, -1, 0x1230, e => e.Const4u(0x123).Lit(4).Raw(0x24).StackValue());
        AssertIs(ExpressionKind.Constant, -1, -1, e => e.Lit(0).Raw(0x20).StackValue());
        AssertIs(ExpressionKind.FrameAddress, -1, -24, e => e.Fbreg(-32).PlusUconst(8).StackValue());
        AssertIs(ExpressionKind.AddressMemory, -1, 0x1010, e => e.Addr(0x1000).PlusUconst(16));
        AssertIs(ExpressionKind.EntryRegister, 4, 8, e => e.EntryValue(i => i.Reg(4)).PlusUconst(8).StackValue());
        AssertIs(ExpressionKind.ImplicitPointer, -1, 0x30, e => e.Raw(0xa0, 0x30, 0, 0, 0, 0));
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Breg(5, 0).Const4u(0xff).Raw(0x1a).StackValue());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Breg(5, 0).Raw(0xa8, 0x2a).Raw(0xa8, 0x2b).StackValue());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Lit(4).Lit(0).Raw(0x1b).StackValue());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Plus().StackValue());
        // Typed operations before a piece are read over, and the piece is seen.
        AssertIs(ExpressionKind.Pieces, -1, 0, e => e.Breg(5, 0).Raw(0xf7, 0x2a).StackValue().Piece(4));
    }

    [Fact]
    public void A_frame_base_that_is_a_register_takes_the_place_of_the_CFA()
    {
        byte[] bytes = new ExpressionBuilder().Fbreg(-16).ToArray();
        var context = new ExpressionContext(null, default, new SimpleExpression(ExpressionKind.Register, 6, 0));
        Assert.Equal(new SimpleExpression(ExpressionKind.Memory, 6, -16), SimpleExpression.Classify(bytes, Part, Unit, false, context));
    }

    [Fact]
    public void What_it_cannot_say_is_complex_and_never_half_read()
    {
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Breg(5, 8).Deref());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Breg(5, 8).Breg(4, 0).Plus().StackValue());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Lit(4));
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Reg(5).StackValue());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.EntryValue(i => i.Breg(4, 8)).StackValue());
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.ImplicitValue(1, 2, 3));
        AssertIs(ExpressionKind.Complex, -1, 0, e => e.Raw(0xed));
    }

    [Fact]
    public void Entry_values_within_entry_values_do_not_exhaust_the_stack()
    {
        byte[] expression = [0x55];
        for (int i = 0; i < 30_000; i++) { expression = [0xa3, .. Uleb(expression.Length), .. expression]; }
        Assert.Equal(ExpressionKind.Complex, SimpleExpression.Classify(expression, Part, Unit, false).Kind);
        Assert.StartsWith("DW_OP_entry_value(", SimpleExpression.Describe(expression), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expression_that_is_cut_off_is_a_fault()
    {
        DwarfFile.AssertFault("f: .debug_loclists+0x1: ends after 0 of 8 bytes", () => SimpleExpression.Classify([0x03], Part, Unit, false));
        DwarfFile.AssertFault("f: .debug_loclists+0x1: register number 5000", () => SimpleExpression.Classify(new ExpressionBuilder().Regx(5000).ToArray(), Part, Unit, false));
    }

    [Fact]
    public void An_expression_is_described_in_the_standards_words()
    {
        byte[] bytes = new ExpressionBuilder().Breg(5, 8).PlusUconst(16).Deref().EntryValue(e => e.Reg(4)).Plus().Const1s(-3).StackValue().ToArray();
        Assert.Equal("DW_OP_breg5 +8; DW_OP_plus_uconst 16; DW_OP_deref; DW_OP_entry_value(DW_OP_reg4); DW_OP_plus; DW_OP_const1s -3; DW_OP_stack_value", SimpleExpression.Describe(bytes));
        Assert.Equal("DW_OP_addr 0x1000; 0xed01", SimpleExpression.Describe(new ExpressionBuilder().Addr(0x1000).Raw(0xed, 1).ToArray()));
        Assert.EndsWith("(truncated)", SimpleExpression.Describe([0x03, 1]), StringComparison.Ordinal);
    }

    private static byte[] Uleb(int value) => new TestKit.Elf.ByteBuilder().Uleb((ulong)value).ToArray();

    private static void AssertIs(ExpressionKind kind, int register, long value, Func<ExpressionBuilder, ExpressionBuilder> build)
    {
        byte[] bytes = build(new ExpressionBuilder()).ToArray();
        SimpleExpression found = SimpleExpression.Classify(bytes, Part, Unit, false);
        Assert.Equal((SimpleExpression.Describe(bytes), kind), (SimpleExpression.Describe(bytes), found.Kind));
        if (kind is not (ExpressionKind.Complex or ExpressionKind.Pieces or ExpressionKind.Empty)) { Assert.Equal((register, value), (found.Register, found.Value)); }
    }
}
