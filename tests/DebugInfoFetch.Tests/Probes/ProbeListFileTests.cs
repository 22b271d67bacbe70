using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Tests.Probes;

public class ProbeListFileTests
{
    private static string[] Words(string line)
    {
        ProbeRequest request = Assert.Single(ProbeListFile.Parse(line)).Request!;
        return [request.Function, .. request.Arguments];
    }

    [Fact]
    public void A_line_is_a_function_and_its_arguments() => Assert.Equal(["f", "a", "x=p->b"], Words("  f a\tx=p->b  "));

    [Fact]
    public void Empty_lines_and_comments_mean_nothing_and_lines_are_counted()
    {
        IReadOnlyList<ProbeListEntry> entries = ProbeListFile.Parse("# all\r\n\r\nf $params # every one\r\n   # no\n\ng\n");
        Assert.Equal([(3, "f"), (6, "g")], entries.Select(e => (e.Line, e.Request!.Function)));
        Assert.Equal(["$params"], entries[0].Request!.Arguments);
    }

    [Fact]
    public void A_hash_inside_a_word_is_part_of_it() => Assert.Equal(["f#g"], Words("f#g"));

    [Theory]
    [InlineData(@"f 'a b'", "a b")]
    [InlineData(@"f ""a b""", "a b")]
    [InlineData(@"f '\1'", @"\1")]
    [InlineData(@"f x=\\1", @"x=\1")]
    [InlineData(@"f ""\1""", @"\1")]
    [InlineData(@"f ""\$x""", "$x")]
    [InlineData(@"f a\ b", "a b")]
    [InlineData(@"f p'->'a", "p->a")]
    [InlineData(@"f ''", "")]
    public void Words_are_quoted_as_in_a_shell(string line, string argument) => Assert.Equal(["f", argument], Words(line));

    [Fact]
    public void A_quote_that_is_not_closed_is_that_line_s_fault_alone()
    {
        IReadOnlyList<ProbeListEntry> entries = ProbeListFile.Parse("f 'a\ng");
        Assert.Equal("a quote (') is not closed", entries[0].Fault);
        Assert.Null(entries[0].Request);
        Assert.Equal("g", entries[1].Request!.Function);
    }
}
