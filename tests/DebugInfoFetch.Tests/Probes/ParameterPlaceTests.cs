using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>From where DWARF says that a parameter is to what a fetch argument says.</summary>
public class ParameterPlaceTests : ProbeTests
{
    private const ulong Data = 0xffffffff82000000;

    /// <summary>f(struct s *p, u64 v) with p at the place, and v in rsi.</summary>
    private void At(ArgumentPlace place)
    {
        TypeId s = K.Struct("s", 64, Member("a", K.U32, 8), Member("next", K.PointerTo("s"), 16));
        K.Function("f", "a.c:1", ("p", K.PointerTo(s)), ("v", K.U64)).Entry("f", Text + 0x100, place, Place.Register(Si));
    }

    [Fact]
    public void A_register_is_the_value()
    {
        At(Place.Register(R8));
        Assert.Equal("p:f f p=%r8 a=+8(%r8):u32 a_1=+8(+16(%r8)):u32", Line("f", "p", "p->a", "p->next->a"));
    }

    [Fact]
    public void Memory_is_read_once_for_the_value_and_again_for_what_it_points_at()
    {
        At(Place.Memory(Sp, 8));
        Assert.Equal("p:f f p=+8(%sp) a=+8(+8(%sp)):u32", Line("f", "p", "p->a"));
    }

    [Fact]
    public void Memory_below_a_register_has_a_minus()
    {
        At(Place.Memory(Sp, -16));
        Assert.Equal("-16(%sp)", Fetch("f", "p"));
    }

