using System.Text.Json;

namespace DebugInfoFetch.Cli.Tests.Commands;

public sealed class SymbolCommandTests
{
    private readonly CliHarness _cli = new();

    public SymbolCommandTests() => _cli.Cache(SampleKernel.Create());

    [Fact]
    public void A_base_name_shows_the_real_name()
    {
        CliRun run = Symbol("__btrfs_add_free_space_zoned");

        Assert.Equal("btrfs  .text+0x5e1f0  64  __btrfs_add_free_space_zoned.isra.0  isra\n", run.Output);
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public void A_glob_shows_each_with_its_address_and_flags()
        => Assert.Equal(
            "vmlinux  ffffffff81001000  64  vfs_read\nvmlinux  ffffffff81002000  64  vfs_readv  local, notrace\n", Symbol("vfs_*").Output);

    [Fact]
    public void Headings_are_for_terminals_only()
    {
        var terminal = new CliHarness { OutputIsTerminal = true, Environment = { ["NO_COLOR"] = "1" } };
        terminal.Cache(SampleKernel.Create());

        Assert.StartsWith("MODULE ", terminal.Run("symbol", "-k", SampleKernel.Release, "vfs_read").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MODULE", Symbol("vfs_read").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_are_for_terminals_whose_user_wants_them()
    {
        var terminal = new CliHarness { OutputIsTerminal = true };
        terminal.Cache(SampleKernel.Create());

        Assert.Contains('\x1b', terminal.Run("symbol", "-k", SampleKernel.Release, "vfs_read").Output);
        terminal.Environment["NO_COLOR"] = "1";
        Assert.DoesNotContain('\x1b', terminal.Run("symbol", "-k", SampleKernel.Release, "vfs_read").Output);
    }

    [Fact]
    public void An_unknown_symbol_is_refused_and_the_known_ones_are_answered()
    {
        CliRun run = Symbol("vfs_reed", "vfs_read");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("did you mean vfs_read", run.Error, StringComparison.Ordinal);
        Assert.Single(run.OutputLines);
    }

    [Fact]
    public void Json_keeps_every_digit_of_an_address()
    {
        using JsonDocument symbol = JsonDocument.Parse(Symbol("--json", "vfs_read").Output);

        Assert.Equal("0xffffffff81001000", symbol.RootElement.GetProperty("address").GetString());
        Assert.Equal(1, symbol.RootElement.GetProperty("occurrences").GetInt32());
    }

    private CliRun Symbol(params string[] arguments) => _cli.Run(["symbol", "--kernel", SampleKernel.Release, .. arguments]);
}
