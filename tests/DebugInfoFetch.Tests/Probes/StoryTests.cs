using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>The line that the whole program is for.</summary>
public class StoryTests : ProbeTests
{
    public StoryTests()
    {
        TypeId group = K.StructAt("fs/btrfs/block-group.h:113", "btrfs_block_group", 640, Member("length", K.U64, 32), Member("alloc_offset", K.U64, 520));
        K.Function("__btrfs_add_free_space_zoned", "fs/btrfs/free-space-cache.c:2698", K.Int,
                ("block_group", K.PointerTo(group)), ("bytenr", K.U64), ("size", K.U64), ("used", K.Bool))
            .Entry("__btrfs_add_free_space_zoned.isra.0", 0x1000, "btrfs", Place.Register(Di), Place.Register(Si), Place.Register(Dx), Place.Register(Cx));
    }

    private ProbeDefinition Answer(string? group = null)
    {
        var request = new ProbeRequest("__btrfs_add_free_space_zoned",
            ["block_group", "length=block_group->length", "alloc_offset=block_group->alloc_offset", "bytenr", "size", "used"], "myprobe", group);
        return Assert.Single(Assert.IsType<ProbeAnswer.Lines>(new ProbeGenerator(K.Build()).Generate(request)).Definitions);
    }

    [Fact]
    public void The_line_names_the_real_symbol_of_the_module_and_what_to_read()
        => Assert.Equal("p:myprobe btrfs:__btrfs_add_free_space_zoned.isra.0 block_group=%di length=+32(%di):u64 alloc_offset=+520(%di):u64 "
            + "bytenr=%si:u64 size=%dx:u64 used=%cx:u8", Answer().ToDefinition());

    [Fact]
    public void The_command_appends_it() => Assert.Equal($"echo '{Answer().ToDefinition()}' >> /sys/kernel/tracing/kprobe_events", Answer().ToEcho());

    [Fact]
    public void A_group_stands_in_front_of_the_event() => Assert.StartsWith("p:mine/myprobe ", Answer("mine").ToDefinition(), StringComparison.Ordinal);

    [Fact]
    public void A_note_says_under_which_name_it_exists()
        => Assert.Contains("__btrfs_add_free_space_zoned exists in this kernel only as __btrfs_add_free_space_zoned.isra.0", Lines("__btrfs_add_free_space_zoned").Notes);

    [Fact]
    public void All_parameters_come_with_params()
        => Assert.Equal("p:__btrfs_add_free_space_zoned btrfs:__btrfs_add_free_space_zoned.isra.0 block_group=%di bytenr=%si:u64 size=%dx:u64 used=%cx:u8",
            Line("__btrfs_add_free_space_zoned", "$params"));

    [Fact]
    public void Parts_of_the_line_can_be_read_one_by_one()
    {
        ProbeDefinition definition = Answer();
        Assert.Equal(("myprobe", null, "btrfs", "__btrfs_add_free_space_zoned.isra.0"),
            (definition.Event.Name, definition.Event.Group, definition.Module, definition.Symbol));
        ProbeArgument pointer = definition.Arguments[0], length = definition.Arguments[1];
        Assert.Equal(("block_group", "block_group", "struct btrfs_block_group *", "x64"), (pointer.Name, pointer.Source, pointer.CType, pointer.EffectiveType));
        Assert.Equal(("length", "block_group->length", "u64", "u64"), (length.Name, length.Source, length.CType, length.EffectiveType));
    }
}
