using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary><c>F%return</c> and <c>$retval</c>.</summary>
public class ReturnTests : ProbeTests
{
    private void Returning(TypeId type, string symbol = "f") => K.Function("f", "a.c:1", type, ("n", K.Int)).Entry(symbol, Text + 0x100, Place.Register(Di));

    [Fact]
    public void A_return_is_probed_by_r_and_reads_the_value_by_its_type()
    {
        Returning(K.Int);
        Assert.Equal("r:f__return f retval=$retval:s32 comm=$comm:string", Line("f%return", "$retval", "$comm"));
    }

    [Fact]
    public void What_the_value_points_at_is_read_through_it()
    {
        TypeId s = K.Struct("s", 16, Member("n", K.U32, 8));
        Returning(K.PointerTo(s));
        Assert.Equal("r:f__return f retval=$retval n=+8($retval):u32", Line("f%return", "$retval", "$retval->n"));
    }

    [Fact]
    public void A_place_that_needs_an_offset_takes_a_return_too()
    {
        Returning(K.Int);
        K.Symbol("f", Text + 0x900);
        Assert.Equal("r:f__return _text+256 retval=$retval:s32", Line("f%return", "$retval"));
    }

    [Fact]
    public void The_value_of_a_clone_comes_with_a_warning()
    {
        Returning(K.Int, "f.isra.0");
        Assert.Contains(Lines("f%return", "$retval").Notes, n => n.StartsWith("$retval of f.isra.0 may mean nothing", StringComparison.Ordinal));
    }

    [Fact]
    public void Void_has_no_value()
    {
        Returning(TypeId.Void);
        IsRefused(RefusalReason.NotFetchable, "f returns void", "f%return", "$retval");
        Assert.Equal(["that it returns is seen without $retval: probe f%return", "its arguments at the entry: probe f $params"], Refused("f%return", "$retval").Hints);
    }

    [Fact]
    public void A_struct_that_fits_no_register_is_refused()
    {
        Returning(K.Struct("wide", 16, Member("a", K.U64, 0)));
        IsRefused(RefusalReason.NotFetchable, "does not fit the register", "f%return", "$retval.a");
        Assert.Equal(["if it holds integers or pointers only, its halves are %ax and %dx there: ask for those"], Refused("f%return", "$retval").Hints);
    }

    [Theory]
    [InlineData("n", "n=$arg1:s32")]
    [InlineData("p", "p=$arg3")]
    [InlineData("p->v", "v=+4($arg3):u32")]
    [InlineData("onStack", "onStack=$arg8:u64")]
    public void An_argument_of_the_call_is_the_register_that_held_it_at_the_entry(string argument, string expected)
    {
        Called();
        Assert.Equal($"r:g__return g.constprop.0 {expected}", Line("g%return", argument));
    }

    [Fact]
    public void What_it_points_at_is_read_at_the_return_and_a_note_says_so()
    {
        Called();
        Assert.Contains("what p points at is read when g.constprop.0 returns", Lines("g%return", "p->v").Notes);
        Assert.DoesNotContain(Lines("g%return", "p").Notes, n => n.Contains("is read when", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("saved")]
    [InlineData("inner")]
    public void What_no_argument_register_held_is_not_kept(string argument)
    {
        Called();
        IsRefused(RefusalReason.ParameterUnavailable, $"{argument} is in no argument register", "g%return", argument);
    }

    [Theory]
    [InlineData("n")]
    [InlineData("$params")]
    public void Before_6_9_arguments_of_the_call_are_lost(string argument)
    {
        K = new KernelModelBuilder("6.8.12");
        Returning(K.Int);
        IsRefused(RefusalReason.NeedsNewerKernel, "came with Linux 6.9", "f%return", argument);
    }

    [Fact]
    public void A_number_of_calls_at_once_stands_behind_r_and_only_there()
    {
        Returning(K.Int);
        Assert.Equal("r64:f__return f", Calls("f%return", 64));
        Assert.Equal("a number of calls at once belongs to a return", Calls("f", 64));
        Assert.Equal("0 calls at once: the kernel takes 1 to 4096", Calls("f%return", 0));
        Assert.Equal("4097 calls at once: the kernel takes 1 to 4096", Calls("f%return", 4097));

        string Calls(string function, int atOnce) => new ProbeGenerator(K.Build()).Generate(new ProbeRequest(function, [], MaxActive: atOnce)) switch
        {
            ProbeAnswer.Lines lines => Assert.Single(lines.Definitions).ToDefinition(),
            var refused => Assert.IsType<ProbeAnswer.Refused>(refused).Message,
        };
    }

    // A clone whose second parameter is gone: what its registers hold does not follow from the prototype.
    private void Called()
    {
        TypeId s = K.Struct("s", 16, Member("v", K.U32, 4));
        K.Function("g", "a.c:9", ("n", K.Int), ("p", K.PointerTo(s)), ("onStack", K.U64), ("saved", K.U64), ("inner", K.U64))
            .Entry("g.constprop.0", Text + 0x200, Place.Register(Di), Place.Register(Dx), Place.Memory(Sp, 16), Place.Register(3), Place.Memory(Di, 8));
    }
}
