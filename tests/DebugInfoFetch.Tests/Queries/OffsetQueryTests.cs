using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Queries;

public class OffsetQueryTests
{
    private readonly KernelModelBuilder _k = new();

    public OffsetQueryTests()
    {
        TypeId listHead = _k.StructAt("include/linux/types.h:193", "list_head", 16,
            Member("next", _k.PointerTo("list_head"), 0), Member("prev", _k.PointerTo("list_head"), 8));
        TypeId inner = _k.Struct("inner", 8, Member("lo", _k.U32, 0), Member("hi", _k.U32, 4));
        TypeId anonymousStruct = _k.Struct("", 8, Member("x", _k.U32, 0), Bits("y", _k.UnsignedInt, 35, 4));
        TypeId anonymousUnion = _k.Union("", 8, Member("whole", _k.U64, 0), Member("", anonymousStruct, 0));
        _k.StructAt("fs/group.h:10", "group", 128,
            Member("lock", _k.Int, 0), Member("list", listHead, 8), Member("inners", _k.Array(inner, 3), 24), Member("", anonymousUnion, 48),
            Bits("ro", _k.UnsignedInt, 449, 3), Member("owner", _k.PointerTo("group"), 64), Member("grid", _k.Array(_k.Array(_k.U16, 4), 2), 72),
            Member("flex", _k.Array(_k.U8, null), 88));
        _k.Typedef("group_t", _k.Reference(TypeKind.Struct, "group"));
    }

    private OffsetAnswer Ask(string path) => new OffsetQuery(_k.Build()).Answer(path);

    private MemberPlace Found(string path) => Assert.IsType<OffsetAnswer.Found>(Ask(path)).Place;

    private OffsetAnswer.NotFound NotFound(string path) => Assert.IsType<OffsetAnswer.NotFound>(Ask(path));

    [Fact]
    public void A_member_has_offset_size_type_and_the_place_of_its_struct()
    {
        MemberPlace place = Found("list_head.prev");
        Assert.Equal([8], place.Offsets);
        Assert.Equal(8, place.ByteSize);
        Assert.Equal("struct list_head *", place.Type);
        Assert.Equal("include/linux/types.h:193", place.DeclaredAt.ToString());
        Assert.False(place.CrossesPointer);
    }

    [Theory]
    [InlineData("group.list.prev", 16)]
    [InlineData("group.inners[2].hi", 44)]
    [InlineData("struct group.inners[0x1].lo", 32)]
    [InlineData("group.grid[1][2]", 84)]
    [InlineData("group.grid[1]", 80)]
    public void Embedded_structs_and_elements_add_up(string path, long offset) => Assert.Equal([offset], Found(path).Offsets);

    [Fact]
    public void Members_of_anonymous_structs_and_unions_are_found_through_them()
    {
        Assert.Equal(48, Found("group.whole").ByteOffset);
        Assert.Equal(48, Found("group.x").ByteOffset);
    }

    [Fact]
    public void A_bit_field_counts_its_bits_from_the_start_of_the_outermost_struct()
    {
        MemberPlace direct = Found("group.ro");
        Assert.Equal((449, 3, 56, "unsigned int:3"), (direct.BitOffset, direct.BitSize, direct.ByteOffset, direct.Type));
        MemberPlace nested = Found("group.y");
        Assert.Equal(((48 * 8) + 35, 4), (nested.BitOffset, nested.BitSize));
    }

    [Fact]
    public void A_pointer_that_is_followed_begins_a_new_offset()
        => Assert.Equal([64, 8, 8], Found("group.owner->list.next->prev").Offsets);

    [Fact]
    public void A_bit_field_behind_a_pointer_counts_from_what_the_pointer_points_at()
    {
        MemberPlace place = Found("group.owner->ro");
        Assert.Equal([64, 56], place.Offsets);
        Assert.Equal(449, place.BitOffset);
    }

    [Fact]
    public void An_index_on_a_pointer_reads_the_pointer_and_steps_by_the_size_of_what_it_points_at()
        => Assert.Equal([64, (2 * 128) + 8], Found("group.owner[2].list").Offsets);

    [Fact]
    public void A_struct_alone_is_at_offset_0_with_its_size()
        => Assert.Equal((0, 128), (Found("group").ByteOffset, Found("group").ByteSize));

    [Fact]
    public void A_typedef_names_a_path_too() => Assert.Equal([8], Found("group_t.list").Offsets);

    [Fact]
    public void A_flexible_array_has_an_offset_no_size_and_no_bound()
    {
        Assert.Null(Found("group.flex").ByteSize);
        Assert.Equal(1088, Found("group.flex[1000]").ByteOffset);
    }

    [Fact]
    public void An_index_beyond_the_bound_is_refused_with_the_bound()
        => Assert.Contains("has 3 elements", NotFound("group.inners[3].lo").Message, StringComparison.Ordinal);

    [Fact]
    public void A_dot_on_a_pointer_is_told_to_be_an_arrow()
        => Assert.Contains("write group.owner->list", NotFound("group.owner.list").Message, StringComparison.Ordinal);

    [Fact]
    public void An_arrow_on_an_embedded_struct_is_told_to_be_a_dot()
        => Assert.Contains("write group.list.next", NotFound("group.list->next").Message, StringComparison.Ordinal);

    [Fact]
    public void Members_of_an_array_need_an_index_first()
        => Assert.Contains("write group.inners[0].lo", NotFound("group.inners.lo").Message, StringComparison.Ordinal);

    [Fact]
    public void What_has_no_members_says_its_type()
        => Assert.Contains("group.lock has no members, its type is int", NotFound("group.lock.x").Message, StringComparison.Ordinal);

    [Fact]
    public void A_wrong_member_is_answered_with_similar_ones_anonymous_members_included()
    {
        OffsetAnswer.NotFound answer = NotFound("group.whol");
        Assert.Contains("struct group has no member 'whol'", answer.Message, StringComparison.Ordinal);
        Assert.Equal("whole", answer.Suggestions[0]);
    }

    [Fact]
    public void A_wrong_struct_is_answered_with_similar_ones()
    {
        OffsetAnswer.NotFound answer = NotFound("list_haed.next");
        Assert.Contains("no struct, union or typedef 'list_haed'", answer.Message, StringComparison.Ordinal);
        Assert.Equal(["list_head"], answer.Suggestions);
    }

    [Fact]
    public void A_keyword_insists_on_its_kind() => Assert.Contains("no union 'group'", NotFound("union group.lock").Message, StringComparison.Ordinal);

    [Fact]
    public void A_struct_that_is_only_declared_is_not_guessed_at()
    {
        _k.Struct("holder", 8, Member("p", _k.PointerTo("opaque"), 0));
        Assert.Equal([0], Found("holder.p").Offsets);
        Assert.Contains("struct opaque is only declared", NotFound("holder.p->x").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("group.")]
    [InlineData("group.list.")]
    [InlineData("group.inners[-1]")]
    [InlineData("group.inners[")]
    [InlineData("group list")]
    [InlineData("gro-up.x")]
    [InlineData("group.list\n")]
    public void What_is_no_path_is_not_found_and_no_crash(string path)
    {
        if (path.EndsWith('\n')) { Assert.Equal([8], Found(path).Offsets); }
        else { Assert.NotEmpty(NotFound(path).Message); }
    }

    [Fact]
    public void An_index_that_overflows_is_refused()
        => Assert.Contains("beyond the end of memory", NotFound("group.owner[9223372036854775807]").Message, StringComparison.Ordinal);
}
