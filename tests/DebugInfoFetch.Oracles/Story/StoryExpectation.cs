using System.Text.Json;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Story;

/// <summary>
/// What is true of the story's probe on the kernel under test, from tools that are not ours: <c>perf probe</c> for the line, <c>pahole</c> for
/// the offsets. The issue's own literals are asserted beside it.
/// </summary>
internal static class StoryExpectation
{
    /// <summary>Checks a definition line against perf's, place by place, and against the literals that the issue asks for.</summary>
    public static void AssertLine(DebianKernel kernel, string line)
    {
        DefinitionLine ours = DefinitionLine.Parse(line);
        ToolResult answer = ToolRun.Run(
            "perf", ["probe", "-m", kernel.Module("btrfs"), "-D", string.Join(' ', IndexedKernel.StoryProbe.SkipWhile(a => a != "__btrfs_add_free_space_zoned"))]).OrThrow();
        DefinitionLine perf = answer.Lines.Select(DefinitionLine.Parse).Single(l => l.Offset == 0);

        Assert.StartsWith("p:myprobe ", line, StringComparison.Ordinal);
        Assert.Contains(" length=+32(%di):u64 alloc_offset=+520(%di):u64", line, StringComparison.Ordinal);
        Assert.Equal((perf.Symbol, perf.Offset), (ours.Symbol, ours.Offset));
        Assert.Equal(perf.Arguments.Select(a => (a.Name, a.Fetch)), ours.Arguments.Select(a => (a.Name, a.Fetch)));
    }

    /// <summary>Checks the two offsets that <c>offset --json</c> printed against pahole's, and against the literals.</summary>
    public static void AssertOffsets(DebianKernel kernel, ToolResult offset)
    {
        Dictionary<string, long> ours = offset.OrThrow().Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(o => o.GetProperty("path").GetString()!, o => o.GetProperty("byteOffset").GetInt64());
        TypeLayout pahole = PaholeOutput.Of(kernel.Module("btrfs"), out _).Single(t => t.Name == "btrfs_block_group");
        Assert.Equal(
            pahole.Members.Where(m => m.Path is "length" or "alloc_offset").ToDictionary(m => $"btrfs_block_group.{m.Path}", m => m.ByteOffset!.Value), ours);
        Assert.Equal(32, ours["btrfs_block_group.length"]);
        Assert.Equal(520, ours["btrfs_block_group.alloc_offset"]);
    }
}
