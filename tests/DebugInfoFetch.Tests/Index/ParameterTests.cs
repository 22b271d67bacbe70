using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Tests.Index;

/// <summary>Where a parameter is at its function's first instruction. Registers by DWARF number: on x86-64 5 is rdi, 4 rsi, 3 rbx, 7 rsp.</summary>
public sealed class ParameterTests
{
    private const ulong Entry = 0xffffffff81000040;

    [Fact]
    public void A_single_expression_that_holds_at_the_entry_is_kept()
    {
        AssertIs(new(PlaceKind.Register, 5), p => Expr(p, e => e.Reg(5)));
        AssertIs(new(PlaceKind.Memory, 7, 8), p => Expr(p, e => e.Fbreg(0)));
        AssertIs(new(PlaceKind.Memory, 7, 24), p => Expr(p, e => e.Fbreg(16)));
        AssertIs(new(PlaceKind.AtAddress, Value: 0x1234), p => Expr(p, e => e.Addr(0x1234)));
        AssertIs(new(PlaceKind.AddressConstant, Value: 0x1234), p => Expr(p, e => e.Addr(0x1234).StackValue()));
        AssertIs(new(PlaceKind.Constant, Value: 7), p => Expr(p, e => e.Lit(7).StackValue()));
        AssertIs(new(PlaceKind.Computed, 5, 16), p => Expr(p, e => e.Breg(5, 16).StackValue()));
        AssertIs(new(PlaceKind.Memory, 5, 0), p => Expr(p, e => e.Breg(5, 0)));
        AssertIs(new(PlaceKind.OptimizedOut), p => Expr(p, e => e));
        AssertIs(new(PlaceKind.OptimizedOut), p => p);
    }

    [Fact]
    public void A_constant_value_is_kept_with_its_sign()
    {
        AssertIs(new(PlaceKind.Constant, Value: -3), p => p.Sdata(DwAttribute.ConstValue, -3));
        AssertIs(new(PlaceKind.Constant, Value: 200), p => p.Data1(DwAttribute.ConstValue, 200));
        AssertIs(new(PlaceKind.Constant, Value: -1), p => p.Data8(DwAttribute.ConstValue, ulong.MaxValue));
        AssertIs(new(PlaceKind.Constant, Value: 0x0201), p => p.Block1(DwAttribute.ConstValue, 1, 2));
        AssertKind(PlaceKind.Unsupported, p => p.Block1(DwAttribute.ConstValue, 1, 2, 3));
    }

    [Fact]
    public void A_place_on_the_callees_own_frame_does_not_exist_at_the_entry_but_the_psABI_knows()
    {
        AssertIs(new(PlaceKind.Register, 5), p => Expr(p, e => e.Fbreg(-20)));
        AssertIs(new(PlaceKind.Register, 5), p => Expr(p, e => e.Reg(3)));
    }

    [Fact]
    public void Of_a_clone_the_psABI_knows_nothing()
    {
        AssertKind(PlaceKind.Unsupported, p => Expr(p, e => e.Fbreg(-20)), "f.constprop.0");
        AssertKind(PlaceKind.Unsupported, p => Expr(p, e => e.Reg(3)), "f.isra.0");
        AssertIs(new(PlaceKind.Register, 4), p => Expr(p, e => e.Reg(4)), "f.isra.0");
    }

    /// <summary>wireguard's mix_dh: rbp, r12, rsi and rdx are where the allocator put what came in rdi, rsi, rdx and rcx.</summary>
    [Theory]
    [InlineData("f", PlaceKind.Register, 1)]
    [InlineData("f.isra.0", PlaceKind.Unsupported, -1)]
    public void An_argument_register_is_not_believed_where_variables_were_not_tracked(string symbol, PlaceKind kind, int register)
    {
        using BuiltKernel kernel = Kernel(f => f
            .Die(DwTag.FormalParameter, p => Expr(p.Strp(DwAttribute.Name, "a").Type("int"), e => e.Reg(6)))
            .Die(DwTag.FormalParameter, p => Expr(p.Strp(DwAttribute.Name, "b").Type("int"), e => e.Reg(12)))
            .Die(DwTag.FormalParameter, p => Expr(p.Strp(DwAttribute.Name, "c").Type("int"), e => e.Reg(4))), symbol);
        ArgumentPlace third = kernel.Entry("f").Places[2];
        Assert.Equal((kind, register), (third.Kind, third.Register));
    }

    [Fact]
    public void Without_a_symbol_it_may_be_a_clone()
    {
        AssertKind(PlaceKind.Unsupported, p => Expr(p, e => e.Fbreg(-20)), null);
    }

