using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Queries;

/// <summary>Two files define <c>struct cache</c>: <c>size</c> lies at the same place in both, <c>limit</c> does not, <c>only</c> is in one.</summary>
public class SeveralDefinitionsTests
{
    private readonly KernelModelBuilder _k = new();
    private readonly TypeId _slab;
    private readonly TypeId _bcache;

    public SeveralDefinitionsTests()
    {
        _slab = _k.StructAt("mm/slab.c:20", "cache", 32, Member("size", _k.U32, 0), Member("limit", _k.U32, 8), Member("only", _k.U32, 16));
        _bcache = _k.StructAt("drivers/md/bcache.c:5", "cache", 64, Member("size", _k.U32, 0), Member("limit", _k.U32, 12));
        _k.DefinedIn(_slab, "mm/slab.c", "mm/util.c");
        _k.DefinedIn(_bcache, "drivers/md/bcache.c");
        _k.StructAt("include/linux/holder.h:3", "holder", 8, Member("cache", _k.PointerTo("cache"), 0));
    }

    private OffsetAnswer Ask(string path) => new OffsetQuery(_k.Build()).Answer(path);

    private IReadOnlyList<PathEnd> WalkFrom(string unitFile, string type, params PathStep[] steps)
    {
        var resolver = new TypeResolver(_k.Build());
        var scope = new TypeScope(new HashSet<UnitId> { _k.Unit(unitFile) }, unitFile);
        return new MemberWalk(resolver).Walk(_k.PointerTo(type), scope, steps, "p");
    }

    [Fact]
    public void Definitions_that_agree_on_a_path_give_one_answer()
        => Assert.Equal([0], Assert.IsType<OffsetAnswer.Found>(Ask("cache.size")).Place.Offsets);

    [Fact]
    public void Definitions_that_differ_are_listed_with_file_line_size_and_what_each_would_give()
    {
        OffsetAnswer.Ambiguous answer = Assert.IsType<OffsetAnswer.Ambiguous>(Ask("cache.limit"));
        Assert.Equal([("mm/slab.c:20", 32L, 8L), ("drivers/md/bcache.c:5", 64L, 12L)],
            answer.Candidates.Select(c => (c.DeclaredAt.ToString()!, c.ByteSize!.Value, c.Place!.ByteOffset)));
        Assert.Contains("cache@SOURCE", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_only_one_has_is_ambiguous_too()
    {
        OffsetAnswer.Ambiguous answer = Assert.IsType<OffsetAnswer.Ambiguous>(Ask("cache.only"));
        Assert.Equal([true, false], answer.Candidates.Select(c => c.Place is not null));
    }

    [Theory]
    [InlineData("cache@slab.c.limit", 8)]
    [InlineData("cache@mm/slab.c.limit", 8)]
    [InlineData("struct cache@md/bcache.c.limit", 12)]
    public void A_source_chooses(string path, long offset)
        => Assert.Equal([offset], Assert.IsType<OffsetAnswer.Found>(Ask(path)).Place.Offsets);

    [Fact]
    public void A_source_matches_whole_path_components_only()
        => Assert.Contains("it is defined at", Assert.IsType<OffsetAnswer.NotFound>(Ask("cache@lab.c.limit")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_source_that_does_not_define_it_is_told_where_it_is()
        => Assert.Contains("mm/slab.c:20, drivers/md/bcache.c:5", Assert.IsType<OffsetAnswer.NotFound>(Ask("cache@fs/x.c.limit")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_source_that_defines_another_single_struct_is_refused()
        => Assert.Contains("include/linux/holder.h:3", Assert.IsType<OffsetAnswer.NotFound>(Ask("holder@fs/x.c.cache")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_behind_a_pointer_that_could_be_either_is_ambiguous_and_a_source_chooses_there_as_well()
    {
        Assert.IsType<OffsetAnswer.Ambiguous>(Ask("holder.cache->limit"));
        Assert.Equal([0, 8], Assert.IsType<OffsetAnswer.Found>(Ask("holder@mm/slab.c.cache->limit")).Place.Offsets);
    }

    [Theory]
    [InlineData("mm/util.c", 8)]
    [InlineData("drivers/md/bcache.c", 12)]
    public void The_unit_that_looks_decides_what_a_name_means(string unit, long offset)
    {
        PathEnd end = Assert.Single(WalkFrom(unit, "cache", new PathStep.Member("limit", ThroughPointer: true)));
        Assert.Equal([0, offset], end.Place!.Offsets);
    }

    [Fact]
    public void A_unit_that_only_declares_the_name_leaves_every_definition_possible()
        => Assert.Equal(2, WalkFrom("fs/other.c", "cache", new PathStep.Member("limit", ThroughPointer: true)).Count);

    [Fact]
    public void Names_inside_a_definition_mean_what_its_own_units_define()
    {
        TypeId inSlab = _k.StructAt("mm/slab.c:50", "box", 8, Member("c", _k.PointerTo("cache"), 0));
        TypeId inBcache = _k.StructAt("drivers/md/bcache.c:50", "box", 16, Member("pad", _k.U64, 0), Member("c", _k.PointerTo("cache"), 8));
        _k.DefinedIn(inSlab, "mm/slab.c");
        _k.DefinedIn(inBcache, "drivers/md/bcache.c");
        Assert.Equal([8, 12], Assert.IsType<OffsetAnswer.Found>(Ask("box@bcache.c.c->limit")).Place.Offsets);
        Assert.Equal([0, 8], Assert.IsType<OffsetAnswer.Found>(Ask("box@slab.c.c->limit")).Place.Offsets);
    }

    [Fact]
    public void Names_inside_another_file_s_private_struct_are_not_looked_at_from_here()
    {
        // drivers/md/bcache.c knows its own struct cache, but struct secret is private to a file that may mean the other one.
        _k.StructAt("mm/secret.c:9", "secret", 8, Member("c", _k.PointerTo("cache"), 0));
        IReadOnlyList<PathEnd> ends = WalkFrom("drivers/md/bcache.c", "secret", new PathStep.Member("c", true), new PathStep.Member("limit", true));
        Assert.Equal(2, ends.Count);
    }

    [Fact]
    public void One_name_of_two_typedefs_with_different_signs_is_ambiguous()
    {
        TypeId signed = _k.Typedef("val_t", _k.Int), unsigned = _k.Typedef("val_t", _k.UnsignedInt);
        _k.StructAt("a.c:1", "pair", 4, Member("v", signed, 0));
        _k.StructAt("b.c:1", "pair", 4, Member("v", unsigned, 0));
        Assert.IsType<OffsetAnswer.Ambiguous>(Ask("pair.v"));
    }

    [Fact]
    public void A_struct_is_preferred_to_a_typedef_of_the_same_name_and_a_union_is_a_rival()
    {
        _k.Typedef("cell", _k.Int);
        _k.Struct("cell", 8, Member("v", _k.U64, 0));
        Assert.Equal(8, Assert.IsType<OffsetAnswer.Found>(Ask("cell")).Place.ByteSize);
        _k.Union("cell", 4, Member("v", _k.U32, 0));
        Assert.IsType<OffsetAnswer.Ambiguous>(Ask("cell.v"));
        Assert.Equal(4, Assert.IsType<OffsetAnswer.Found>(Ask("union cell.v")).Place.ByteSize);
    }
}
