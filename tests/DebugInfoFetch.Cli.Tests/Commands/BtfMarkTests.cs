namespace DebugInfoFetch.Cli.Tests.Commands;

/// <summary>Every answer of a kernel that was indexed from BTF says so; none of another does.</summary>
public sealed class BtfMarkTests
{
    public static TheoryData<string[]> Answers =>
    [
        ["offset", "btrfs_block_group.length"], ["offset", "btrfs_block_group.nothing"], ["struct", "btrfs_block_group"], ["struct", "--all"], ["symbol", "vfs_read"],
        ["probe", "vfs_read"], ["probe", "no_such_function"], ["function", "vfs_read"], ["info"],
    ];

    [Theory]
    [MemberData(nameof(Answers))]
    public void Each_JSON_object_ends_with_where_it_is_from(string[] words)
    {
        Assert.All(Lines(true, words), line => Assert.Contains("\"from\":\"btf\"", line, StringComparison.Ordinal));
        Assert.All(Lines(false, words), line => Assert.DoesNotContain("\"from\":", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("offset", "btrfs_block_group.length")]
    [InlineData("struct", "btrfs_block_group")]
    [InlineData("symbol", "vfs_read")]
    [InlineData("probe", "vfs_read")]
    public void A_person_is_told_on_standard_error(params string[] words)
    {
        Assert.Contains("from BTF", Ask(true, [.. words]).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("BTF", Ask(false, [.. words]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_and_a_kernels_own_page_say_so()
    {
        var cli = new CliHarness();
        cli.Cache(SampleKernel.Create(isFromBtf: true));
        Assert.Contains("test (BTF)", cli.Run("list").Output, StringComparison.Ordinal);
        Assert.Contains("from BTF and symbols", cli.Run("info", "--kernel", SampleKernel.Release).Output, StringComparison.Ordinal);
        Assert.Contains("\"from\":\"btf\"", cli.Run("list", "--json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Quick_reaches_the_fetch()
    {
        var cli = new CliHarness();
        cli.Run("fetch", "--quick", "--kernel", "6.12.9-amd64");
        Assert.True(Assert.Single(cli.Fetched).Quick);
    }

    private static string[] Lines(bool isFromBtf, string[] words)
    {
        string[] lines = Ask(isFromBtf, [.. words, "--json"]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        return lines;
    }

    private static CliRun Ask(bool isFromBtf, string[] words)
    {
        var cli = new CliHarness();
        cli.Cache(SampleKernel.Create(isFromBtf: isFromBtf));
        return cli.Run([words[0], "--kernel", SampleKernel.Release, .. words[1..]]);
    }
}
