using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary><c>@NAME</c></summary>
public class GlobalTests : ProbeTests
{
    private const ulong Data = 0xffffffff82000000;

    public GlobalTests()
    {
        K.Function("f", "a.c:1").Entry("f", Text + 0x100);
        TypeId name = K.Struct("new_utsname", 390, Member("release", K.Array(K.Char, 65), 130));
        TypeId ns = K.Struct("uts_namespace", 416, Member("name", name, 0), Member("parent", K.PointerTo("uts_namespace"), 400));
        K.Variable("init_uts_ns", ns, Data, "init/version.c");
        K.Variable("limit", K.Int, Data + 0x1000, "kernel/a.c");
        K.Variable("state", K.Int, Data + 0x2000, "kernel/a.c");
        K.Variable("state", K.U64, Data + 0x3000, "kernel/b.c");
        K.Variable("counter", K.Int, Data, "kernel/a.c", section: ".data..percpu", flags: SymbolFlags.Object | SymbolFlags.PerCpu);
        K.Variable("setting", K.Int, 0x20, "fs/btrfs/super.c", "btrfs");
    }

    [Theory]
    [InlineData("@limit", "limit=@limit:s32")]
    [InlineData("@init_uts_ns.name.release", "release=@init_uts_ns+130:string")]
    [InlineData("@init_uts_ns.parent->name.release", "release=+130(@init_uts_ns+400):string")]
    public void A_variable_is_memory_at_its_symbol(string argument, string expected) => Assert.Equal($"p:f f {expected}", Line("f", argument));

    [Fact]
    public void A_variable_is_called_by_its_own_name_where_the_linker_has_a_label_there()
    {
        K.Symbol("__DATA_BEGIN__", Data + 0x7000, section: ".data", flags: SymbolFlags.None);
        K.Variable("first_of_all", K.Int, Data + 0x7000, "kernel/a.c");
        Assert.Equal("p:f f first_of_all=@first_of_all:s32", Line("f", "@first_of_all"));
    }

    [Fact]
    public void A_static_whose_name_is_not_unique_needs_a_source_and_is_reached_from_a_neighbour()
    {
        IsRefused(RefusalReason.AmbiguousVariable, "2 variables are named state", "f", "@state");
        Assert.Equal(["kernel/a.c:1 (vmlinux)", "kernel/b.c:1 (vmlinux)"], Refused("f", "@state").Hints);
        Assert.Equal("p:f f state=@limit+8192:u64", Line("f", "@state@kernel/b.c"));
    }

    [Fact]
    public void What_has_a_symbol_and_no_type_is_read_as_asked()
    {
        K.Symbol("level2_kernel_pgt", Data + 0x8000, section: ".data", flags: SymbolFlags.Object);
        IsRefused(RefusalReason.UnknownVariable, "@level2_kernel_pgt is a symbol without debug information", "f", "@level2_kernel_pgt");
        Assert.Equal(["say how to read it: @level2_kernel_pgt:x64"], Refused("f", "@level2_kernel_pgt").Hints);
        Assert.Equal("p:f f level2_kernel_pgt=@level2_kernel_pgt:x64[4]", Line("f", "@level2_kernel_pgt:x64[4]"));
        IsRefused(RefusalReason.UnknownVariable, "no variable level2_kernel_pgt", "f", "@level2_kernel_pgt.entry:x64");
    }

    [Fact]
    public void A_per_cpu_variable_is_refused_with_what_can_follow_it()
    {
        IsRefused(RefusalReason.NotAddressable, "per-CPU", "f", "@counter");
        Assert.Equal(["bpftrace follows it on the CPU that it runs on: percpu_kaddr(\"counter\") is its address there"], Refused("f", "@counter").Hints);
        IsRefused(RefusalReason.NotAddressable, "nothing leads a fetch argument to CPU 0's copy", "f", "@counter@cpu0");
    }

    [Fact]
    public void One_CPU_s_copy_is_reached_where_per_CPU_symbols_count_from_0()
    {
        K.Symbol("__per_cpu_start", 0, section: ".data..percpu", flags: SymbolFlags.PerCpu);
        K.Symbol("__per_cpu_offset", Data + 0x6000, section: ".data", size: 8 * 64, flags: SymbolFlags.Object);
        TypeId rq = K.Struct("rq", 64, Member("cpu", K.Int, 16), Member("curr", K.PointerTo("rq"), 24));
        K.Variable("runqueues", rq, 0x1f0, "kernel/sched/core.c", section: ".data..percpu", flags: SymbolFlags.Object | SymbolFlags.PerCpu);

        Assert.Equal("p:f f cpu=+512(@__per_cpu_offset):s32", Line("f", "@runqueues@cpu0.cpu"));
        Assert.Equal("p:f f cpu=+512(@__per_cpu_offset+24):s32", Line("f", "@runqueues@core.c@cpu3.cpu"));
        Assert.Equal("p:f f cpu=+16(+520(@__per_cpu_offset+24)):s32", Line("f", "@runqueues@cpu3.curr->cpu"));
        Assert.Contains("@runqueues@cpu0 reads that of CPU 0", Refused("f", "@runqueues.cpu").Hints);
        IsRefused(RefusalReason.NotAddressable, "nothing leads a fetch argument to CPU 64's copy", "f", "@runqueues@cpu64.cpu");
        IsRefused(RefusalReason.BadRequest, "@limit is no per-CPU variable", "f", "@limit@cpu0");
        IsRefused(RefusalReason.BadRequest, "only per-CPU variables", "f", "p@cpu0");
    }

    [Fact]
    public void A_module_s_per_cpu_variable_is_refused()
    {
        K.Variable("hits", K.Int, 0x10, "fs/btrfs/super.c", "btrfs", section: ".data..percpu", flags: SymbolFlags.Object | SymbolFlags.PerCpu);
        IsRefused(RefusalReason.NotAddressable, "per-CPU", "f", "@hits");
        IsRefused(RefusalReason.NotAddressable, "only known once it is loaded", "f", "@hits@cpu0");
    }

    [Fact]
    public void A_module_s_variable_is_written_without_the_module_and_must_be_loaded()
    {
        Assert.Equal("p:f f setting=@setting:s32", Line("f", "@setting"));
        Assert.Equal(
            [
                "module btrfs must be loaded when the line is written: @setting is in it",
                "bpftrace's kaddr() does not find setting, as it is a module's: this line does",
            ],
            Lines("f", "@setting").Notes);

        K.Module("xfs", isIndexed: false);
        Assert.Contains("that no other module has a symbol setting was checked in the indexed modules only", Lines("f", "@setting").Notes);
    }

    [Fact]
    public void A_module_s_variable_that_vmlinux_has_too_would_be_the_wrong_one()
    {
        K.Symbol("setting", Data + 0x4000, section: ".data", flags: SymbolFlags.Object);
        IsRefused(RefusalReason.NotAddressable, "no symbol near it is unique", "f", "@setting");
    }

    [Fact]
    public void A_static_of_a_function_has_a_number_in_its_symbol()
    {
        K.Variable("once", K.Int, Data + 0x5000, "kernel/a.c", symbol: "once.5");
        Assert.Equal("p:f f once=@once.5:s32", Line("f", "@once"));
    }

    [Fact]
    public void An_unknown_variable_is_answered_with_similar_ones()
    {
        IsRefused(RefusalReason.UnknownVariable, "no variable limti", "f", "@limti");
        Assert.Equal(["did you mean limit?"], Refused("f", "@limti").Hints);
    }
}
