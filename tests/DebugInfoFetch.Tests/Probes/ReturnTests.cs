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
        Assert.Contains(Lines("f%return", "$retval->n").Notes, n => n.StartsWith("where $retval is NULL", StringComparison.Ordinal));
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
    }

    [Fact]
    public void A_struct_that_fits_no_register_is_refused()
    {
        Returning(K.Struct("wide", 16, Member("a", K.U64, 0)));
        IsRefused(RefusalReason.NotFetchable, "does not fit the register", "f%return", "$retval.a");
    }

    [Theory]
    [InlineData("n")]
    [InlineData("$params")]
    public void Parameters_are_not_at_hand_any_more(string argument)
    {
        Returning(K.Int);
        IsRefused(RefusalReason.ParameterUnavailable, "known at its entry", "f%return", argument);
    }
}
