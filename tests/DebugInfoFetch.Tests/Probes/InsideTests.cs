using DebugInfoFetch.Probes;
using DebugInfoFetch.Tests.Bodies;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>Probes inside the functions of <see cref="BodyKernel"/>.</summary>
public sealed class InsideTests : IDisposable
{
    private readonly BodyKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Theory]
    [InlineData("f:1", "p:f_L1 f+5 p=%di")]
    [InlineData("f:3", "p:f_L3 f+12 p=%bp v=%ax:s32 onstack=-4(%sp):s32")]
    [InlineData("f+12", "p:f f+12 p=%bp v=%ax:s32 onstack=-4(%sp):s32")]
    [InlineData("f+0xc", "p:f f+12 p=%bp v=%ax:s32 onstack=-4(%sp):s32")]
    [InlineData("vmlinux:f@a.c:3", "p:f_L3 f+12 p=%bp v=%ax:s32 onstack=-4(%sp):s32")]
    [InlineData("a.c:13", "p:f_L3 f+12 p=%bp v=%ax:s32 onstack=-4(%sp):s32")]
    [InlineData("f:0", "p:f f p=%di")]
    [InlineData("f+0", "p:f f p=%di")]
    public void Variables_are_fetched_from_where_they_are_there(string place, string line) => Assert.Equal([line], Lines(place, "$vars"));

    [Fact]
    public void Members_are_read_through_a_variable_as_at_an_entry() => Assert.Equal(["p:f_L3 f+12 n=+4(%bp):s32"], Lines("f:3", "p->n"));

    [Fact]
    public void What_an_implicit_pointer_points_at_is_read_where_that_is()
    {
        Assert.Equal(["p:f_L3 f+12 pv=%ax:s32"], Lines("f:3", "pv=pv[0]"));
        Assert.Equal("pv is the address of a variable that is in no memory: a fetch argument cannot print it, only what it points at", Refuse("f:3", "pv").Message);
        // What it points at is nowhere yet.
        Assert.Equal(RefusalReason.ParameterUnavailable, Refuse("f+5", "pv[0]").Reason);
    }

    [Fact]
    public void An_inlined_copy_is_probed_where_it_begins()
    {
        Assert.Equal(["p:g f+9 q=%di n=+4(%di):s32"], Lines("g", inlines: true, "q", "q->n"));
        ProbeAnswer.Lines answer = Assert.IsType<ProbeAnswer.Lines>(Answer("g", true, "$params"));
        Assert.Contains(answer.Notes, n => n.StartsWith("lost is left out: lost is optimized out at f+9", StringComparison.Ordinal));
    }

    [Fact]
    public void A_removed_parameter_is_refused_with_the_command_that_reads_it_where_it_is_passed()
    {
        Assert.Contains(Refuse("clone", "gone").Hints, h => h.Contains("probe --callers clone gone", StringComparison.Ordinal));
        var answer = new ProbeGenerator(_kernel.Model, null, _kernel.Bodies).Generate(new ProbeRequest("clone", ["gone", "gone->n"], IsBare: true, Callers: true));
        Assert.Equal("p:clone_call f+24 gone=%bp n=+4(%bp):s32", Assert.Single(Assert.IsType<ProbeAnswer.Lines>(answer).Definitions).ToDefinition());
    }

    [Fact]
    public void What_is_refused_names_what_was_tried_and_works()
    {
        Assert.Equal(["what it calls can be probed: clone"], Refuse("quiet").Hints);
        Assert.Equal("where it is called can be probed: probe --callers clone gone, for example f+24", Assert.Single(Refuse("clone", "gone").Hints));
        Assert.Contains("at line 7 it can be read: probe f:7 p", Refuse("f+29", "p").Hints);
        // In a list nothing is tried.
        ProbeAnswer[] list = [.. new ProbeGenerator(_kernel.Model, null, _kernel.Bodies).Generate([new ProbeRequest("quiet", []), new ProbeRequest("f", [])])];
        Assert.Contains("probe --callers quiet", Assert.Single(Assert.IsType<ProbeAnswer.Refused>(list[0]).Hints), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_of_an_inlined_copy_is_probed_in_it()
    {
        Assert.Equal(["p:g_L1 f+9 q=%di"], Lines("g:1", inlines: true, "q"));
        Assert.Equal(["p:g_L1 f+9 q=%di"], Lines("a.c:4", inlines: true, "q"));
        ProbeAnswer.Refused refused = Refuse("a.c:4");
        Assert.Equal(RefusalReason.InlinedEverywhere, refused.Reason);
    }

    [Fact]
    public void A_line_of_an_included_file_is_probed_in_every_function_that_has_it()
    {
        Assert.Equal(["p:h_8 h+5"], Lines("include/inc.h:8"));
        Assert.Equal(["p:h_8 h+5", "p:h_8_1 clone.isra.0+5"], Lines("inc.h:8", inlines: true));
        Assert.Contains(Assert.IsType<ProbeAnswer.Lines>(Answer("inc.h:8", false)).Notes,
            n => n == "1 place of include/inc.h:8 in inlined copies not covered (--inlines covers them): in clone.isra.0");
        Assert.Contains("lines near it that have code: 7, 8", Refuse("inc.h:9").Hints);
    }

    [Fact]
    public void The_row_of_a_call_is_the_callers_where_the_inlined_copy_begins() => Assert.Equal(["p:clone_L1 clone.isra.0+5"], Lines("a.c:31"));

    [Theory]
    [InlineData("f+7", RefusalReason.NotProbeable, "f+7: inside an instruction", "instructions begin at f+6 and f+9")]
    [InlineData("f+20", RefusalReason.NotProbeable, "f+20: a BUG or WARN instruction", "the next instruction that can be probed: f+24")]
    [InlineData("f+22", RefusalReason.NotProbeable, "f+22: a jump label", "the next instruction that can be probed: f+24")]
    [InlineData("f+31", RefusalReason.NotAddressable, "f+31: it is 31 bytes long", "where its statements begin: dbgfetch lines f")]
    [InlineData("f:2", RefusalReason.NoSuchLine, "f:2: no code begins on that line", "lines near it that have code: f:0, f:1, f:3, f:4")]
    [InlineData("a.c:12", RefusalReason.NoSuchLine, "a.c:12: no code begins on that line", "lines near it that have code: 10, 11, 13, 14")]
    [InlineData("b.c:12", RefusalReason.UnknownFunction, "no unit of 6.12.0-test was compiled from b.c", null)]
    public void What_cannot_be_probed_is_refused_with_what_can(string place, RefusalReason reason, string message, string? hint)
    {
        ProbeAnswer.Refused refused = Refuse(place);
        Assert.Equal(reason, refused.Reason);
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        if (hint is not null) { Assert.Contains(hint, refused.Hints); }
    }

    [Fact]
    public void A_variable_that_is_gone_or_to_come_says_so()
    {
        Assert.Contains("nowhere any more at f+29", Refuse("f+29", "p").Message, StringComparison.Ordinal);
        ProbeAnswer.Refused later = Refuse("f+5", "v");
        Assert.Equal("v is in no known place yet at f+5", later.Message);
        Assert.Contains("it is available only from f+12 on", later.Hints);
        Assert.Contains("f has no parameter or variable vv at f+5", Refuse("f+5", "vv").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_code_in_the_file_only_what_the_debug_information_describes_can_be_probed()
    {
        using var split = new BodyKernel(hasCode: false);
        var generator = new ProbeGenerator(split.Model, null, split.Bodies);
        Assert.IsType<ProbeAnswer.Lines>(generator.Generate(new ProbeRequest("f+12", [])));
        var refused = Assert.IsType<ProbeAnswer.Refused>(generator.Generate(new ProbeRequest("f+6", [])));
        Assert.Contains("does not say that an instruction begins", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f:1x")]
    [InlineData("f+")]
    [InlineData("f+12%return")]
    [InlineData("a.c:0")]
    [InlineData("f:99999999999")]
    public void What_is_no_place_is_told_with_examples(string place) => Assert.Equal(RefusalReason.BadRequest, Refuse(place).Reason);

    private string[] Lines(string place, params string[] arguments) => Lines(place, false, arguments);

    private string[] Lines(string place, bool inlines, params string[] arguments)
        => [.. Assert.IsType<ProbeAnswer.Lines>(Answer(place, inlines, arguments)).Definitions.Select(d => d.ToDefinition())];

    private ProbeAnswer.Refused Refuse(string place, params string[] arguments) => Assert.IsType<ProbeAnswer.Refused>(Answer(place, false, arguments));

    private ProbeAnswer Answer(string place, bool inlines, params string[] arguments)
        => new ProbeGenerator(_kernel.Model, null, _kernel.Bodies).Generate(new ProbeRequest(place, arguments, IsBare: true, Inlines: inlines));
}
