using System.Text.Json;

namespace DebugInfoFetch.Cli.Tests.Commands;

/// <summary><c>function</c>, <c>vars</c> and <c>lines</c> as the terminal and scripts see them.</summary>
public sealed class FunctionCommandTests
{
    private const string Zoned = "btrfs:__btrfs_add_free_space_zoned";
    private readonly CliHarness _cli = new();

    public FunctionCommandTests() => _cli.Cache(SampleKernel.Create());

    [Fact]
    public void Each_copy_is_shown_with_where_its_parameters_are()
    {
        CliRun run = Run("function", Zoned);
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("btrfs:__btrfs_add_free_space_zoned.isra.0, 64 bytes", run.OutputLines[1]);
        Assert.Equal("  block_group  %di  struct btrfs_block_group *", run.OutputLines[2]);
        Assert.Contains(".isra.0", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_has_a_verdict_a_parameter()
    {
        using JsonDocument json = JsonDocument.Parse(Run("function", Zoned, "--json").Output);
        JsonElement place = json.RootElement.GetProperty("places")[0];
        Assert.Equal("__btrfs_add_free_space_zoned.isra.0", place.GetProperty("symbol").GetString());
        JsonElement bytenr = place.GetProperty("variables")[1];
        Assert.Equal(("bytenr", "available", "%si"), (bytenr.GetProperty("name").GetString(), bytenr.GetProperty("verdict").GetString(), bytenr.GetProperty("fetch").GetString()));
    }

    [Fact]
    public void An_unknown_function_is_a_no_with_what_it_could_be()
    {
        CliRun run = Run("function", "vfs_raed");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("no function vfs_raed", run.Error, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Run("function", "vfs_raed", "--json").Output);
        Assert.Contains("no function", json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vars", Zoned + ":3")]
    [InlineData("lines", Zoned)]
    public void Without_the_debug_file_the_inside_is_not_known_and_the_next_step_is_told(string command, string place)
    {
        CliRun run = Run(command, place);
        Assert.NotEqual(ExitCode.Success, run.ExitCode);
        Assert.Contains("needs btrfs's debug file", run.Error, StringComparison.Ordinal);
        Assert.Contains("--elf FILE", run.Error, StringComparison.Ordinal);
    }

    private CliRun Run(string command, params string[] arguments) => _cli.Run([command, "-k", SampleKernel.Release, .. arguments]);
}
