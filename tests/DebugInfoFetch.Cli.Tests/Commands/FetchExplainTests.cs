using System.Text.Json;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Cli.Tests.Commands;

/// <summary><c>fetch --explain</c>, and texts in the place of a release.</summary>
public class FetchExplainTests
{
    [Fact]
    public void The_plan_is_shown_and_nothing_is_fetched()
    {
        var harness = new CliHarness();
        CliRun run = harness.Run("fetch", "--explain", "--kernel", "5.15.0-100.96.32.el8uek.x86_64");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(
        [
            "5.15.0-100.96.32.el8uek.x86_64 (Oracle Linux, x86_64)",
            "  1 Oracle's server of debug packages",
            "    https://oss.oracle.com/ol8/debuginfo/kernel-uek-debuginfo-5.15.0-100.96.32.el8uek.x86_64.rpm",
        ], run.OutputLines);
        Assert.Empty(harness.Fetched);
    }

    [Theory]
    [InlineData("6.13.5-200.fc41.x86_64")]
    [InlineData("5.14.0-570.73.1.el9_6.aarch64+64k")]
    [InlineData("6.1.66-91.160.amzn2023.x86_64")]
    [InlineData("6.4.0-150600.23.47-default")]
    [InlineData("5.15.0-43-generic")]
    [InlineData("6.12.117+deb12-cloud-amd64")]
    [InlineData("6.14.2-arch1-1")]
    public void Its_prose_fits_80_columns(string release)
        => Assert.All(new CliHarness().Run("fetch", "--explain", "--kernel", release).OutputLines.Where(l => !l.Contains("://", StringComparison.Ordinal) && !l.StartsWith("    apt-", StringComparison.Ordinal)),
            line => Assert.True(line.Length <= 80, line));

