using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>ARG: its grammar, its names, and the chains in it.</summary>
public class ArgumentTests : ProbeTests
{
    public ArgumentTests()
    {
        TypeId inner = K.Struct("inner", 16, Member("n", K.U32, 4), Member("c", K.PointerTo("leaf"), 8));
        K.Struct("leaf", 8, Member("n", K.U16, 2));
        TypeId s = K.Struct("s", 256, Member("inner", inner, 16), Member("list", K.Array(inner, 4), 32), Member("next", K.PointerTo("s"), 96),
            Member("common_pid", K.Int, 104), Member("a_name_that_is_longer_than_the_kernel_takes", K.Int, 108), Member("table", K.PointerTo(K.PointerTo("leaf")), 112));
        K.Function("f", "a.c:1", ("p", K.PointerTo(s)), ("count", K.PointerTo(K.U64)), ("size", K.U64))
            .Entry("f", Text + 0x100, Place.Register(Di), Place.Register(Si), Place.Register(Dx));
    }

    [Theory]
    [InlineData("p->inner.n", "n=+20(%di):u32")]
    [InlineData("p->list[2].n", "n=+68(%di):u32")]
    [InlineData("p->list[2].c->n", "n=+2(+72(%di)):u16")]
    [InlineData("p->next->next->inner.c->n", "n=+2(+24(+96(+96(%di)))):u16")]
    [InlineData("p[2].inner.n", "n=+532(%di):u32")]
    [InlineData("p->table[3]->n", "n=+2(+24(+112(%di))):u16")]
    [InlineData("*count", "count_0=+0(%si):u64")]
    [InlineData("count[2]", "count_2=+16(%si):u64")]
    [InlineData("**p->table", null)]
    [InlineData("x=p->inner.n", "x=+20(%di):u32")]
    [InlineData("x=p->inner.n:x32", "x=+20(%di):x32")]
    public void A_chain_opens_a_read_for_each_pointer_and_adds_everything_else(string argument, string? expected)
    {
        if (expected is null) { IsRefused(RefusalReason.NotFetchable, "struct leaf as a whole", "f", argument); }
        else { Assert.Equal($"p:f f {expected}", Line("f", argument)); }
    }

    [Theory]
    [InlineData("p.inner", "write p->inner")]
    [InlineData("p->inner->n", "write p->inner.n")]
    [InlineData("p->table->n", "write p->table[0]->n")]
    [InlineData("size->n", "size has no members")]
    [InlineData("p->list[4].n", "has 4 elements")]
    [InlineData("p->iner.n", "no member 'iner'")]
    public void A_wrong_step_says_the_right_one(string argument, string message) => IsRefused(RefusalReason.UnknownMember, message, "f", argument);

    [Fact]
    public void A_wrong_member_is_answered_with_similar_ones() => Assert.Contains("did you mean inner?", Refused("f", "p->iner.n").Hints);

    [Fact]
    public void A_wrong_parameter_is_answered_with_similar_ones_and_all_there_are()
    {
        IsRefused(RefusalReason.UnknownParameter, "f has no parameter cuont", "f", "cuont");
        Assert.Equal(["did you mean count?", "its parameters: p, count, size", "variables of its own can be read inside: f:LINE (dbgfetch lines f)"], Refused("f", "cuont").Hints);
    }

    [Theory]
    [InlineData("%di", "di=%di")]
    [InlineData("x=%r10:s32", "x=%r10:s32")]
    [InlineData("%di:string", "di=+0(%di):string")]
    [InlineData("$stack", "stack=$stack")]
    [InlineData("$stack2", "stack2=$stack2")]
    [InlineData("ra=$stack0:symbol", "ra=$stack0:symbol")]
    [InlineData("$comm", "comm=$comm:string")]
    [InlineData("mark=\\0x10:u8", "mark=\\16:u8")]
    [InlineData("\\-1", "constant=\\-1")]
    public void Raw_expressions_go_through_with_a_name(string argument, string expected) => Assert.Equal($"p:f f {expected}", Line("f", argument));

    [Theory]
    [InlineData("%rdi")]
    [InlineData("%edi")]
    [InlineData("%DI")]
    [InlineData("%")]
    public void A_register_that_the_kernel_does_not_know_is_refused(string argument) => IsRefused(RefusalReason.BadRequest, "no such register", "f", argument);

    [Theory]
    [InlineData("$arg1", "calling convention")]
    [InlineData("$locals", "no such variable")]
    [InlineData("$stack99999", "2048 words")]
    [InlineData("$stackx", "no such variable")]
    [InlineData("$retval", "exists at a return only")]
    [InlineData("", "without an expression")]
    [InlineData("p + 1", "not an expression")]
    [InlineData("(struct s *)p", "not an expression")]
    [InlineData("p->", "a member's name should follow")]
    [InlineData("p->inner.n extra", "should follow")]
    [InlineData("p;reboot", "not an expression")]
    [InlineData("\\x", "an immediate is a number")]
    [InlineData("$params:u8", "stands for several")]
    [InlineData("p->list[1", "an index is a number")]
    [InlineData("p->list[-1].n", "an index is a number")]
    public void What_is_no_argument_is_refused(string argument, string message) => IsRefused(RefusalReason.BadRequest, message, "f", argument);

