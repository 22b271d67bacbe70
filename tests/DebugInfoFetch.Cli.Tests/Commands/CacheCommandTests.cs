using System.Text.Json;
using DebugInfoFetch.Cli.Backend;

namespace DebugInfoFetch.Cli.Tests.Commands;

/// <summary>fetch, list, info and remove.</summary>
public sealed class CacheCommandTests
{
    private readonly CliHarness _cli = new();

    [Fact]
    public void Fetch_hands_on_what_was_typed_and_tells_what_came()
    {
        _cli.OnFetch = (_, progress) =>
        {
            progress.Stage("Downloading x.rpm", 100);
            progress.Report(100);
            return new FetchOutcome.Ready(_cli.Cache(SampleKernel.Create()), IsNew: true);
        };

        CliRun run = _cli.Run(
            "fetch", "--kernel", "6.13.5", "--arch", "x86_64", "--module", "btrfs", "--module", "xfs", "--elf", "vmlinux", "btrfs.ko", "--base-url", "http://h.invalid",
            "--cache", "/c", "--refresh");

        FetchRequest request = Assert.Single(_cli.Fetched);
        Assert.Equal(("6.13.5", "x86_64", "http://h.invalid", "/c", true), (request.KernelSpec, request.Architecture, request.BaseUrl, request.CacheDirectory, request.Refresh));
        Assert.Equal(["btrfs", "xfs"], request.Modules);
        Assert.Equal(["vmlinux", "btrfs.ko"], request.ElfFiles);
        Assert.Equal($"{SampleKernel.Release} (x86_64, test): ready, 3 modules, 1.2 MB\n", run.Output);
        Assert.Contains("# Downloading x.rpm: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public void A_kernel_that_nobody_has_is_answered_with_each_place_and_what_to_do()
    {
        CliRun run = _cli.Run("fetch", "--kernel", "9.9.9");

        Assert.Equal((ExitCode.KernelUnavailable, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            "dbgfetch: nobody has 9.9.9\n  tried http://a.invalid/x.rpm: 404 Not Found\n  give a package: --package FILE\n", run.Error);
    }

    [Fact]
    public void A_package_and_own_files_exclude_each_other()
        => Assert.Equal(ExitCode.Usage, _cli.Run("fetch", "--kernel", "x", "--package", "a.rpm", "--elf", "vmlinux").ExitCode);

    [Theory]
    [InlineData("200M", 200L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("1048576", 1L << 20)]
    public void Memory_is_taken_in_bytes_and_their_powers_of_1024(string typed, long bytes)
    {
        _cli.Run("fetch", "--kernel", "x", "--memory", typed);
        Assert.Equal(bytes, Assert.Single(_cli.Fetched).MemoryBudget);
    }

    [Theory]
    [InlineData("--memory", "500k")]
    [InlineData("--memory", "much")]
    [InlineData("--memory", "-1G")]
    [InlineData("--memory", "99999999999G")]
    [InlineData("--limit-rate", "0")]
    [InlineData("--limit-rate", "100")]
    public void What_is_no_amount_is_a_usage_error(string option, string typed)
    {
        CliRun run = _cli.Run("fetch", "--kernel", "x", $"{option}={typed}");
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains($"{option} {typed}: bytes", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Downloading https://host/pub/kernel-debuginfo-6.13.5-200.fc41.x86_64.rpm", "Downloading kernel-debu…")]
    [InlineData("Reading btrfs out of https://host/pub/kernel-debuginfo-6.13.5-200.fc41.x86_64.rpm", "Reading btrfs")]
    [InlineData("Writing the cache", "Writing the cache")]
    public void A_stages_title_is_short_beside_a_bar(string title, string shown) => Assert.Equal(shown, Terminal.ProgressBars.Short(title));

    [Fact]
    public void Connections_are_few_unless_one_is_asked_for()
    {
        _cli.Run("fetch", "--kernel", "x");
        _cli.Run("fetch", "--kernel", "x", "--connections", "1");
        Assert.Equal([4, 1], _cli.Fetched.Select(request => request.Transfers.ParallelRanges));
        Assert.Equal(ExitCode.Usage, _cli.Run("fetch", "--kernel", "x", "--connections", "100").ExitCode);
    }

    [Fact]
    public void A_stages_line_tells_time_amount_and_modules()
    {
        _cli.OnFetch = (_, progress) =>
        {
            progress.Stage("Indexing x.deb", 5_000);
            progress.Report(5_000);
            progress.Modules(4231);
            return new FetchOutcome.Unavailable("stopped here", [], []);
        };
        Assert.Matches(@"# Indexing x\.deb: \d+\.\d s, 5(\.0)? kB at .+/s, 4231 modules", _cli.Run("fetch", "--kernel", "x").Error);
    }

    [Fact]
    public void List_fits_80_columns()
    {
        _cli.Cache(SampleKernel.Create("6.12.117+deb12-cloud-amd64"));
        _cli.Cache(SampleKernel.Create());

        CliRun run = _cli.Run("list");

        Assert.Equal(3, run.OutputLines.Length);
        Assert.All(run.OutputLines, line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public void A_part_of_a_kernel_is_told_as_one()
    {
        _cli.Cache(new DebugInfoFetch.TestKit.Model.KernelModelBuilder(SampleKernel.Release, isComplete: false).Build());

        Assert.Contains("test (part)", _cli.Run("list").Output, StringComparison.Ordinal);
        Assert.Contains("\"isPart\":true", _cli.Run("list", "--json").Output, StringComparison.Ordinal);
        Assert.Contains($"a part of the kernel; all of it: dbgfetch fetch --kernel {SampleKernel.Release}", _cli.Run("info", "-k", SampleKernel.Release).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "xfs_mount.m_super")]
    [InlineData("struct", "xfs_mount")]
    [InlineData("symbol", "xfs_mountfs")]
    [InlineData("function", "xfs_mountfs")]
    [InlineData("function", "xfs:xfs_mountfs")]
    [InlineData("lines", "xfs_mountfs")]
    [InlineData("vars", "xfs_mountfs")]
    public void What_a_part_lacks_has_the_command_that_fetches_more(string command, string name)
    {
        _cli.Cache(new DebugInfoFetch.TestKit.Model.KernelModelBuilder(SampleKernel.Release, isComplete: false).Build());

        CliRun run = _cli.Run(command, "-k", SampleKernel.Release, name);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains($"; more: dbgfetch fetch --kernel {SampleKernel.Release} --module ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain($"{SampleKernel.Release} has no ", run.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Fetched);
    }

    [Fact]
    public void An_empty_list_has_no_answer_but_says_how_to_begin()
    {
        CliRun run = _cli.Run("list");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Output));
        Assert.Contains("dbgfetch fetch", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_tells_release_and_modules()
    {
        _cli.Cache(SampleKernel.Create());

        Assert.Contains(SampleKernel.Release, _cli.Run("info", "-k", "6.13.5-200.fc41").Output, StringComparison.Ordinal);
        using JsonDocument info = JsonDocument.Parse(_cli.Run("info", "-k", "6.13.5-200.fc41", "--json").Output);
        Assert.Equal(["vmlinux", "btrfs", "xfs"], info.RootElement.GetProperty("modules").EnumerateArray().Select(module => module.GetProperty("name").GetString()));
    }

    [Fact]
    public void Remove_takes_the_kernel_out_of_the_cache()
    {
        _cli.Cache(SampleKernel.Create());

        Assert.Equal(ExitCode.Success, _cli.Run("remove", "-k", SampleKernel.Release).ExitCode);
        Assert.Empty(_cli.Files());
    }

    [Fact]
    public void A_release_that_may_mean_several_kernels_is_refused_with_all_of_them()
    {
        _cli.Cache(SampleKernel.Create());
        _cli.Cache(SampleKernel.Create("6.13.5-200.fc41.aarch64"));

        CliRun run = _cli.Run("remove", "-k", "6.13.5-200.fc41");

        Assert.Equal(ExitCode.KernelUnavailable, run.ExitCode);
        Assert.Contains(SampleKernel.Release, run.Error, StringComparison.Ordinal);
        Assert.Contains("6.13.5-200.fc41.aarch64", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, _cli.Files().Count);
    }

    [Fact]
    public void A_kernel_that_is_not_cached_is_answered_with_the_command_that_fetches_it()
    {
        _cli.Cache(SampleKernel.Create());

        CliRun run = _cli.Run("info", "-k", "6.13.6-200.fc41.x86_64");

        Assert.Equal(ExitCode.KernelUnavailable, run.ExitCode);
        Assert.Contains("dbgfetch fetch --kernel 6.13.6-200.fc41.x86_64", run.Error, StringComparison.Ordinal);
        Assert.Contains($"did you mean {SampleKernel.Release}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/opt/a", "/opt/b", "/opt/x", "/opt/a")]
    [InlineData(null, "/opt/b", "/opt/x", "/opt/b")]
    [InlineData(null, null, "/opt/x", "/opt/x/dbgfetch")]
    [InlineData(null, null, "relative", "/home/me/.cache/dbgfetch")]
    [InlineData(null, null, null, "/home/me/.cache/dbgfetch")]
    public void The_cache_lies_where_the_nearest_setting_says(string? option, string? variable, string? xdg, string expected)
    {
        _cli.Environment["HOME"] = "/home/me";
        if (variable is not null) { _cli.Environment["DBGFETCH_CACHE"] = variable; }
        if (xdg is not null) { _cli.Environment["XDG_CACHE_HOME"] = xdg; }

        _cli.Run(option is null ? ["list"] : ["list", "--cache", option]);

        Assert.Equal(expected, _cli.CacheDirectory);
    }
}
