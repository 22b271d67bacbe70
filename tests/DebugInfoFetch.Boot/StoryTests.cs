using DebugInfoFetch.TestKit.Boot;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Boot;

/// <summary>The whole promise on the reporter's side: the kernel takes the line, and what it prints is true.</summary>
public sealed class StoryTests
{
    [Fact]
    public void The_stock_kernel_takes_the_generated_line_and_prints_true_values_of_a_zoned_btrfs()
    {
        StockKernel kernel = StockKernel.Newest;
        string definition = Definition();

        IReadOnlyList<ZonedFreeSpace> calls = ZonedBtrfs.Trace(kernel, definition);

        Assert.NotEmpty(calls);
        Assert.All(calls, call =>
        {
            // A block group of a zoned device is one zone; what is freed lies inside it and before its write pointer.
            Assert.Equal(ZonedBtrfs.ZoneBytes, call.Length);
            Assert.InRange(call.AllocOffset, 1, ZonedBtrfs.ZoneBytes);
            Assert.InRange(call.Size, 1, call.AllocOffset - (call.Bytenr % ZonedBtrfs.ZoneBytes));
            Assert.Equal(0, call.AllocOffset % ZonedBtrfs.SectorBytes);
            Assert.Equal(0, call.Bytenr % ZonedBtrfs.SectorBytes);
            Assert.Equal(1, call.Used);
        });
        // One of the block groups holds the files' data: all of it was written, and all of it was freed.
        Assert.Contains(calls.GroupBy(call => call.BlockGroup), group =>
            group.Sum(call => call.Size) == ZonedBtrfs.DeletedBytes && group.Max(call => call.AllocOffset) == ZonedBtrfs.DeletedBytes);
    }

    private static string Definition()
        => IndexedKernel.Shared.Dbgfetch(
            "probe", "--format", "definition", "--name", "myprobe", "btrfs:__btrfs_add_free_space_zoned",
            "block_group", "length=block_group->length", "alloc_offset=block_group->alloc_offset", "bytenr", "size", "used")
            .OrThrow().Output.TrimEnd();
}
