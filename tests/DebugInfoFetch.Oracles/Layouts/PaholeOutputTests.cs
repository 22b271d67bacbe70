using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Layouts;

/// <summary>The oracle's reader is checked on lines as pahole 1.24 prints them for a 6.12 kernel.</summary>
public class PaholeOutputTests
{
    [Fact]
    public void Plain_members_function_pointers_and_arrays_have_name_offset_and_size()
    {
        TypeLayout type = Assert.Single(PaholeOutput.Parse("""
            struct a {
            	struct list_head *         next;                 /*     0     8 */
            	void                       (*func)(struct callback_head *); /*     8     8 */
            	int                        (*ops[2])(int, void *); /*    16    16 */
            	u32                        times_prev[2][7] __attribute__((__aligned__(64))); /*    64    56 */
            	/* --- cacheline 2 boundary (128 bytes) --- */
            	char                       data[];               /*   128     0 */

            	/* size: 128, cachelines: 2, members: 5 */
            	/* last cacheline: 64 bytes */
            } __attribute__((__aligned__(64)));

            """));
        Assert.Equal(("struct", "a", 128L), (type.Kind, type.Name, type.ByteSize!.Value));
        Assert.Equal(
            [new("next", 0, 8), new("func", 8, 8), new("ops", 16, 16), new("times_prev", 64, 56), new MemberLayout("data", 128, 0)], type.Members);
    }

    [Fact]
    public void Bit_fields_count_bits_from_the_start_of_the_type_and_paddings_are_no_members()
    {
        TypeLayout type = Assert.Single(PaholeOutput.Parse("""
            struct b {
            	unsigned int               one:1;                /*  2356: 0  4 */

            	/* XXX 9 bits hole, try to pack */

            	unsigned int               two:3;                /*  2360:10  4 */
            	enum {
            		A = 0,
            		B = -1,
            	} state:16;                                      /*  2360:16  4 */
            	u64                        :13;
            };
            """));
        Assert.Equal([new("one", null, 4, 18848, 1), new("two", null, 4, 18890, 3), new MemberLayout("state", null, 4, 18896, 16)], type.Members);
        Assert.Null(type.ByteSize);
    }

    [Fact]
    public void Nested_members_follow_their_holder_and_a_pointers_target_is_no_part_of_the_type()
    {
        TypeLayout type = Assert.Single(PaholeOutput.Parse("""
            struct c {
            	union {
            		long                       key;          /*     0     8 */
            		struct {
            			int                hash;         /*     0     4 */
            		};                                       /*     0     4 */
            	};                                               /*     0     8 */
            	struct {
            		u16                v;                    /*     8     2 */
            	} __attribute__((__packed__)) irq[4];            /*     8     8 */
            	struct {
            		sector_t           from;                 /*     0     8 */

            		/* size: 8, cachelines: 1, members: 1 */
            	} * parts;                                       /*    16     8 */

            	/* size: 24, cachelines: 1, members: 3 */
            };
            """));
        Assert.Equal(24, type.ByteSize);
        Assert.Equal(
            [new("", 0, 8), new(".key", 0, 8), new(".", 0, 4), new("..hash", 0, 4), new("irq", 8, 8), new("irq.v", 8, 2), new MemberLayout("parts", 16, 8)],
            type.Members);
    }

    [Theory]
    [InlineData("struct a {\n\tint x; /* somewhere */\n};", "line 2")]
    [InlineData("struct a {\n\t/* a remark of a later pahole */\n};", "line 2")]
    [InlineData("struct a {\n\tint                        x;                    /*     0     4 */\n", "ends inside struct a")]
    [InlineData("class a {\n};", "line 1")]
    public void A_line_of_no_known_form_is_refused(string text, string message)
        => Assert.Contains(message, Assert.Throws<FormatException>(() => PaholeOutput.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_member_one_byte_off_and_a_missing_type_are_differences()
    {
        TypeLayout ours = new("struct", "a", 16, [new MemberLayout("x", 0, 4), new MemberLayout("y", 4, 4)], "vmlinux");
        TypeLayout theirs = ours with { Members = [new MemberLayout("x", 0, 4), new MemberLayout("y", 8, 4)] };
        LayoutComparison comparison = LayoutComparison.Of("vmlinux", [ours], [theirs, new TypeLayout("union", "u", null, [])]);
        Assert.Equal(0, comparison.Types);
        Assert.Equal(
            [
                "struct a: ours has y at byte 4, 4 bytes, not y at byte 8, 4 bytes",
                "union u: only pahole has it",
                "struct a: pahole prints none of ours; y at byte 4, 4 bytes, not y at byte 8, 4 bytes",
            ],
            comparison.Differences);
    }

    [Fact]
    public void Two_layouts_of_one_name_agree_when_each_has_its_equal()
    {
        TypeLayout first = new("struct", "a", 4, [new MemberLayout("x", 0, 4)], "vmlinux");
        TypeLayout second = new("struct", "a", 8, [new MemberLayout("x", 0, 8)], "vmlinux");
        LayoutComparison comparison = LayoutComparison.Of("vmlinux", [first, second], [second, first]);
        Assert.Equal((2, 2, 0), (comparison.Types, comparison.Members, comparison.Differences.Count));
    }
}
