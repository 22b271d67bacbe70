using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>What is read through a pointer stands behind the pointer itself: a failed read leaves stale bytes, not 0.</summary>
public class BasePointerTests : ProbeTests
{
    public BasePointerTests()
    {
        IsBare = false;
        TypeId inner = K.Struct("inner", 16, Member("n", K.U32, 4), Member("c", K.PointerTo("leaf"), 8));
        K.Struct("leaf", 8, Member("n", K.U16, 2), Member("text", K.PointerTo(K.Char), 0));
        TypeId s = K.Struct("s", 256, Member("inner", inner, 16), Member("next", K.PointerTo("s"), 96), Member("table", K.PointerTo(K.PointerTo("leaf")), 112),
            Member("data", K.PointerTo(K.UnsignedChar), 32));
        K.Variable("root", K.PointerTo(s), 0xffffffff82000000, "a.c");
        K.Variable("object", s, 0xffffffff82001000, "a.c");
        K.Function("f", "a.c:1", K.PointerTo(s), ("p", K.PointerTo(s)), ("text", K.PointerTo(K.Char)), ("onStack", K.PointerTo(s)), ("at", K.PointerTo(s)))
            .Entry("f", Text + 0x100, Place.Register(Di), Place.Register(Si), Place.Memory(Sp, 8), Place.Computed(Dx, 8));
    }

    [Theory]
    [InlineData("p->inner.n", "p=%di n=+20(%di):u32")]
    [InlineData("p->inner.c->n", "p=%di c=+24(%di) n=+2(+24(%di)):u16")]
    [InlineData("p->next->next->inner.n", "p=%di next=+96(%di) next_1=+96(+96(%di)) n=+20(+96(+96(%di))):u32")]
    [InlineData("p->table[3]->n", "p=%di table=+112(%di) table_3=+24(+112(%di)) n=+2(+24(+112(%di))):u16")]
    [InlineData("onStack->inner.n", "onStack=+8(%sp) n=+20(+8(%sp)):u32")]
    [InlineData("p->data:x8[8]", "p=%di data=+32(%di) data_1=+0(+32(%di)):x8[8]")]
    [InlineData("%di:x8[8]", "di=%di di_1=+0(%di):x8[8]")]
    [InlineData("@root->inner.n", "root=@root n=+20(@root):u32")]
    [InlineData("@object.inner.c->n", "c=@object+24 n=+2(@object+24):u16")]
    public void Each_pointer_on_the_way_is_an_argument(string argument, string expected) => Assert.Equal($"p:f f {expected}", Line("f", argument));

    [Theory]
    [InlineData("text", "text=+0(%si):string")]
    [InlineData("p", "p=%di")]
    [InlineData("@object.inner.n", "n=@object+20:u32")]
    [InlineData("at->inner.n", "n=+28(%dx):u32")]
    public void Where_none_is_followed_or_none_can_be_printed_there_is_none(string argument, string expected)
        => Assert.Equal($"p:f f {expected}", Line("f", argument));

    [Fact]
    public void A_text_tells_a_fault_itself_but_not_what_its_pointer_was_read_through()
        => Assert.Equal("p:f f p=%di c=+24(%di) text=+0(+0(+24(%di))):string", Line("f", "p->inner.c->text"));

    [Fact]
    public void What_is_asked_for_is_not_printed_twice()
    {
        Assert.Equal("p:f f p=%di n=+20(%di):u32 c=+24(%di)", Line("f", "p->inner.n", "p->inner.c").Replace(" p=%di p=%di", "", StringComparison.Ordinal));
        Assert.Equal("p:f f n=+20(%di):u32 base=%di", Line("f", "p->inner.n", "base=p"));
        Assert.Equal("p:f f n=+20(%di):u32 base=%di:u64", Line("f", "p->inner.n", "base=p:u64"));
        Assert.Equal("p:f f p=%di n=+20(%di):u32 low=%di:x32", Line("f", "p->inner.n", "low=p:x32"));
    }

    [Fact]
    public void An_asked_for_name_stays_and_the_pointer_s_gives_way()
        => Assert.Equal("p:f f p_1=%di p=+20(%di):u32", Line("f", "p=p->inner.n"));

    [Fact]
    public void At_a_return_too()
    {
        Assert.Equal("r:f__return f retval=$retval n=+20($retval):u32", Line("f%return", "$retval->inner.n"));
        Assert.Equal("r:f__return f p=$arg1 n=+20($arg1):u32", Line("f%return", "p->inner.n"));
    }

    [Fact]
    public void Bare_leaves_them_out_with_a_note()
    {
        var bare = new ProbeRequest("f", ["p->inner.c->n", "p"], IsBare: true);
        var lines = Assert.IsType<ProbeAnswer.Lines>(new ProbeGenerator(K.Build()).Generate(bare));
        Assert.Equal("p:f f n=+2(+24(%di)):u16 p=%di", Assert.Single(lines.Definitions).ToDefinition());
        Assert.Equal(["where p->inner.c is NULL or no valid pointer, what is read through it is stale bytes, not 0: without --bare it is printed too"], lines.Notes);
    }

    [Fact]
    public void A_line_that_is_too_long_by_them_says_how_to_do_without()
    {
        string chain = "p" + string.Concat(Enumerable.Repeat("->next", 9)) + "->inner.n";
        string[] arguments = [.. Enumerable.Range(0, 60).Select(i => $"a{i:d3}={chain}")];
        Assert.Contains("--bare leaves out the pointers that were not asked for", Refused("f", arguments).Hints);
    }
}
