using DebugInfoFetch.Probes;
using DebugInfoFetch.Tests.Bodies;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>What is told of the functions of <see cref="BodyKernel"/>.</summary>
public sealed class FunctionReportTests : IDisposable
{
    private readonly BodyKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void Each_copy_has_a_verdict_for_each_parameter()
    {
        FunctionAnswer.Found found = Function("f");
        Assert.Equal("void f(struct s * p)", found.Prototype);
        VariableVerdict p = Assert.Single(Assert.Single(found.Places).Variables);
        Assert.Equal(("p", VerdictKind.Available, "%di", "struct s *"), (p.Name, p.Kind, p.Fetch, p.CType));
    }

    [Fact]
    public void A_removed_parameter_says_so_and_the_real_name_is_told()
    {
        FunctionAnswer.Found found = Function("clone");
        PlaceVerdict place = Assert.Single(found.Places);
        Assert.Equal("clone.isra.0", place.Label);
        Assert.Equal(VerdictKind.Removed, Assert.Single(place.Variables).Kind);
        Assert.Contains(found.Notes, n => n.Contains("clone.isra.0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_function_that_is_inlined_everywhere_has_sites_and_no_copy()
    {
        FunctionAnswer.Found found = Function("g");
        Assert.Empty(found.Places);
        Assert.Equal(["in f+9, called at a.c:12"], found.InlineSites);
    }

    [Fact]
    public void Evidence_names_the_DIE_and_the_list_entry()
    {
        string evidence = Assert.Single(Assert.Single(Function("f", explains: true).Places).Variables).Evidence!;
        Assert.Matches(@"^DIE \.debug_info\+0x[0-9a-f]+: \.debug_loclists\+0x[0-9a-f]+: \[0xffffffff81000010, 0xffffffff8100001c\) DW_OP_reg5$", evidence);
    }

    [Fact]
    public void Variables_of_a_place_have_verdicts_too()
    {
        PlaceVerdict place = Assert.Single(Assert.IsType<FunctionAnswer.Found>(Report.Variables("f+29", false, false)).Places);
        Assert.Equal(
            [("p", VerdictKind.AtEntryOnly, "gone; at the entry it was in %di"), ("v", VerdictKind.OptimizedOut, "optimized out"), ("onstack", VerdictKind.Available, "-4(%sp)")],
            place.Variables.Where(v => v.Name != "pv").Select(v => (v.Name, v.Kind, v.Text)));
        Assert.StartsWith("unsupported: DW_OP_implicit_pointer", place.Variables.Single(v => v.Name == "pv").Text, StringComparison.Ordinal);
        PlaceVerdict early = Assert.Single(Assert.IsType<FunctionAnswer.Found>(Report.Variables("f:1", false, false)).Places);
        Assert.Equal("only from f+12 on", early.Variables.Single(v => v.Name == "v").Text);
        PlaceVerdict entry = Assert.Single(Assert.IsType<FunctionAnswer.Found>(Report.Variables("f", false, false)).Places);
        Assert.Equal(["p", "v", "pv", "onstack"], entry.Variables.Select(v => v.Name));
        PlaceVerdict inlined = Assert.Single(Assert.IsType<FunctionAnswer.Found>(Report.Variables("g", true, false)).Places);
        Assert.Equal(("f+9", "%di"), (inlined.Label, inlined.Variables[0].Fetch));
    }

    [Fact]
    public void Lines_are_listed_with_their_places()
    {
        var found = Assert.IsType<LinesAnswer.Found>(new LinesReport(_kernel.Model, _kernel.Bodies).Lines("f", inlines: false));
        CopyLines copy = Assert.Single(found.Copies);
        Assert.Equal([(0, "f"), (1, "f+5"), (3, "f+12"), (4, "f+17"), (5, "f+20"), (6, "f+22"), (7, "f+24"), (8, "f+29")],
            copy.Lines.Select(l => (l.Relative, Assert.Single(l.Places).Label)));
        Assert.Contains("BUG", copy.Lines[4].Places[0].Refusal, StringComparison.Ordinal);
        Assert.Null(copy.Lines[2].Places[0].Refusal);
    }

    [Theory]
    [InlineData("f:1", "a place inside")]
    [InlineData("nothing_like_it", "no function nothing_like_it")]
    [InlineData("f+", "a function is")]
    public void What_is_no_function_is_refused(string function, string message)
        => Assert.Contains(message, Assert.IsType<FunctionAnswer.Refused>(Report.Function(function, false)).Message, StringComparison.Ordinal);

    private FunctionReport Report => new(_kernel.Model, _kernel.Bodies);

    private FunctionAnswer.Found Function(string name, bool explains = false) => Assert.IsType<FunctionAnswer.Found>(Report.Function(name, explains));
}
