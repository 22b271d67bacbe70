using System.Text.Json;

namespace DebugInfoFetch.Cli.Tests.Commands;

public sealed class OffsetCommandTests
{
    private readonly CliHarness _cli = new();

    public OffsetCommandTests() => _cli.Cache(SampleKernel.Create());

    [Fact]
    public void Answers_a_line_a_path_in_columns()
    {
        CliRun run = Offset("btrfs_block_group.length", "btrfs_block_group.alloc_offset", "btrfs_block_group.state", "btrfs_block_group.fs_info->generation");

        Assert.Equal(
            """
            btrfs_block_group.length                      32      8  u64
            btrfs_block_group.alloc_offset               520      8  u64
            btrfs_block_group.state                 40 bit 1  3 bit  unsigned int:3
            btrfs_block_group.fs_info->generation  +8(+0(p))      8  u64

            """.ReplaceLineEndings("\n"),
            run.Output);
        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void A_wrong_member_is_refused_with_what_it_is_like_and_the_others_are_answered()
    {
        CliRun run = Offset("btrfs_block_group.lenght", "btrfs_block_group.start");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.StartsWith("btrfs_block_group.start", run.Output, StringComparison.Ordinal);
        Assert.Contains("did you mean length", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Differing_layouts_of_a_name_are_listed_with_their_places()
    {
        CliRun run = Offset("twin.a");

        Assert.Equal((ExitCode.Refused, ""), (run.ExitCode, run.Output));
        Assert.Contains("fs/a.c:1", run.Error, StringComparison.Ordinal);
        Assert.Contains("net/b.c:2", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_an_object_a_line_also_for_what_is_refused()
    {
        CliRun run = Offset("--json", "btrfs_block_group.state", "btrfs_block_group.nope");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Equal("", run.Error);
        using JsonDocument state = JsonDocument.Parse(run.OutputLines[0]);
        Assert.Equal(
            (40, 321, 3),
            (state.RootElement.GetProperty("byteOffset").GetInt32(), state.RootElement.GetProperty("bitOffset").GetInt32(), state.RootElement.GetProperty("bitSize").GetInt32()));
        using JsonDocument nope = JsonDocument.Parse(run.OutputLines[1]);
        Assert.Equal("btrfs_block_group.nope", nope.RootElement.GetProperty("path").GetString());
        Assert.NotEmpty(nope.RootElement.GetProperty("error").GetString()!);
    }

    private CliRun Offset(params string[] arguments) => _cli.Run(["offset", "--kernel", SampleKernel.Release, .. arguments]);
}