    [Fact]
    public void A_constant_is_an_immediate_and_a_note_says_so()
    {
        K.Function("g", "a.c:1", ("n", K.Int)).Entry("g.constprop.0", Text + 0x200, Place.Constant(-5));
        Assert.Equal("p:g g.constprop.0 n=\\-5:s32", Line("g", "n"));
        Assert.Contains("n is the constant -5 in g.constprop.0", Lines("g", "n").Notes);
        Assert.StartsWith("printf '%s\\n' 'p:g ", Lines("g", "n").Definitions[0].ToEcho(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_read_through_a_constant_pointer()
    {
        At(Place.Constant(0));
        Assert.Equal("\\0", Fetch("f", "p"));
        IsRefused(RefusalReason.NotFetchable, "the pointer is the constant 0", "f", "p->a");
    }

    [Fact]
    public void A_computed_value_cannot_be_printed_but_its_members_can()
    {
        At(Place.Computed(Di, 8));
        Assert.Equal("+16(%di):u32", Fetch("f", "p->a"));
        IsRefused(RefusalReason.ParameterUnavailable, "computed (%di+8)", "f", "p");
    }

    [Fact]
    public void The_address_of_a_symbol_is_never_read_as_a_value_but_its_members_are()
    {
        K.Symbol("the_s", Data, section: ".data", flags: SymbolFlags.Object);
        At(Place.AddressConstant(Data));
        Assert.Equal("@the_s+8:u32", Fetch("f", "p->a"));
        Assert.Equal("+8(@the_s+16):u32", Fetch("f", "p->next->a"));
        IsRefused(RefusalReason.ParameterUnavailable, "the address of the_s", "f", "p");
    }

    [Fact]
    public void A_value_at_a_fixed_address_is_read_through_the_nearest_symbol_that_is_unique()
    {
        K.Symbol("unique", Data, section: ".data", flags: SymbolFlags.Object);
        K.Symbol("twin", Data + 0x100, section: ".data", flags: SymbolFlags.Object);
        K.Symbol("twin", Data + 0x900, section: ".data", flags: SymbolFlags.Object);
        At(Place.AtAddress(Data + 0x104));
        Assert.Equal("@unique+260", Fetch("f", "p"));
        Assert.Equal("+8(@unique+260):u32", Fetch("f", "p->a"));
    }

    [Fact]
    public void A_fixed_address_that_no_symbol_covers_is_refused()
    {
        At(Place.AtAddress(Data + 0x104));
        IsRefused(RefusalReason.ParameterUnavailable, "no unique symbol leads there", "f", "p");
    }

    [Theory]
    [InlineData(PlaceKind.OptimizedOut, "p is optimized out at the entry of f")]
    [InlineData(PlaceKind.Removed, "p was removed by the compiler")]
    [InlineData(PlaceKind.InPieces, "p is passed in several pieces")]
    [InlineData(PlaceKind.Unsupported, "p is given by an expression")]
    public void What_has_no_place_is_refused_when_named_and_left_out_of_params_with_the_reason(PlaceKind kind, string message)
    {
        At(Place.Of(kind));
        IsRefused(RefusalReason.ParameterUnavailable, message, "f", "p");
        IsRefused(RefusalReason.ParameterUnavailable, message, "f", "v", "p->a");
        ProbeAnswer.Lines lines = Lines("f", "$params");
        Assert.Equal("p:f f v=%si:u64", Assert.Single(lines.Definitions).ToDefinition());
        Assert.Contains(lines.Notes, n => n.StartsWith($"p is left out: {message}", StringComparison.Ordinal));
    }

    [Fact]
    public void What_comes_later_is_refused_with_the_place_from_which_it_is_there()
    {
        At(Place.Later(12));
        Assert.Contains("it is available only from f+12 on", Refused("f", "p").Hints);
    }

    [Fact]
    public void An_unsupported_expression_is_shown()
    {
        At(new ArgumentPlace(PlaceKind.Unsupported, Expression: [0x75, 0x08, 0x06]));
        IsRefused(RefusalReason.ParameterUnavailable, "(DWARF expression 750806)", "f", "p");
    }

    [Fact]
    public void A_parameter_whose_place_is_not_recorded_counts_as_optimized_out()
    {
        K.Function("g", "a.c:1", ("a", K.Int), ("b", K.Int)).Entry("g", Text + 0x200, Place.Register(Di));
        IsRefused(RefusalReason.ParameterUnavailable, "b is optimized out", "g", "b");
    }

    [Fact]
    public void A_register_that_a_fetch_argument_cannot_name_is_refused()
    {
        At(Place.Register(17));
        IsRefused(RefusalReason.ParameterUnavailable, "DWARF register 17", "f", "p");
    }

    [Theory]
    [InlineData("aarch64", 30, "%x30")]
    [InlineData("aarch64", 31, "%sp")]
    [InlineData("s390x", 2, "%r2")]
    [InlineData("ppc64le", 3, "%gpr3")]
    [InlineData("ppc64le", 65, "%link")]
    [InlineData("riscv64", 10, "%a0")]
    [InlineData("x86_64", 0, "%ax")]
    [InlineData("x86_64", 15, "%r15")]
    public void Registers_have_the_names_of_their_kernel(string architecture, int dwarf, string expected)
    {
        K = new KernelModelBuilder(architecture: architecture);
        At(Place.Register(dwarf));
        Assert.Equal(expected, Fetch("f", "p"));
    }

    [Fact]
    public void The_zero_register_of_riscv_has_no_name_there()
    {
        K = new KernelModelBuilder(architecture: "riscv64");
        At(Place.Register(0));
        IsRefused(RefusalReason.ParameterUnavailable, "DWARF register 0", "f", "p");
    }

    [Fact]
    public void An_architecture_without_register_names_is_refused()
    {
        K = new KernelModelBuilder(architecture: "mips64");
        At(Place.Register(0));
        IsRefused(RefusalReason.UnsupportedArchitecture, "mips64", "f", "p");
    }

    [Fact]
    public void A_struct_by_value_on_the_stack_is_read_by_member()
    {
        TypeId pair = K.Struct("pair", 24, Member("a", K.U64, 0), Member("b", K.U64, 8), Member("p", K.PointerTo("pair"), 16));
        K.Function("g", "a.c:1", ("pair", pair)).Entry("g", Text + 0x200, Place.Memory(Sp, 8));
        Assert.Equal("p:g g b=+16(%sp):u64 b_1=+8(+24(%sp)):u64", Line("g", "pair.b", "pair.p->b"));
        IsRefused(RefusalReason.NotFetchable, "as a whole", "g", "pair");
        Assert.Contains(Lines("g", "$params").Notes, n => n.StartsWith("pair is left out", StringComparison.Ordinal));
    }

    [Fact]
    public void A_small_struct_in_a_register_is_cut_out_of_it()
    {
        TypeId small = K.Struct("small", 8, Member("lo", K.U32, 0), Member("hi", K.U16, 4), Bits("bit", K.UnsignedInt, 50, 2));
        K.Function("g", "a.c:1", ("s", small)).Entry("g", Text + 0x200, Place.Register(Di));
        Assert.Equal("p:g g lo=%di:u32 hi=%di:b16@32/64 bit=%di:b2@50/64", Line("g", "s.lo", "s.hi", "s.bit"));
    }

    [Fact]
    public void A_constant_struct_gives_its_first_member_and_no_bit_field()
    {
        TypeId small = K.Struct("small", 8, Member("lo", K.U16, 0), Member("hi", K.U32, 4), Bits("bit", K.UnsignedInt, 16, 2));
        K.Function("g", "a.c:1", ("s", small)).Entry("g", Text + 0x200, Place.Constant(0x10002));
        Assert.Equal("\\65538:u16", Fetch("g", "s.lo"));
        IsRefused(RefusalReason.NotFetchable, "in the middle", "g", "s.hi");
        IsRefused(RefusalReason.NotFetchable, "cannot be cut out", "g", "s.bit");
    }

    [Fact]
    public void A_pointer_in_a_small_struct_in_a_register_can_be_followed()
    {
        TypeId handle = K.Struct("handle", 8, Member("p", K.PointerTo("handle"), 0));
        K.Function("g", "a.c:1", ("h", handle)).Entry("g", Text + 0x200, Place.Register(Di));
        Assert.Equal("+0(%di)", Fetch("g", "h.p->p"));
    }

    [Fact]
    public void A_small_struct_in_a_register_of_a_big_endian_machine_is_refused()
    {
        K = new KernelModelBuilder(architecture: "s390x");
        K.Function("g", "a.c:1", ("s", K.Struct("small", 4, Member("lo", K.U16, 0)))).Entry("g", Text + 0x200, Place.Register(2));
        IsRefused(RefusalReason.NotFetchable, "big-endian", "g", "s.lo");
    }
}