    [Fact]
    public void Json_has_every_step_in_order()
    {
        using JsonDocument json = JsonDocument.Parse(new CliHarness().Run("fetch", "--explain", "--json", "--kernel", "5.14.0-570.12.1.el9_6.x86_64", "--distro", "rocky").Output);
        JsonElement root = json.RootElement;

        Assert.Equal(("5.14.0-570.12.1.el9_6.x86_64", "rocky", "x86_64"), (root.GetProperty("release").GetString(), root.GetProperty("distribution").GetString(), root.GetProperty("architecture").GetString()));
        JsonElement[] steps = [.. root.GetProperty("steps").EnumerateArray()];
        Assert.Equal(["take", "take", "ask"], steps.Where(s => !s.GetProperty("isQuick").GetBoolean()).Select(s => s.GetProperty("kind").GetString()));
        Assert.Equal("https://dl.rockylinux.org/pub/rocky/9/BaseOS/x86_64/debug/tree/Packages/k/kernel-debuginfo-5.14.0-570.12.1.el9_6.x86_64.rpm", steps[0].GetProperty("url").GetString());
        Assert.EndsWith("/repodata/repomd.xml", steps[2].GetProperty("places")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_nobody_publishes_debug_information_of_has_what_is_left_in_its_plan()
    {
        CliRun run = new CliHarness().Run("fetch", "--explain", "--kernel", "6.14.2-arch1-1", "--arch", "x86_64");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("Arch publishes no debug information", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("if none has it: the kernel's own packages, for BTF and symbols\n  1 Arch's archive of all packages\n"
            + "    https://archive.archlinux.org/packages/l/linux/linux-6.14.2.arch1-1-x86_64.pkg.tar.zst\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quick_look_needs_the_kernels_own_packages_only()
    {
        CliRun run = new CliHarness().Run("fetch", "--explain", "--quick", "--kernel", "6.13.5-200.fc41.x86_64");

        Assert.Contains("/kernel-core-6.13.5-200.fc41.x86_64.rpm\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("/kernel-modules-core-6.13.5-200.fc41.x86_64.rpm\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("debuginfo", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_of_nobody_is_told_with_its_code()
        => Assert.Equal(ExitCode.KernelUnavailable, new CliHarness().Run("fetch", "--explain", "--kernel", "6.8.0-mine").ExitCode);

    [Fact]
    public void A_pasted_text_is_understood_as_the_kernel()
    {
        CliRun run = new CliHarness().Run("fetch", "--explain", "--kernel", "Ubuntu 5.15.0-139.149~20.04.1-generic 5.15.178", "--arch", "amd64");

        Assert.StartsWith("5.15.0-139-generic (Ubuntu, x86_64, package version 5.15.0-139.149~20.04.1)\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("/ubuntu/+archive/primary/+files/linux-image-unsigned-5.15.0-139-generic-dbgsym_5.15.0-139.149~20.04.1_amd64.ddeb\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--kernel", "-")]
    [InlineData("-k", "-")]
    [InlineData("--kernel=-")]
    public void A_dash_reads_the_text_from_standard_input(params string[] option)
    {
        var harness = new CliHarness { Input = "[1.2] CPU: 3 PID: 9 Comm: x Not tainted 6.13.5-200.fc41.x86_64 #1\n[1.2] RIP: 0010:foo\n" };

        Assert.StartsWith("6.13.5-200.fc41.x86_64 (Fedora, x86_64)\n", harness.Run(["fetch", "--explain", .. option]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_understands_a_pasted_text_too()
    {
        var harness = new CliHarness();
        harness.Cache(SampleKernel.Create());
        string release = SampleKernel.Create().Kernel.Release;

        Assert.Equal(harness.Run("info", "--json", "--kernel", release).Output, harness.Run("info", "--json", "--kernel", $"Linux h {release} #1 SMP x86_64 x86_64 x86_64 GNU/Linux").Output);
        Assert.Contains("fetch it: dbgfetch fetch --kernel 6.1.0-56-amd64 --arch x86_64",
            harness.Run("offset", "--kernel", "Linux h 6.1.0-56-amd64 #1 SMP Debian 6.1.192-2 (2026-10-20) x86_64 GNU/Linux", "a.b").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_of_another_rebuild_than_the_cached_one_gets_no_answer_from_that()
    {
        const string release = "5.14.0-427.13.1.el9_4.x86_64";
        var harness = new CliHarness();
        harness.Cache(new KernelModelBuilder(release, distribution: "alma").Build());

        CliRun run = harness.Run("symbol", "--kernel", $"Linux version {release} (mockbuild@x.bld.equ.rockylinux.org) (gcc (GCC) 11.4.1) #1 SMP", "vfs_read");
        Assert.Equal(ExitCode.KernelUnavailable, run.ExitCode);
        Assert.Contains($"fetch that one: dbgfetch fetch --kernel {release} --distro rocky", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, harness.OpenKernels);
    }

    [Fact]
    public void Two_readers_of_standard_input_are_refused()
    {
        CliRun run = new CliHarness().Run("probe", "--kernel", "-", "--file", "-");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("both read standard input", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", ExitCode.BadInput)]
    [InlineData("nothing\u001b[31m here\n", ExitCode.BadInput)]
    public void A_text_without_a_kernel_is_a_fault_of_one_printable_line(string text, ExitCode code)
    {
        CliRun run = new CliHarness { Input = text }.Run("fetch", "--explain", "--kernel", "-");

        Assert.Equal(code, run.ExitCode);
        Assert.DoesNotContain(run.Error.TrimEnd('\n'), char.IsControl);
    }

    [Fact]
    public void Distribution_and_build_ID_reach_the_fetch()
    {
        var harness = new CliHarness();
        harness.Run("fetch", "--kernel", "5.14.0-570.12.1.el9_6.x86_64", "--distro", "rocky", "--build-id", "00ff");

        Assert.Equal(("rocky", "00ff"), (Assert.Single(harness.Fetched).Distribution, harness.Fetched[0].BuildId));
    }
}
