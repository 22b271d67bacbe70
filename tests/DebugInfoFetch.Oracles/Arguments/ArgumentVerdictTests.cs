using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>The rules of the comparison themselves: what each excuses, and that it excuses nothing else.</summary>
public class ArgumentVerdictTests
{
    private static readonly DwarfEvidence InDi = AtEntry("DW_OP_reg5 RDI");

    [Theory]
    [InlineData("x=%di:x64", "x=%di:u64", "DW_OP_reg5 RDI")]
    [InlineData("x=+8(%sp):x64", "x=+8(%sp):u64", "DW_OP_fbreg +0")]
    [InlineData("x=+16(%sp):x64", "x=+0x10(%sp):u64", "DW_OP_fbreg +8")]
    [InlineData("x=\\-64:x32", "x=\\0xffffffc0:u32", "DW_OP_const1s -64, DW_OP_stack_value")]
    public void The_same_place_in_either_spelling_is_the_same(string perf, string ours, string dwarf)
        => Assert.Equal(ArgumentVerdict.Same, ArgumentVerdict.Of(FetchPlace.Parse(perf), FetchPlace.Parse(ours), AtEntry(dwarf), false).Kind);

    [Fact]
    public void A_string_behind_the_same_register_is_the_same_place()
        => Assert.StartsWith("string behind", ArgumentVerdict.Of(FetchPlace.Parse("x=%di:x64"), FetchPlace.Parse("x=+0(%di):string"), InDi, false).Kind, StringComparison.Ordinal);

    [Theory]
    [InlineData("x=%di:x64", "x=%si:u64")]
    [InlineData("x=%si:x64", "x=%si:u64")]
    [InlineData("x=%di:x64", "x=+0(%si):string")]
    [InlineData("x=%di:x64", "x=+8(%di):u64")]
    [InlineData(null, "x=%si:u64")]
    [InlineData("x=%di:x64", null)]
    public void Another_register_than_the_debug_informations_is_never_explained(string? perf, string? ours)
        => Assert.Null(ArgumentVerdict.Of(perf is null ? null : FetchPlace.Parse(perf), ours is null ? null : FetchPlace.Parse(ours), InDi, false).Kind);

    [Fact]
    public void A_place_of_later_on_is_perfs_fault_only_when_ours_is_silent()
    {
        DwarfEvidence later = new(null, false, 42, "DW_OP_reg3 RBX", false);
        Assert.Equal("perf: takes a place of later on", ArgumentVerdict.Of(FetchPlace.Parse("x=%bx:x64"), null, later, false).Kind);
        Assert.Null(ArgumentVerdict.Of(FetchPlace.Parse("x=%bx:x64"), FetchPlace.Parse("x=%bx:u64"), later, false).Kind);
    }

    [Fact]
    public void A_range_that_opens_behind_the_fentry_call_still_names_the_incoming_register()
        => Assert.Equal(ArgumentVerdict.Same,
            ArgumentVerdict.Of(FetchPlace.Parse("x=%di:x64"), FetchPlace.Parse("x=%di:u64"), new DwarfEvidence(null, false, 9, "DW_OP_reg5 RDI", false), false).Kind);

    [Fact]
    public void A_one_byte_constant_is_unsigned()
    {
        DwarfEvidence constant = new("192", false, null, null, IsConstant: true);
        Assert.Equal("perf: extends the sign of an unsigned constant", ArgumentVerdict.Of(FetchPlace.Parse("x=\\-64:x32"), FetchPlace.Parse("x=\\192:u32"), constant, false).Kind);
        Assert.Null(ArgumentVerdict.Of(FetchPlace.Parse("x=\\-64:x32"), FetchPlace.Parse("x=\\-64:u32"), constant, false).Kind);
        Assert.Null(ArgumentVerdict.Of(FetchPlace.Parse("x=\\-63:x32"), FetchPlace.Parse("x=\\192:u32"), constant, false).Kind);
    }

    [Fact]
    public void Register_plus_constant_is_no_memory()
    {
        DwarfEvidence computed = AtEntry("DW_OP_breg5 RDI+8, DW_OP_stack_value");
        Assert.Equal("perf: reads memory at a value that is register + constant", ArgumentVerdict.Of(FetchPlace.Parse("x=+8(%di):x64"), null, computed, false).Kind);
        Assert.Null(ArgumentVerdict.Of(FetchPlace.Parse("x=+8(%di):x64"), FetchPlace.Parse("x=+8(%di):u64"), computed, false).Kind);
    }

    [Fact]
    public void A_list_of_answers_is_read_by_copy_and_by_request()
    {
        DbgfetchList list = DbgfetchList.Parse(
        [
            """{"function":"btrfs:a","definitions":[{"definition":"p:a btrfs:a.isra.0 x=%di:u64","module":"btrfs","symbol":"a.isra.0"}],"notes":[]}""",
            """{"function":"b","refused":{"reason":"notProbeable","message":"b is noinstr","hints":[]}}""",
        ]);
        Assert.Equal("%di", Assert.Single(Assert.Single(list.Definitions(new FunctionSymbol("btrfs", "a.isra.0", ".text", 0, 1))).Arguments).Fetch);
        Assert.Equal("notProbeable", list.Refusal(new FunctionSymbol("vmlinux", "b", ".text", 0, 1))!.Reason);
        Assert.Null(list.Refusal(new FunctionSymbol("btrfs", "a", ".text", 0, 1)));
    }

    private static DwarfEvidence AtEntry(string expression) => new(expression, false, null, null, false);
}
