using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>FUNCTION: which code is meant.</summary>
public class FunctionTests : ProbeTests
{
    private FunctionBuilder Function(string name, string at) => K.Function(name, at, ("n", K.Int));

    private string[] Definitions(string function, params string[] arguments) => [.. Lines(function, arguments).Definitions.Select(d => d.ToDefinition())];

    [Fact]
    public void A_function_of_vmlinux_is_probed_by_its_symbol()
    {
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di));
        Assert.Equal("p:f f", Line("f"));
        Assert.Empty(Lines("f").Notes);
        Assert.Equal("p:f f", Line("vmlinux:f"));
        Assert.Equal("p:f f", Line("f@a.c"));
    }

    [Theory]
    [InlineData("f.isra.0")]
    [InlineData("f.constprop.0.isra.0")]
    [InlineData("f.llvm.1234567890")]
    public void A_suffix_stays_in_the_symbol_and_out_of_the_event(string symbol)
    {
        Function("f", "a.c:1").Entry(symbol, Text + 0x100, Place.Register(Di));
        Assert.Equal($"p:f {symbol}", Line("f"));
        Assert.Equal([$"f exists in this kernel only as {symbol}"], Lines("f").Notes);
        Assert.Equal($"p:f {symbol} n=%di:s32", Line(symbol, "n"));
        Assert.Empty(Lines(symbol).Notes);
    }

    [Fact]
    public void Every_copy_gets_an_event_of_its_own()
    {
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di)).Entry("f.constprop.0", Text + 0x200, Place.Constant(3)).Entry("f", 0x40, "btrfs", Place.Register(Si));
        Assert.Equal(["p:f _text+256 n=%di:s32", "p:f_1 f.constprop.0 n=\\3:s32", "p:f_2 btrfs:f n=%si:s32"], Definitions("f", "n"));
        Assert.Equal(["p:f btrfs:f n=%si:s32"], Definitions("btrfs:f", "n"));
        Assert.Equal(["p:f f.constprop.0 n=\\3:s32"], Definitions("f.constprop.0", "n"));
    }

    [Fact]
    public void Copies_of_a_header_s_function_in_several_units_are_one_function_even_if_their_prototypes_are_stored_apart()
    {
        Function("helper", "include/linux/h.h:7").EntryIn("a.c", "helper", 0x10, "one", Place.Register(Di));
        Function("helper", "include/linux/h.h:7").EntryIn("b.c", "helper", 0x10, "two", Place.Register(Si));
        Assert.Equal(["p:helper one:helper n=%di:s32", "p:helper_1 two:helper n=%si:s32"], Definitions("helper", "n"));
        Assert.Equal(["p:helper two:helper"], Definitions("helper@b.c"));
    }

    [Fact]
    public void Cold_parts_are_no_entries()
    {
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di)).Entry("f.cold", Text + 0x900, Place.Register(Di));
        Assert.Equal("p:f f", Line("f"));
        IsRefused(RefusalReason.NotProbeable, "no entry", "f.cold");
    }

    [Fact]
    public void A_part_is_probed_with_a_note_that_it_is_one()
    {
        Function("f", "a.c:1").Entry("f.part.0", Text + 0x100, Place.Register(Di));
        Assert.Contains("f.part.0 is the later part of f: calls that return early never reach it", Lines("f").Notes);
    }

    [Fact]
    public void Different_functions_of_one_name_are_listed()
    {
        Function("init", "a/a.c:1").Entry("init", Text + 0x100, Place.Register(Di));
        Function("init", "b/b.c:2").Entry("init", 0x10, "btrfs", Place.Register(Di));
        Function("init", "c/c.c:3").InlinedAt("init", 4, "c/c.c:9");
        ProbeAnswer.Refused refused = Refused("init");
        Assert.Equal((RefusalReason.AmbiguousFunction, "3 different functions are named init: choose one with init@SOURCE"), (refused.Reason, refused.Message));
        Assert.Equal(["a/a.c:1: init (vmlinux)", "b/b.c:2: btrfs:init (btrfs)", "c/c.c:3: inlined everywhere (vmlinux)"], refused.Hints);
        Assert.Equal("p:init btrfs:init", Line("init@b.c"));
        Assert.Equal("p:init btrfs:init", Line("btrfs:init"));
    }

    [Fact]
    public void A_function_that_was_not_compiled_here_is_no_rival()
    {
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di));
        Function("f", "b.c:1");
        Assert.Equal("p:f f", Line("f"));
    }

    [Fact]
    public void An_overridden_weak_function_is_no_rival()
    {
        Function("arch_f", "kernel/weak.c:1").EntryWithoutSymbol(Text + 0x900, KernelModelBuilder.Vmlinux, Place.Register(Di));
        Function("arch_f", "arch/x86/strong.c:1").Entry("arch_f", Text + 0x100, Place.Register(Di));
        Assert.Equal("p:arch_f arch_f", Line("arch_f"));
        IsRefused(RefusalReason.NotAddressable, "names nothing there", "arch_f@weak.c");
    }

    [Fact]
    public void A_function_of_which_nothing_was_compiled_has_no_code()
    {
        Function("f", "a.c:1");
        IsRefused(RefusalReason.NoCode, "nothing was compiled of it", "f");
    }

    [Fact]
    public void A_function_that_is_inlined_everywhere_is_refused_with_the_places()
    {
        K.Symbol("caller", Text + 0x500);
        Function("f", "a.c:1").InlinedAt("caller", 12, "a.c:90").InlinedAt("caller", 40, null);
        ProbeAnswer.Refused refused = Refused("f");
        Assert.Equal((RefusalReason.InlinedEverywhere, "f has no code of its own: it is inlined in 2 places"), (refused.Reason, refused.Message));
        Assert.Equal(["probe --inlines f covers them all", "in caller+12, called at a.c:90", "in caller+40"], refused.Hints);
    }

    [Fact]
    public void Inlined_copies_beside_a_real_one_are_counted_as_not_covered()
    {
        K.Symbol("caller", 0x500, "btrfs");
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di)).InlinedAt("caller", 12, "a.c:90", "btrfs");
        Assert.Equal(["1 inlined copy of f not covered (--inlines covers them): in btrfs:caller+12, called at a.c:90"], Lines("f").Notes);
        Assert.Empty(Lines("vmlinux:f").Notes);
    }

    [Fact]
    public void A_copy_that_cannot_be_probed_so_is_named_beside_those_that_can()
    {
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di)).Entry("f.isra.0", Text + 0x200, Place.Gone);
        Assert.Equal(["p:f f n=%di:s32"], Definitions("f", "n"));
        Assert.Contains("not covered: n is optimized out at the entry of f.isra.0", Lines("f", "n").Notes);
    }

    [Fact]
    public void If_no_copy_can_be_probed_all_reasons_are_told()
    {
        Function("f", "a.c:1").Entry("f.isra.0", Text + 0x100, Place.Of(PlaceKind.Removed)).Entry("f.isra.1", Text + 0x200, Place.Gone);
        ProbeAnswer.Refused refused = Refused("f", "n");
        Assert.StartsWith("none of the 2 copies of f can be probed so: n was removed", refused.Message, StringComparison.Ordinal);
        Assert.Equal("n is optimized out at the entry of f.isra.1", refused.Hints[0]);
    }

    [Fact]
    public void An_unknown_function_is_answered_with_similar_ones()
    {
        Function("vfs_read", "fs/read_write.c:1").Entry("vfs_read", Text + 0x100, Place.Register(Di));
        IsRefused(RefusalReason.UnknownFunction, "no function vfs_raed", "vfs_raed");
        Assert.Equal(["did you mean vfs_read?", "a macro leaves no trace in debug information: if it is one, probe what it expands to"], Refused("vfs_raed").Hints);
    }

    [Fact]
    public void Modules_that_are_not_indexed_are_mentioned_where_a_function_is_missing()
    {
        K.Module("xfs", isIndexed: false);
        Assert.Contains(Refused("xfs_read").Hints, h => h.Contains("not indexed", StringComparison.Ordinal));
        IsRefused(RefusalReason.UnknownModule, "module xfs is not indexed", "xfs:xfs_read");
    }

    [Fact]
    public void A_module_that_nobody_knows_is_refused_because_the_kernel_would_take_it_and_never_fire()
    {
        K.Module("btrfs");
        IsRefused(RefusalReason.UnknownModule, "no module btrsf", "btrsf:f");
        Assert.Equal(["did you mean btrfs?"], Refused("btrsf:f").Hints);
    }

    [Fact]
    public void A_module_is_meant_by_its_file_name_too()
    {
        Function("f", "a.c:1").Entry("f", 0x10, "nvme_core", Place.Register(Di));
        Assert.Equal("p:f nvme_core:f", Line("nvme-core:f"));
    }

    [Fact]
    public void A_module_or_a_source_without_the_function_is_refused_with_where_it_is()
    {
        K.Module("btrfs");
        Function("f", "fs/a.c:1").Entry("f", Text + 0x100, Place.Register(Di));
        IsRefused(RefusalReason.UnknownFunction, "no copy of it in module btrfs", "btrfs:f");
        IsRefused(RefusalReason.UnknownFunction, "no copy of it from b.c", "f@b.c");
        Assert.Equal(["fs/a.c:1: f (vmlinux)"], Refused("f@b.c").Hints);
    }

    [Fact]
    public void Assembly_has_registers_and_no_parameters()
    {
        K.Symbol("memcpy_orig", Text + 0x100);
        Assert.Equal("p:memcpy_orig memcpy_orig di=%di", Line("memcpy_orig", "%di"));
        Assert.Contains("memcpy_orig has no debug information: registers can be read, parameters are not known", Lines("memcpy_orig").Notes);
        IsRefused(RefusalReason.UnknownParameter, "no debug information", "memcpy_orig", "$params");
    }

    [Fact]
    public void Another_name_of_a_function_has_its_parameters()
    {
        Function("f", "a.c:1").Entry("f", Text + 0x100, Place.Register(Di));
        K.Symbol("alias_of_f", Text + 0x100);
        Assert.Equal("p:alias_of_f alias_of_f n=%di:s32", Line("alias_of_f", "$params"));
        Assert.Contains("alias_of_f is the same code as f: calls of either are met, and parameters are named as there", Lines("alias_of_f").Notes);
    }

    [Fact]
    public void A_clone_that_was_folded_into_another_functions_is_found_by_its_symbol()
    {
        Function("f", "a.c:1").Entry("f.part.0", Text + 0x100, Place.Register(Di));
        Function("caller", "a.c:80").Entry("caller", Text + 0x200);
        Function("g", "a.c:9").InlinedAt("caller", 5, "a.c:90");
        IsRefused(RefusalReason.InlinedEverywhere, "g has no code of its own", "g");
        K.Symbol("g.part.0", Text + 0x100);
        Assert.Equal("p:g g.part.0 n=%di:s32", Line("g", "$params"));
        Assert.Contains("g.part.0 is the same code as f.part.0: calls of either are met, and parameters are named as there", Lines("g").Notes);
    }

    [Fact]
    public void A_symbol_of_another_function_of_the_name_is_not_that_of_one_that_is_inlined_everywhere()
    {
        Function("caller", "a.c:80").Entry("caller", Text + 0x200);
        Function("g", "a.c:9").InlinedAt("caller", 5, "a.c:90");
        Function("g", "b.c:9").Entry("g", Text + 0x300, Place.Register(Di));
        IsRefused(RefusalReason.InlinedEverywhere, "g has no code of its own", "g@a.c");
        Assert.Equal("p:g g n=%di:s32", Line("g@b.c", "$params"));
    }

    [Fact]
    public void A_function_that_no_DIE_places_has_its_parameters_by_the_calling_convention()
    {
        Function("other", "a.c:1").Entry("other", Text + 0x100);
        K.Function("g", "a.c:9", ("p", K.PointerTo("inode")), ("n", K.Int));
        K.Function("by_value", "a.c:19", ("pair", K.Struct("pair", 16)));
        K.Function("elsewhere", "b.c:9", ("n", K.Int));
        foreach (string name in (string[])["g", "by_value", "elsewhere"]) { K.Symbol(name, Text + 0x300 + (ulong)name.Length, flags: SymbolFlags.Text | SymbolFlags.Function | SymbolFlags.HasFtraceSite | SymbolFlags.Local); }
        Assert.Equal("p:g g p=%di n=%si:s32", Line("g", "$params"));
        Assert.Contains("its parameters are where the calling convention has them", Lines("g").Notes[0], StringComparison.Ordinal);
        Assert.Equal("r:g__return g n=$arg2:s32", Line("g%return", "n"));
        // Not where the convention leaves doubt, nor where the file that declares it was not compiled in.
        IsRefused(RefusalReason.UnknownParameter, "by_value has no debug information", "by_value", "$params");
        IsRefused(RefusalReason.UnknownParameter, "elsewhere has no debug information", "elsewhere", "$params");
    }

    [Fact]
    public void Data_is_no_function()
    {
        K.Symbol("jiffies", 0xffffffff82000000, section: ".data", flags: SymbolFlags.Object);
        IsRefused(RefusalReason.UnknownFunction, "no function jiffies", "jiffies");
    }

    [Theory]
    [InlineData("f:10")]
    [InlineData("f+16")]
    [InlineData("a.c:10")]
    public void Places_inside_a_function_need_its_debug_file(string function) => IsRefused(RefusalReason.NoDebugFile, "needs the kernel's debug file", function);

    [Theory]
    [InlineData("")]
    [InlineData("f f")]
    [InlineData("f'")]
    [InlineData("a:b:c")]
    [InlineData("f@")]
    [InlineData("%di")]
    [InlineData("f%ret")]
    [InlineData("$(reboot)")]
    [InlineData("f\n")]
    public void What_is_no_function_is_refused(string function) => IsRefused(RefusalReason.BadRequest, "a function is [MOD:]NAME[@SOURCE]", function);
}
