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
    public void A_static_whose_name_is_not_unique_needs_a_source_and_is_reached_from_a_neighbour()
    {
        IsRefused(RefusalReason.AmbiguousVariable, "2 variables are named state", "f", "@state");
        Assert.Equal(["kernel/a.c:1 (vmlinux)", "kernel/b.c:1 (vmlinux)"], Refused("f", "@state").Hints);
        Assert.Equal("p:f f state=@limit+8192:u64", Line("f", "@state@kernel/b.c"));
    }

    [Fact]
    public void A_per_cpu_variable_is_refused() => IsRefused(RefusalReason.NotAddressable, "per-CPU", "f", "@counter");

    [Fact]
    public void A_module_s_variable_is_written_without_the_module_and_must_be_loaded()
    {
        Assert.Equal("p:f f setting=@setting:s32", Line("f", "@setting"));
        Assert.Contains("module btrfs must be loaded when the line is written: @setting is in it", Lines("f", "@setting").Notes);
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
