using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>Event and group names, and lists of probes.</summary>
public class EventTests : ProbeTests
{
    public EventTests()
    {
        K.Function("f", "a.c:1").Entry("f", Text + 0x100);
        K.Function("g", "a.c:2").Entry("g.isra.0", Text + 0x200).Entry("g.isra.1", Text + 0x300);
        K.Function(new string('l', 70), "a.c:3").Entry(new string('l', 70), Text + 0x400).Entry(new string('l', 70) + ".isra.0", Text + 0x500);
    }

    private ProbeAnswer Ask(string? name, string? group, string function = "f") => new ProbeGenerator(K.Build()).Generate(new ProbeRequest(function, [], name, group));

    private string[] Events(params ProbeRequest[] requests)
        => [.. new ProbeGenerator(K.Build()).Generate(requests).OfType<ProbeAnswer.Lines>().SelectMany(l => l.Definitions).Select(d => d.Event.ToString())];

    [Theory]
    [InlineData("a.b")]
    [InlineData("a-b")]
    [InlineData("1a")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void An_event_or_group_that_is_no_identifier_is_refused(string name)
    {
        Assert.Equal(RefusalReason.BadRequest, Assert.IsType<ProbeAnswer.Refused>(Ask(name, null)).Reason);
        Assert.Equal(RefusalReason.BadRequest, Assert.IsType<ProbeAnswer.Refused>(Ask("e", name)).Reason);
    }

    [Fact]
    public void Names_have_at_most_63_characters()
    {
        Assert.IsType<ProbeAnswer.Lines>(Ask(new string('e', 63), new string('g', 63)));
        Assert.IsType<ProbeAnswer.Refused>(Ask(new string('e', 64), null));
        Assert.Equal([new string('l', 63), new string('l', 61) + "_1"], Events(new ProbeRequest(new string('l', 70), [])));
    }

    [Fact]
    public void Copies_are_numbered_in_one_group()
        => Assert.Equal(["grp/mine", "grp/mine_1"], Events(new ProbeRequest("g", [], "mine", "grp")));

    [Fact]
    public void In_a_list_no_event_is_given_out_twice()
        => Assert.Equal(["f", "f_1", "g", "g_1", "f_2"], Events(new ProbeRequest("f", []), new ProbeRequest("f", []), new ProbeRequest("g", []), new ProbeRequest("f", [])));

    [Fact]
    public void A_refused_request_takes_no_name_and_keeps_its_place_in_the_answers()
    {
        IReadOnlyList<ProbeAnswer> answers = new ProbeGenerator(K.Build()).Generate([new ProbeRequest("f", ["nope"]), new ProbeRequest("f", [])]);
        Assert.IsType<ProbeAnswer.Refused>(answers[0]);
        Assert.Equal("p:f f", Assert.IsType<ProbeAnswer.Lines>(answers[1]).Definitions[0].ToDefinition());
    }

    [Fact]
    public void The_grammar_s_types_refuse_names_that_would_leave_their_place()
    {
        Assert.Throws<ArgumentException>(() => new ProbeEvent(null, "a b"));
        Assert.Throws<ArgumentException>(() => new ProbeEvent("a.b", "c"));
        Assert.Throws<ArgumentException>(() => new ProbePoint(null, "a;b"));
        Assert.Throws<ArgumentException>(() => new ProbePoint("a-b", "c"));
        Assert.Throws<ArgumentException>(() => new FetchArgument("a=b", new FetchExpression.StackPointer(), null));
    }
}
