using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>PLACE: names that the kernel would refuse or take for another, and what stands in their stead (KPROBES.md §2.1, §2.2).</summary>
public class PointTests : ProbeTests
{
    private const SymbolFlags Code = SymbolFlags.Text | SymbolFlags.Function;

    private FunctionBuilder Function(string name = "f", string at = "a.c:1") => K.Function(name, at);

    [Fact]
    public void A_name_that_occurs_twice_in_vmlinux_is_reached_from_text()
    {
        Function().Entry("f", Text + 0x100);
        Function(at: "b.c:1").Entry("f", Text + 0x2000);
        Assert.Equal("p:f _text+8192", Line("f@b.c"));
        Assert.Equal(["f: f is not the only symbol of that name in vmlinux; _text+8192 is the same place"], Lines("f@b.c").Notes);
    }

    [Fact]
    public void Data_of_the_same_name_counts()
    {
        Function().Entry("f", Text + 0x100);
        K.Symbol("f", 0xffffffff82000000, section: ".data", flags: SymbolFlags.Object);
        Assert.Equal("p:f _text+256", Line("f"));
    }

    [Fact]
    public void A_name_of_vmlinux_that_a_module_has_too_is_reached_from_text()
    {
        Function().Entry("f", Text + 0x100);
        K.Symbol("f", 0x10, "btrfs");
        Assert.Equal("p:f _text+256", Line("f"));
        Assert.StartsWith("f: module btrfs has a symbol f too", Assert.Single(Lines("f").Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_running_kernel_does_not_keep_does_not_count()
    {
        Function().Entry("f", Text + 0x100);
        K.Symbol("f", 0x10, "btrfs", flags: Code | SymbolFlags.NotLoaded);
        Assert.Equal("p:f f", Line("f"));
    }

    [Fact]
    public void A_module_s_name_may_occur_elsewhere()
    {
        Function().Entry("f", 0x100, "btrfs");
        K.Symbol("f", Text + 0x100);
        K.Symbol("f", 0x100, "xfs");
        Assert.Equal("p:f btrfs:f", Line("btrfs:f"));
    }

    [Fact]
    public void A_name_that_occurs_twice_in_a_module_is_reached_from_the_nearest_unique_neighbour_before_it()
    {
        K.Symbol("far", 0x10, "btrfs");
        K.Symbol("near", 0x40, "btrfs");
        K.Symbol("twin", 0x60, "btrfs");
        K.Symbol("behind", 0x200, "btrfs");
        K.Symbol("elsewhere", 0x90, "btrfs", section: ".text.unlikely");
        Function().Entry("f", 0x100, "btrfs");
        K.Symbol("f", 0x300, "btrfs");
        K.Symbol("twin", 0x400, "btrfs");
        Assert.Equal("p:f btrfs:near+192", Line("f"));
    }

    [Fact]
    public void Without_a_neighbour_before_it_a_module_s_twin_is_refused()
    {
        Function().Entry("f", 0x0, "btrfs");
        K.Symbol("f", 0x300, "btrfs");
        IsRefused(RefusalReason.NotAddressable, "no unique symbol in front of it", "f");
    }

    [Fact]
    public void A_name_that_cannot_stand_in_a_line_is_reached_from_text()
    {
        K.Function("odd", "a.rs:1").Entry("odd<core::fmt>", Text + 0x100);
        Assert.Equal("p:odd _text+256", Line("odd"));
    }

    [Fact]
    public void On_ppc64le_an_offset_would_miss_the_local_entry_so_a_twin_is_refused()
    {
        K = new KernelModelBuilder(architecture: "ppc64le");
        Function().Entry("f", Text + 0x100);
        K.Symbol("f", Text + 0x900);
        IsRefused(RefusalReason.NotAddressable, "local entry point", "f");
    }

    [Theory]
    [InlineData(SymbolFlags.Blacklisted, "NOKPROBE_SYMBOL")]
    [InlineData(SymbolFlags.NoInstrument, "noinstr")]
    [InlineData(SymbolFlags.Init, "gone after boot")]
    [InlineData(SymbolFlags.Preamble, "preamble")]
    [InlineData(SymbolFlags.NotLoaded, "does not keep")]
    public void What_the_kernel_forbids_is_refused_although_ftrace_could(SymbolFlags flag, string message)
    {
        Function().Entry("f", Text + 0x100, Code | SymbolFlags.HasFtraceSite | flag);
        IsRefused(RefusalReason.NotProbeable, message, "f");
    }

    [Fact]
    public void Init_code_of_a_module_is_gone_too()
    {
        Function().Entry("f", 0x10, "btrfs", Code | SymbolFlags.HasFtraceSite | SymbolFlags.Init);
        IsRefused(RefusalReason.NotProbeable, "once the module is loaded", "f");
    }

    [Fact]
    public void A_refusal_says_what_works_instead()
    {
        Function("__pfx_f", "a.c:1").Entry("__pfx_f", Text + 0x100, Code | SymbolFlags.Preamble);
        Function("init", "a.c:9").Entry("init", Text + 0x200, Code | SymbolFlags.HasFtraceSite | SymbolFlags.Init);
        Function("init_module", "b.c:9").Entry("init_module", 0x10, "btrfs", Code | SymbolFlags.HasFtraceSite | SymbolFlags.Init);
        Assert.Equal(["probe f"], Refused("__pfx_f").Hints);
        Assert.Contains("kprobe_event=p:NAME,init", Assert.Single(Refused("init").Hints), StringComparison.Ordinal);
        Assert.Contains("takes a line for btrfs:init_module while btrfs is not loaded", Assert.Single(Refused("init_module").Hints), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_its_own_code_takes_no_probe_its_inlined_copies_may()
    {
        K.Symbol("caller", Text + 0x800);
        K.Symbol("forbidden", Text + 0x900, flags: Code | SymbolFlags.NoInstrument);
        Function().Entry("f", Text + 0x100, Code).InlinedAt("forbidden", 4, "a.c:3").InlinedAt("caller", 20, "a.c:7");
        Assert.Equal("its inlined copies can be: probe --inlines f covers 1, the first in caller+20, called at a.c:7", Refused("f").Hints[0]);
    }

    [Fact]
    public void Code_without_an_ftrace_site_is_refused_unless_nothing_is_known_about_sites()
    {
        Function().Entry("f", Text + 0x100, Code);
        Function("g", "b.c:1").Entry("g", Text + 0x200, Code | SymbolFlags.FtraceUnknown);
        IsRefused(RefusalReason.NotProbeable, "notrace", "f");
        Assert.Equal(["where it is called may take one, with what is passed: probe --callers f"], Refused("f").Hints);
        Assert.Equal("p:g g", Line("g"));
    }

    [Fact]
    public void A_clone_without_a_site_lives_by_its_base()
    {
        Function("f", "a.c:1").Entry("f.isra.0", Text + 0x100, Code);
        IsRefused(RefusalReason.NotProbeable, "notrace", "f.isra.0");
        K.Symbol("f", Text + 0x200, flags: Code | SymbolFlags.HasFtraceSite);
        Assert.Equal("p:f f.isra.0", Line("f.isra.0"));
    }

    [Fact]
    public void A_clone_of_a_module_without_a_site_is_looked_up_in_vmlinux_first()
    {
        Function().Entry("f.isra.0", 0x100, "btrfs", Code);
        K.Symbol("f", 0x200, "btrfs");
        Assert.Equal("p:f btrfs:f.isra.0", Line("f"));
        K.Symbol("f", Text + 0x200, flags: Code);
        IsRefused(RefusalReason.NotProbeable, "notrace", "f");
    }

    [Fact]
    public void A_clone_inherits_the_blacklist_entry_of_its_base()
    {
        Function().Entry("f.isra.0", Text + 0x100);
        K.Symbol("f", Text + 0x200, flags: Code | SymbolFlags.HasFtraceSite | SymbolFlags.Blacklisted);
        IsRefused(RefusalReason.NotProbeable, "and so on its copies", "f.isra.0");
    }

    [Fact]
    public void A_copy_without_a_symbol_is_refused_for_the_kernel_s_checks_cannot_be_foreseen()
    {
        Function().EntryWithoutSymbol(Text + 0x100, KernelModelBuilder.Vmlinux);
        IsRefused(RefusalReason.NotAddressable, "names nothing there", "f");
    }
}
