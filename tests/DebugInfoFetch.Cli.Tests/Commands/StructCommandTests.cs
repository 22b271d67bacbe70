using System.Text.Json;

namespace DebugInfoFetch.Cli.Tests.Commands;

public sealed class StructCommandTests
{
    private readonly CliHarness _cli = new();

    public StructCommandTests() => _cli.Cache(SampleKernel.Create());

    [Fact]
    public void Prints_a_layout_to_standard_output_and_nothing_else()
    {
        CliRun run = Struct("btrfs_block_group");

        Assert.StartsWith("struct btrfs_block_group {\n\tstruct btrfs_fs_info *     fs_info;", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("/* fs/btrfs/block-group.h:108 */\n};\n", run.Output, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void Every_layout_of_a_name_is_printed_and_a_note_tells_where_each_is_declared()
    {
        CliRun run = Struct("twin");

        Assert.Equal(2, run.Output.Split("struct twin {").Length - 1);
        Assert.Contains("twin has 2 layouts", run.Error, StringComparison.Ordinal);
        Assert.Contains("net/b.c:2", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public void A_mistyped_name_is_refused_with_what_it_is_like()
    {
        CliRun run = Struct("btrfs_blok_group");

        Assert.Equal((ExitCode.Refused, ""), (run.ExitCode, run.Output));
        Assert.Contains("did you mean btrfs_block_group", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_in_json_is_an_object_a_line_with_exactly_the_documented_keys()
    {
        CliRun run = Struct("--all", "--json");

        Assert.Equal(4, run.OutputLines.Length);
        foreach (string line in run.OutputLines)
        {
            using JsonDocument layout = JsonDocument.Parse(line);
            Assert.Equal(
                ["kind", "name", "byteSize", "file", "line", "module", "members"], layout.RootElement.EnumerateObject().Select(property => property.Name));
        }
    }

    [Theory]
    [InlineData]
    [InlineData("--all", "twin")]
    public void Takes_either_names_or_all(params string[] arguments) => Assert.Equal(ExitCode.Usage, Struct(arguments).ExitCode);

    [Fact]
    public void The_kernel_is_closed_when_the_answer_is_given()
    {
        Struct("--all");

        Assert.Equal(0, _cli.OpenKernels);
    }

    private CliRun Struct(params string[] arguments) => _cli.Run(["struct", "--kernel", SampleKernel.Release, .. arguments]);
}
