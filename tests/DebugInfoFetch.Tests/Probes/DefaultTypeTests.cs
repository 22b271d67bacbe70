using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>Fetch types where none is asked for.</summary>
public class DefaultTypeTests : ProbeTests
{
    private void Parameter(TypeId type, ArgumentPlace? place = null) => K.Function("f", "a.c:1", ("p", type)).Entry("f", Text + 0x100, place ?? Place.Register(Di));

    /// <summary>f(struct s *p) where s has one member m, at offset 8.</summary>
    private void MemberOf(TypeId type) => Parameter(K.PointerTo(K.Struct("s", 256, Member("m", type, 8))));

    [Fact]
    public void Integers_keep_width_and_sign_in_a_register()
    {
        K.Function("f", "a.c:1", ("a", K.U8), ("b", K.Short), ("c", K.Int), ("d", K.U32), ("e", K.S64), ("g", K.UnsignedLong))
            .Entry("f", Text + 0x100, Place.Register(Di), Place.Register(Si), Place.Register(Dx), Place.Register(Cx), Place.Register(R8), Place.Register(R9));
        Assert.Equal("p:f f a=%di:u8 b=%si:s16 c=%dx:s32 d=%cx:u32 e=%r8:s64 g=%r9:u64", Line("f", "$params"));
    }

    [Fact]
    public void A_bool_is_u8()
    {
        MemberOf(K.Bool);
        Assert.Equal("+8(%di):u8", Fetch("f", "p->m"));
    }

    [Fact]
    public void A_char_has_the_sign_that_the_kernel_gives_it()
    {
        MemberOf(K.Char);
        Assert.Equal("+8(%di):u8", Fetch("f", "p->m"));
    }

    [Fact]
    public void An_enum_has_size_and_sign_of_its_underlying_type()
    {
        K.Function("f", "a.c:1", ("a", K.Enum("ea", K.UnsignedInt)), ("b", K.Enum("eb", K.Int)), ("c", K.Enum("ec", K.UnsignedChar)))
            .Entry("f", Text + 0x100, Place.Register(Di), Place.Register(Si), Place.Register(Dx));
        Assert.Equal("p:f f a=%di:u32 b=%si:s32 c=%dx:u8", Line("f", "$params"));
    }

    [Fact]
    public void A_pointer_is_left_to_the_kernel_s_default_which_is_hex()
    {
        MemberOf(K.PointerTo(TypeId.Void));
        Assert.Equal("+8(%di)", Fetch("f", "p->m"));
    }

    [Fact]
    public void A_function_pointer_is_a_pointer()
    {
        MemberOf(K.PointerTo(K.FunctionType(TypeId.Void)));
        Assert.Equal("+8(%di)", Fetch("f", "p->m"));
    }

    [Fact]
    public void Text_behind_a_pointer_needs_one_more_read()
    {
        MemberOf(K.PointerTo(K.Const(K.Char)));
        Assert.Equal("+0(+8(%di)):string", Fetch("f", "p->m"));
    }

    [Fact]
    public void Text_behind_a_parameter_is_read_through_its_register()
    {
        Parameter(K.PointerTo(K.Char));
        Assert.Equal("+0(%di):string", Fetch("f", "p"));
    }

    [Fact]
    public void A_char_array_is_text_at_its_own_address()
    {
        MemberOf(K.Array(K.Char, 16));
        Assert.Equal("+8(%di):string", Fetch("f", "p->m"));
    }

    [Fact]
    public void A_pointer_to_unsigned_char_is_no_text()
    {
        MemberOf(K.PointerTo(K.U8));
        Assert.Equal("+8(%di)", Fetch("f", "p->m"));
    }

    [Fact]
    public void Bytes_are_an_array_in_hex()
    {
        MemberOf(K.Array(K.U8, 16));
        Assert.Equal("+8(%di):x8[16]", Fetch("f", "p->m"));
    }

    [Fact]
    public void Other_arrays_keep_the_type_of_their_elements()
    {
        MemberOf(K.Array(K.Int, 4));
        Assert.Equal("+8(%di):s32[4]", Fetch("f", "p->m"));
    }

