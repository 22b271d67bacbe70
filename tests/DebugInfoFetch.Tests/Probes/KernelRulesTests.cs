using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>What a kernel's probe events can do: by version, and by the README in its tracefs.</summary>
public class KernelRulesTests
{
    /// <summary>The lines of the README that speak of probes, as 6.1.y has them (kernel/trace/trace.c).</summary>
    private const string Readme61 =
        """
        tracing mini-HOWTO:

          kprobe_events		- Create/append/remove/show the kernel dynamic events
        	  accepts: event-definitions (one definition per line)
        	   Format: p[:[<group>/][<event>]] <place> [<args>]
        	           r[maxactive][:[<group>/][<event>]] <place> [<args>]
        	    place: [<module>:]<symbol>[+<offset>]|<memaddr>
        	     args: <name>=fetcharg[:type]
        	 fetcharg: (%<register>|$<efield>), @<address>, @<symbol>[+|-<offset>],
        	           $stack<index>, $stack, $retval, $comm, $arg<N>,
        	           +|-[u]<offset>(<fetcharg>), \imm-value, \"imm-string"
        	     type: s8/16/32/64, u8/16/32/64, x8/16/32/64, string, symbol,
        	           b<bit-width>@<bit-offset>/<container-size>, ustring,
        	           symstr, <type>\[<array-size>\]
        	    stype: u8/u16/u32/u64, s8/s16/s32/s64, pid_t,
        	           [unsigned] char/int/long
        """;

    private static readonly KernelInfo Vendor = Kernel("5.14.0-570.el9");

    [Fact]
    public void The_version_decides_where_there_is_nothing_better()
    {
        KernelRules rules = KernelRules.Of(Kernel("6.2.0"));
        Assert.True(rules.Has(KernelFeature.SymbolText));
        Assert.False(rules.Has(KernelFeature.Character));
        Assert.Equal("type char came with Linux 6.3, and this kernel is 6.2.0", rules.WhyNot(KernelFeature.Character));
    }

    [Fact]
    public void The_kernel_s_own_word_wins_over_the_version_either_way()
    {
        KernelRules rules = KernelRules.Of(Vendor, Readme61);
        Assert.Equal([KernelFeature.Character, KernelFeature.EntryAtReturn, KernelFeature.FileName], KernelFeature.All.Where(f => !rules.Has(f)));
        Assert.False(KernelRules.Of(Vendor).Has(KernelFeature.SymbolText));

        KernelRules without = KernelRules.Of(Kernel("6.12.0"), Readme61.Replace("$comm, ", "", StringComparison.Ordinal));
        Assert.False(without.Has(KernelFeature.CommandName));
        Assert.Equal("$comm: the kernel's README does not know that", without.WhyNot(KernelFeature.CommandName));
    }

    [Theory]
    [InlineData(", symbol,", ",")]
    [InlineData("x8/16/32/64, ", "")]
    [InlineData("ustring,", "")]
    [InlineData("symstr, ", "")]
    [InlineData(", \\imm-value", "")]
    [InlineData("[maxactive]", "")]
    [InlineData("<type>\\[<array-size>\\]", "")]
    public void A_line_less_is_a_feature_less(string line, string instead)
    {
        KernelRules whole = KernelRules.Of(Vendor, Readme61), less = KernelRules.Of(Vendor, Readme61.Replace(line, instead, StringComparison.Ordinal));
        Assert.Single(KernelFeature.All, f => whole.Has(f) && !less.Has(f));
    }

    [Fact]
    public void What_the_README_never_says_the_version_decides()
        => Assert.True(KernelRules.Of(Vendor, Readme61).Has(KernelFeature.DigitModule));

    [Theory]
    [InlineData("")]
    [InlineData("<!DOCTYPE html>")]
    [InlineData("sh: cat: /sys/kernel/tracing/README: Permission denied")]
    public void Another_file_is_no_README(string text)
        => Assert.Contains("cat /sys/kernel/tracing/README", Assert.Throws<FormatException>(() => KernelRules.Of(Vendor, text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_rule_has_a_source_and_the_table_is_by_age()
    {
        Assert.All(KernelFeature.All, f => Assert.Matches("^[0-9a-f]{12}$", f.Source));
        Assert.Equal(KernelFeature.All.OrderBy(f => f.Since).Select(f => f.Since), KernelFeature.All.Select(f => f.Since));
    }

    private static KernelInfo Kernel(string release) => new KernelModelBuilder(release).Build().Kernel;
}
