using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Cli.Tests.Commands;

public class KernelsCommandTests
{
    private static OfferedKernel Debian(string release, string version, long size) => new(release, Distribution.Debian, "x86_64", version, null, size);

    private static CliHarness Harness(params OfferedKernel[] kernels) => new()
    {
        OnList = (distribution, query) => KernelListing.Of(kernels.Where(k => k.Distribution == distribution), query, [new("apt-cache show", "apt: 2 packages that fit")], ["apt-get update"]),
    };

    [Fact]
    public void Builds_are_listed_newest_first_without_columns_that_nothing_is_known_for()
    {
        CliRun run = Harness(Debian("6.1.0-56-amd64", "6.1.192-2", 858_383_044), Debian("6.12.117+deb12-amd64", "6.12.117-1", 1_030_000_000)).Run("kernels", "--distro", "debian");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(["RELEASE               VERSION         SIZE", "6.12.117+deb12-amd64  6.12.117-1   1.03 GB", "6.1.0-56-amd64        6.1.192-2   858.4 MB"], run.OutputLines);
    }

    [Fact]
    public void Json_has_one_object_a_build()
        => Assert.Equal("""{"release":"6.13.5-200.fc41.x86_64","distribution":"fedora","architecture":"x86_64","packageVersion":"","byteSize":null,"published":"2025-02-27T15:21:51+00:00"}""" + "\n",
            Harness(new OfferedKernel("6.13.5-200.fc41.x86_64", Distribution.Fedora, "x86_64", "", new DateTimeOffset(2025, 2, 27, 15, 21, 51, TimeSpan.Zero), null))
                .Run("kernels", "--json", "--distro", "fedora", "6.13*").Output);

    [Fact]
    public void A_release_in_the_place_of_a_glob_tells_the_distribution()
    {
        CliHarness harness = Harness(new OfferedKernel("5.14.0-570.12.1.el9_6.x86_64", Distribution.Rocky, "x86_64", "", null, null),
            new OfferedKernel("5.14.0-570.12.1.el9_6.x86_64", Distribution.Alma, "x86_64", "", null, null));

        Assert.Equal(["RELEASE                       FROM", "5.14.0-570.12.1.el9_6.x86_64  alma", "5.14.0-570.12.1.el9_6.x86_64  rocky"], harness.Run("kernels", "5.14.0-570.12.1.el9_6").OutputLines);
    }

    [Fact]
    public void Nothing_offered_is_told_with_every_place_and_its_answer()
    {
        CliRun run = new CliHarness().Run("kernels", "--distro", "fedora", "9*");

        Assert.Equal(ExitCode.KernelUnavailable, run.ExitCode);
        Assert.Equal("dbgfetch: no kernel like 9* was found\n  tried http://a.invalid/list: 404 Not Found\n  ask again tomorrow\n", run.Error);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void A_mistyped_distribution_gets_the_one_that_was_meant()
    {
        CliRun run = new CliHarness().Run("kernels", "--distro", "fedorra");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith("dbgfetch: --distro fedorra: no such distribution; did you mean fedora?\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Distributions_are_completed()
        => Assert.Equal(["alma", "amazon", "arch"], new CliHarness().Run("__complete", "--", "kernels", "--distro", "a").OutputLines.Order());
}
