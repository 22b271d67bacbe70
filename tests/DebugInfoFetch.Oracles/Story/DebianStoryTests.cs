using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Story;

/// <summary>The same from Debian's archive, by a release that does not age: with nothing cached, no more than <c>probe</c> was typed.</summary>
[Trait("needs", "kernel")]
public class DebianStoryTests(ITestOutputHelper log)
{
    [Fact]
    public void One_probe_command_goes_from_nothing_to_the_line()
    {
        IndexedKernel indexed = IndexedKernel.Shared;
        log.WriteLine(indexed.FirstProbe);
        StoryExpectation.AssertLine(indexed.Kernel, indexed.FirstProbe.Trim());
    }

    [Fact]
    public void The_offsets_are_paholes()
        => StoryExpectation.AssertOffsets(
            IndexedKernel.Shared.Kernel, IndexedKernel.Shared.Dbgfetch("offset", "--json", "btrfs_block_group.length", "btrfs_block_group.alloc_offset"));

    [Fact]
    public void A_name_that_the_kernel_has_not_is_refused_with_likely_ones()
    {
        ToolResult result = IndexedKernel.Shared.Dbgfetch("probe", "__btrfs_add_free_space_zone");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains("__btrfs_add_free_space_zoned", result.Error, StringComparison.Ordinal);
    }
}