    [Theory]
    [InlineData("struct")] // may take two registers, or the stack
    [InlineData("double")] // takes a vector register
    [InlineData("__int128")] // takes two
    public void The_psABI_knows_nothing_behind_a_parameter_that_takes_no_single_register(string before)
    {
        using BuiltKernel kernel = Kernel(f => f
            .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "before").Type(before))
            .Die(DwTag.FormalParameter, p => Expr(p.Strp(DwAttribute.Name, "p").Type("int"), e => e.Fbreg(-20))), "f");
        Assert.Equal(PlaceKind.Unsupported, kernel.Entry("f").Places[1].Kind);
    }

    [Fact]
    public void A_function_that_returns_a_struct_may_shift_its_arguments()
    {
        using BuiltKernel kernel = Kernel(f => f.Type("struct")
            .Die(DwTag.FormalParameter, p => Expr(p.Strp(DwAttribute.Name, "p").Type("int"), e => e.Fbreg(-20))), "f");
        Assert.Equal(PlaceKind.Unsupported, Assert.Single(kernel.Entry("f").Places).Kind);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void A_list_says_where_the_value_is_at_the_entry(ushort version)
        => AssertIs(new(PlaceKind.Register, 5), p => p.Locations(l => l.OffsetPair(Entry, Entry + 12, e => e.Reg(5)).OffsetPair(Entry + 12, Entry + 40, e => e.Reg(3)).End()), version: version);

    [Fact]
    public void View_pairs_base_addresses_and_default_locations_are_understood()
    {
        AssertIs(new(PlaceKind.Register, 4), p => p.Locations(l => l.ViewPair(0, 0).BaseAddress(Entry).ViewPair(0, 1).OffsetPair(0, 5, e => e.Reg(4)).End()));
        AssertIs(new(PlaceKind.Register, 1), p => p.Locations(l => l.StartLength(Entry + 16, 5, e => e.Reg(3)).DefaultLocation(e => e.Reg(1)).End()));
        // An empty range holds nowhere, whatever it says.
        AssertIs(new(PlaceKind.Register, 4), p => p.Locations(l => l.StartLength(Entry, 0, e => e.Reg(1)).StartLength(Entry, 8, e => e.Reg(4)).End()));
    }

    [Theory]
    [InlineData(4)] // behind ENDBR64
    [InlineData(9)] // behind ENDBR64 and the call of __fentry__
    public void A_list_that_starts_behind_ENDBR_and_the_ftrace_call_holds_at_the_entry(ulong start)
    {
        AssertIs(new(PlaceKind.Register, 5), p => p.Locations(l => l.StartLength(Entry + start, 5, e => e.Reg(5)).End()));
        // But only in a register that carries arguments: anything else may have been written just there.
        AssertIs(new(PlaceKind.Later, Value: (long)start), p => p.Locations(l => l.StartLength(Entry + start, 5, e => e.Reg(3)).End()));
        AssertIs(new(PlaceKind.Later, Value: (long)start), p => p.Locations(l => l.StartLength(Entry + start, 5, e => e.Breg(5, 8).StackValue()).End()));
    }

    [Fact]
    public void A_list_that_starts_later_is_told_with_its_first_offset()
    {
        AssertIs(new(PlaceKind.Later, Value: 10), p => p.Locations(l => l.StartLength(Entry + 20, 5, e => e.Reg(4)).StartLength(Entry + 10, 5, e => e.Reg(5)).End()));
        AssertIs(new(PlaceKind.OptimizedOut), p => p.Locations(l => l.End()));
        // Only in the cold part, in front of the entry.
        AssertIs(new(PlaceKind.OptimizedOut), p => p.Locations(l => l.StartLength(Entry - 0x40, 8, e => e.Reg(5)).End()));
    }

    [Fact]
    public void An_entry_value_is_the_register_itself_at_the_entry()
        => AssertIs(new(PlaceKind.Register, 4), p => p.Locations(l => l.StartLength(Entry, 8, e => e.EntryValue(i => i.Reg(4)).StackValue()).End()));

    [Fact]
    public void A_removed_parameter_is_known_at_the_call_sites_only()
        => AssertKind(PlaceKind.Removed, p => Expr(p, e => e.ParameterRef(0x40).StackValue()));

    [Fact]
    public void Pieces_are_not_put_together()
        => AssertKind(PlaceKind.InPieces, p => Expr(p, e => e.Reg(5).Piece(8).Reg(4).Piece(8)));

    [Fact]
    public void An_expression_that_a_fetch_argument_cannot_say_is_kept_as_it_is()
    {
        byte[] bytes = new ExpressionBuilder().Breg(5, 8).Deref().Lit(4).Plus().StackValue().ToArray();
        using BuiltKernel kernel = Kernel(f => f.Die(DwTag.FormalParameter, p => Expr(p.Type("int"), e => e.Raw(bytes))), "f");
        ArgumentPlace place = Assert.Single(kernel.Entry("f").Places);
        Assert.Equal((PlaceKind.Unsupported, Convert.ToHexStringLower(bytes)), (place.Kind, Convert.ToHexStringLower(place.Expression!)));
    }

    // Stack pointer and the distance from it to the CFA at the entry, by each psABI.
    [Theory]
    [InlineData(ElfMachine.X86_64, 7, 8)]
    [InlineData(ElfMachine.AArch64, 31, 0)]
    [InlineData(ElfMachine.S390, 15, 160)]
    [InlineData(ElfMachine.PowerPc64, 1, 0)]
    [InlineData(ElfMachine.RiscV, 2, 0)]
    public void A_parameter_on_the_stack_is_counted_from_the_stack_pointer_at_the_entry(ElfMachine machine, int stackPointer, int cfa)
    {
        DwarfBuilder dwarf = new(machine == ElfMachine.S390);
        dwarf.Unit(cu => cu.Base("int").Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "f").Addr(DwAttribute.LowPc, Entry).Data1(DwAttribute.HighPc, 0x40)
            .Die(DwTag.FormalParameter, p => Expr(p.Strp(DwAttribute.Name, "p").Type("int"), e => e.Fbreg(8)))));
        using BuiltKernel kernel = BuiltKernel.Vmlinux(dwarf.AddTo(new ElfBuilder { Machine = machine, IsBigEndian = machine == ElfMachine.S390 }.Text(".text", Entry, new byte[0x40]).Symbol("f", ".text", Entry, 0x40)));
        Assert.Equal(new ArgumentPlace(PlaceKind.Memory, stackPointer, cfa + 8), Assert.Single(kernel.Entry("f").Places));
    }

    [Fact]
    public void A_damaged_expression_is_reported_where_it_lies()
    {
        string message = Assert.Throws<Formats.Binary.InputFaultException>(
            () => Kernel(f => f.Die(DwTag.FormalParameter, p => p.Type("int").Locations(l => l.StartLength(Entry, 8, e => e.Raw(0x91)).End())), "f")).Message;
        Assert.StartsWith("vmlinux: .debug_loclists+0x1b: ", message, StringComparison.Ordinal);
    }

    private static DieBuilder Expr(DieBuilder parameter, Func<ExpressionBuilder, ExpressionBuilder> place) => parameter.Expr(DwAttribute.Location, place);

    private static void AssertKind(PlaceKind kind, Func<DieBuilder, DieBuilder> parameter, string? symbol = "f") => Assert.Equal(kind, PlaceOf(parameter, symbol, 5).Kind);

    private static void AssertIs(ArgumentPlace expected, Func<DieBuilder, DieBuilder> parameter, string? symbol = "f", ushort version = 5)
        => Assert.Equal(expected, PlaceOf(parameter, symbol, version));

    private static ArgumentPlace PlaceOf(Func<DieBuilder, DieBuilder> parameter, string? symbol, ushort version)
    {
        using BuiltKernel kernel = Kernel(f => f.Die(DwTag.FormalParameter, p => parameter(p.Strp(DwAttribute.Name, "p").Type("int"))), symbol, version);
        return Assert.Single(kernel.Entry("f").Places);
    }

    private static BuiltKernel Kernel(Func<DieBuilder, DieBuilder> function, string? symbol, ushort version = 5)
    {
        DwarfBuilder dwarf = new DwarfBuilder().Unit(new UnitForm { Version = version }, cu => cu
            .Base("int").Base("double", 8, 4).Base("__int128", 16)
            .Die(DwTag.StructureType, "struct", s => s.Data1(DwAttribute.ByteSize, 16).Member("a", "int", 0))
            .Die(DwTag.Subprogram, f => function(f.Strp(DwAttribute.Name, "f").Addr(DwAttribute.LowPc, Entry).Data1(DwAttribute.HighPc, 0x40))));
        ElfBuilder elf = new ElfBuilder().Text(".text", Entry - 0x40, new byte[0x100]);
        return BuiltKernel.Vmlinux(dwarf.AddTo(symbol is null ? elf : elf.Symbol(symbol, ".text", Entry, 0x40)));
    }
}
