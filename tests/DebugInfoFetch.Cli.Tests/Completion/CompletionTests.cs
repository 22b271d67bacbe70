using DebugInfoFetch.Cli.Completion;

namespace DebugInfoFetch.Cli.Tests.Completion;

public sealed class CompletionTests
{
    private readonly CliHarness _cli = new();

    public CompletionTests() => _cli.Cache(SampleKernel.Create());

    [Theory]
    [InlineData("offset", "of")]
    [InlineData("--kernel", "offset", "--k")]
    [InlineData(SampleKernel.Release, "offset", "--kernel", "6.")]
    [InlineData("btrfs_block_group btrfs_fs_info", "struct", "--kernel", "6.13.5", "btrfs_")]
    [InlineData("btrfs_block_group.length", "offset", "--kernel", "6.13.5", "btrfs_block_group.l")]
    [InlineData("btrfs_block_group.start btrfs_block_group.state", "offset", "-k", "6.13.5", "btrfs_block_group.st")]
    [InlineData("btrfs_block_group.fs_info->generation", "offset", "--kernel=6.13.5", "btrfs_block_group.fs_info->")]
    [InlineData("__btrfs_add_free_space_zoned", "probe", "--kernel", "6.13.5", "__btrfs")]
    [InlineData("__btrfs_add_free_space_zoned.isra.0", "symbol", "--kernel", "6.13.5", "__btrfs")]
    [InlineData("echo", "probe", "--format", "e")]
    [InlineData("bash", "completion", "b")]
    [InlineData("", "nonsense", "x")]
    public void The_word_that_is_typed_is_completed(string expected, params string[] words)
    {
        CliRun run = _cli.Run(["__complete", "--", .. words]);

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), run.OutputLines);
        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void A_damaged_cache_offers_nothing_and_says_nothing()
    {
        _cli.OnOpen = () => throw new IOException("damaged");

        CliRun run = _cli.Run("__complete", "--", "struct", "-k", SampleKernel.Release, "b");

        Assert.Equal((ExitCode.Success, "", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Every_shells_script_asks_the_program(string shell)
        => Assert.Contains($"dbgfetch {CompleteCommand.Name} -- ", _cli.Run("completion", shell).Output, StringComparison.Ordinal);
}