    [Fact]
    public void An_array_of_pointers_is_in_hex()
    {
        MemberOf(K.Array(K.PointerTo("s"), 3));
        Assert.Equal("+8(%di):x64[3]", Fetch("f", "p->m"));
    }

    [Fact]
    public void Of_a_longer_array_the_first_64_are_taken_and_a_note_says_so()
    {
        MemberOf(K.Array(K.U8, 100));
        Assert.Equal("+8(%di):x8[64]", Fetch("f", "p->m"));
        Assert.Contains("p->m has 100 elements, a fetch argument takes the first 64", Lines("f", "p", "p->m").Notes);
    }

    [Fact]
    public void An_array_without_bound_is_refused_with_a_way_out()
    {
        MemberOf(K.Array(K.U8, null));
        Assert.Contains("p->m:x8[16]", string.Join("\n", Refused("f", "p->m").Hints), StringComparison.Ordinal);
        Assert.Equal("+8(%di):x8[16]", Fetch("f", "p->m:x8[16]"));
        Assert.Equal("+11(%di):u8", Fetch("f", "p->m[3]"));
    }

    [Fact]
    public void A_struct_as_a_whole_is_refused_and_its_members_are_named()
    {
        TypeId inner = K.Struct("inner", 16, Member("a", K.Int, 0), Member("b", K.Int, 4));
        MemberOf(inner);
        IsRefused(RefusalReason.NotFetchable, "p->m is a struct inner as a whole", "f", "p->m");
        Assert.Contains("p->m.a, p->m.b", Refused("f", "p->m").Hints);
    }

    [Fact]
    public void Floats_and_128_bits_have_no_fetch_type()
    {
        MemberOf(K.Base("double", 8, BaseEncoding.Float));
        IsRefused(RefusalReason.NotFetchable, "no fetch type holds its type", "f", "p->m");
        K = new KernelModelBuilder();
        MemberOf(K.Base("__int128", 16, BaseEncoding.Signed));
        IsRefused(RefusalReason.NotFetchable, "no fetch type holds its type", "f", "p->m");
    }

    [Theory]
    [InlineData(64, 3, "+8(%di):b3@0/8")]
    [InlineData(67, 5, "+8(%di):b5@3/8")]
    [InlineData(70, 4, "+8(%di):b4@6/16")]
    [InlineData(78, 4, "+8(%di):b4@14/32")]
    [InlineData(94, 4, "+8(%di):b4@30/64")]
    [InlineData(96, 32, "+12(%di):b32@0/32")]
    [InlineData(126, 4, "+15(%di):b4@6/16")]
    public void A_bit_field_lies_in_the_smallest_container_that_holds_it(long bitOffset, int bits, string expected)
    {
        Parameter(K.PointerTo(K.Struct("s", 256, Bits("m", K.UnsignedInt, bitOffset, bits))));
        Assert.Equal(expected, Fetch("f", "p->m"));
    }

    [Fact]
    public void A_bit_field_across_every_container_is_refused()
    {
        Parameter(K.PointerTo(K.Struct("s", 256, Bits("m", K.U64, 3, 64))));
        IsRefused(RefusalReason.NotFetchable, "no container", "f", "p->m");
    }

    [Fact]
    public void A_signed_bit_field_comes_with_a_note()
    {
        Parameter(K.PointerTo(K.Struct("s", 256, Bits("m", K.Int, 0, 3))));
        Assert.Contains("p->m is signed in C; a bit-field's fetch type prints it unsigned", Lines("f", "p", "p->m").Notes);
    }

    [Fact]
    public void On_a_big_endian_machine_a_bit_field_is_counted_from_the_other_end()
    {
        K = new KernelModelBuilder(architecture: "s390x");
        Parameter(K.PointerTo(K.Struct("s", 8, Bits("m", K.UnsignedInt, 1, 3))), Place.Register(2));
        Assert.Equal("+0(%r2):b3@4/8", Fetch("f", "p->m"));
    }
}