    [Theory]
    [InlineData("common_pid=p")]
    [InlineData("1x=p")]
    [InlineData("a-b=p")]
    [InlineData("a.b=p")]
    [InlineData("=p")]
    [InlineData("x y=p")]
    [InlineData("abcdefghijabcdefghijabcdefghijab=p")]
    [InlineData("`reboot`=p")]
    public void A_name_that_the_kernel_would_not_take_is_refused(string argument) => IsRefused(RefusalReason.BadRequest, "cannot name an argument", "f", argument);

    [Fact]
    public void The_same_asked_for_name_twice_is_refused() => IsRefused(RefusalReason.BadRequest, "two arguments are named x", "f", "x=p", "x=size");

    [Fact]
    public void Names_that_were_not_asked_for_give_way()
        => Assert.Equal("p:f f n_1=+20(%di):u32 n=%dx:u64 n_2=+52(%di):u32 n_3=+36(%di):u32", Line("f", "p->inner.n", "n=size", "p->list[1].n", "p->list[0].n"));

    [Fact]
    public void A_reserved_or_long_name_is_changed()
        => Assert.Equal("p:f f common_pid_1=+104(%di):s32 a_name_that_is_longer_than_the_=+108(%di):s32",
            Line("f", "p->common_pid", "p->a_name_that_is_longer_than_the_kernel_takes"));

    [Fact]
    public void An_index_is_part_of_the_name() => Assert.Equal("p:f f table_1=+8(+112(%di))", Line("f", "p->table[1]"));

    [Fact]
    public void A_parameter_without_a_name_is_called_by_its_number()
    {
        K.Function("g", "a.c:9", ("", K.Int), ("b", K.Int)).Entry("g", Text + 0x200, Place.Register(Di), Place.Register(Si));
        Assert.Equal("p:g g arg1=%di:s32 b=%si:s32", Line("g", "$params"));
    }

    [Fact]
    public void A_hostile_parameter_name_cannot_leave_its_place_in_the_line()
    {
        K.Function("g", "a.c:9", ("x' ; reboot #", K.Int), ("1st", K.Int)).Entry("g", Text + 0x200, Place.Register(Di), Place.Register(Si));
        Assert.Equal("p:g g x____reboot__=%di:s32 _1st=%si:s32", Line("g", "$params"));
    }

    [Fact]
    public void A_fetch_of_63_characters_is_taken_and_one_of_64_is_not()
    {
        // Ten of "+96()", one of "+104()" or "+1128()", "%di" and ":s32".
        string chain = "p" + string.Concat(Enumerable.Repeat("->next", 10));
        Assert.Equal(63, Fetch("f", chain + "->common_pid").Length);
        IsRefused(RefusalReason.TooLong, "has 64 characters behind its name, the kernel takes 63", "f", chain + "[4].common_pid");
    }

    [Fact]
    public void More_than_128_arguments_are_refused()
    {
        Assert.Equal(128, Assert.Single(Lines("f", [.. Enumerable.Repeat("size", 128)]).Definitions).Arguments.Count);
        IsRefused(RefusalReason.TooLong, "the kernel takes 128", "f", [.. Enumerable.Repeat("size", 129)]);
    }

    [Fact]
    public void More_than_4094_bytes_of_line_are_refused()
    {
        string chain = "p" + string.Concat(Enumerable.Repeat("->next", 9)) + "->inner.n";
        IsRefused(RefusalReason.TooLong, "4094", "f", [.. Enumerable.Range(0, 70).Select(i => $"a{i:d3}={chain}")]);
    }

    [Fact]
    public void More_than_3072_bytes_of_record_are_refused()
        => IsRefused(RefusalReason.TooLong, "3072", "f", [.. Enumerable.Range(0, 7).Select(i => $"a{i}=p:x64[64]")]);

    [Fact]
    public void A_type_with_several_definitions_is_resolved_by_the_function_s_unit_or_by_a_source()
    {
        TypeId first = K.StructAt("x/a.c:3", "twin", 8, Member("v", K.U32, 0)), second = K.StructAt("x/b.c:3", "twin", 16, Member("v", K.U32, 12));
        K.DefinedIn(first, "x/a.c");
        K.DefinedIn(second, "x/b.c");
        K.Function("g", "x/b.c:9", ("t", K.PointerTo("twin"))).Entry("g", Text + 0x200, Place.Register(Di));
        K.Function("h", "x/c.c:9", ("t", K.PointerTo("twin"))).Entry("h", Text + 0x300, Place.Register(Di));
        Assert.Equal("+12(%di):u32", Fetch("g", "t->v"));
        IsRefused(RefusalReason.AmbiguousType, "2 different definitions of struct twin", "h", "t->v");
        Assert.Equal(["struct twin at x/a.c:3, 8 bytes: +0 -> +0, u32", "struct twin at x/b.c:3, 16 bytes: +0 -> +12, u32"], Refused("h", "t->v").Hints);
        Assert.Equal("+0(%di):u32", Fetch("h", "t@x/a.c->v"));
    }
}
