using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Sources;

/// <summary>CentOS, RHEL and its rebuilds: release strings of real builds, addresses as their archives publish them.</summary>
public sealed class EnterpriseLinuxSourceTests : IDisposable
{
    private static readonly ArchiveApiOptions Fast = new() { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(2) };
    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private ArchiveApi Api => new(_http, Fast);
    private SourceOptions Loopback => new(_server.BaseUrl, _ => null);

    [Fact]
    public void Stream_is_looked_for_in_its_build_system_then_on_the_mirror_then_in_the_newest_compose()
    {
        KernelPlan plan = new CentOSSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.14.0-583.el9.aarch64+64k");

        Assert.Equal(
        [
            "https://kojihub.stream.centos.org/kojifiles/packages/kernel/5.14.0/583.el9/data/signed/8483c65d/aarch64/kernel-64k-debuginfo-5.14.0-583.el9.aarch64.rpm",
            "https://kojihub.stream.centos.org/kojifiles/packages/kernel/5.14.0/583.el9/aarch64/kernel-64k-debuginfo-5.14.0-583.el9.aarch64.rpm",
            "https://mirror.stream.centos.org/9-stream/BaseOS/aarch64/debug/tree/Packages/kernel-64k-debuginfo-5.14.0-583.el9.aarch64.rpm",
            "https://composes.stream.centos.org/stream-9/production/latest-CentOS-Stream/compose/BaseOS/aarch64/debug/tree/Packages/kernel-64k-debuginfo-5.14.0-583.el9.aarch64.rpm",
        ],
            PlanReading.Urls(plan));
        Assert.Equal("https://mirror.stream.centos.org/9-stream/BaseOS/aarch64/debug/tree/repodata/repomd.xml", PlanReading.Asked(plan)[0]);
    }

    [Fact]
    public void An_older_real_time_kernel_has_a_source_package_of_its_own()
        => Assert.Equal("https://kojihub.stream.centos.org/kojifiles/packages/kernel-rt/5.14.0/100.rt14.100.el9/x86_64/kernel-rt-debuginfo-5.14.0-100.rt14.100.el9.x86_64.rpm",
            PlanReading.Urls(new CentOSSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.14.0-100.rt14.100.el9.x86_64"))[1]);

    [Theory]
    [InlineData("3.10.0-957.el7.x86_64", "http://debuginfo.centos.org/7/x86_64/kernel-debuginfo-3.10.0-957.el7.x86_64.rpm")]
    [InlineData("3.10.0-957.el7.x86_64.debug", "http://debuginfo.centos.org/7/x86_64/kernel-debug-debuginfo-3.10.0-957.el7.x86_64.rpm")]
    [InlineData("4.18.0-348.el8.x86_64", "http://debuginfo.centos.org/8-stream/x86_64/Packages/kernel-debuginfo-4.18.0-348.el8.x86_64.rpm")]
    public void What_is_over_has_a_server_of_its_own(string release, string url)
        => Assert.Equal(url, PlanReading.Urls(new CentOSSource(PlanReading.NoOptions, PlanReading.NoApi).Plan(release))[0]);

    [Fact]
    public void Alma_has_its_repository_and_vaults()
        => Assert.Equal(
        [
            "https://repo.almalinux.org/almalinux/9/BaseOS/debug/x86_64/Packages/kernel-debuginfo-5.14.0-284.11.1.el9_2.x86_64.rpm",
            "https://vault.almalinux.org/9.2/BaseOS/debug/x86_64/Packages/kernel-debuginfo-5.14.0-284.11.1.el9_2.x86_64.rpm",
            "https://repo.almalinux.org/vault/9.2/BaseOS/debug/x86_64/Packages/kernel-debuginfo-5.14.0-284.11.1.el9_2.x86_64.rpm",
            "https://vault.almalinux.org/9/BaseOS/debug/x86_64/Packages/kernel-debuginfo-5.14.0-284.11.1.el9_2.x86_64.rpm",
        ],
            PlanReading.Urls(new AlmaSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.14.0-284.11.1.el9_2.x86_64")));

    [Fact]
    public void Alma_also_builds_for_an_older_x86_64()
        => Assert.Contains("https://vault.almalinux.org/10.0/BaseOS/debug/x86_64_v2/Packages/kernel-debuginfo-6.12.0-55.9.1.el10_0.x86_64_v2.rpm",
            PlanReading.Urls(new AlmaSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("6.12.0-55.9.1.el10_0.x86_64_v2")));

    [Fact]
    public void Rocky_has_its_repository_and_vault()
        => Assert.Equal(
        [
            "https://dl.rockylinux.org/pub/rocky/8/BaseOS/x86_64/debug/tree/Packages/k/kernel-debuginfo-4.18.0-372.19.1.el8_6.x86_64.rpm",
            "https://dl.rockylinux.org/vault/rocky/8.6/BaseOS/x86_64/debug/tree/Packages/k/kernel-debuginfo-4.18.0-372.19.1.el8_6.x86_64.rpm",
        ],
            PlanReading.Urls(new RockySource(PlanReading.NoOptions, PlanReading.NoApi).Plan("4.18.0-372.19.1.el8_6.x86_64")));

    [Fact]
    public void Real_time_variants_lie_in_repositories_of_their_own()
        => Assert.Contains("https://dl.rockylinux.org/pub/rocky/9/NFV/x86_64/debug/tree/Packages/k/kernel-rt-debuginfo-5.14.0-570.12.1.el9_6.x86_64.rpm",
            PlanReading.Urls(new RockySource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.14.0-570.12.1.el9_6.x86_64+rt")));

    [Theory]
    [InlineData("4.18.0-477.27.1.el8_8.x86_64", "https://oss.oracle.com/ol8/debuginfo/kernel-debuginfo-4.18.0-477.27.1.el8_8.x86_64.rpm")]
    [InlineData("4.14.35-2047.516.2.4.el7uek.x86_64", "https://oss.oracle.com/ol7/debuginfo/kernel-uek-debuginfo-4.14.35-2047.516.2.4.el7uek.x86_64.rpm")]
    [InlineData("5.15.0-100.96.32.el8uek.x86_64", "https://oss.oracle.com/ol8/debuginfo/kernel-uek-debuginfo-5.15.0-100.96.32.el8uek.x86_64.rpm")]
    public void Oracle_has_one_flat_directory(string release, string url)
        => Assert.Equal([url], PlanReading.Urls(new OracleSource(PlanReading.NoOptions, PlanReading.NoApi).Plan(release)));

    [Theory]
    [InlineData("4.1.12-124.48.6.el7uek.x86_64", true)]
    [InlineData("4.14.35-2047.516.2.4.el7uek.x86_64", true)]
    [InlineData("4.14.35-2047.537.3.el7uek.x86_64", false)]
    [InlineData("5.4.17-2136.331.7.el8uek.x86_64", true)]
    [InlineData("5.4.17-2136.332.5.el8uek.x86_64", false)]
    [InlineData("5.15.0-100.96.32.el8uek.x86_64", false)]
    [InlineData("4.18.0-477.27.1.el8_8.x86_64", false)]
    public void Builds_whose_build_IDs_prove_nothing_are_known(string release, bool differ)
        => Assert.Equal(differ, OracleSource.BuildIdsDiffer(KernelRelease.Parse(release)));

    [Fact]
    public void RHEL_says_what_it_needs()
    {
        KernelPlan plan = new RhelSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.14.0-570.12.1.el9_6.x86_64");

        Assert.Empty(plan.Steps);
        Assert.Contains("--enablerepo=rhel-9-for-x86_64-baseos-debug-rpms kernel-debuginfo-5.14.0-570.12.1.el9_6.x86_64", plan.Advice[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mirror_of_RHELs_is_asked()
    {
        _server.ServeRepository("/rhel9", RepositoryFiles.Package("kernel-debuginfo", "5.14.0", "570.12.1.el9_6", "x86_64", "Packages/kernel-debuginfo-5.14.0-570.12.1.el9_6.x86_64.rpm"));
        var source = new RhelSource(new SourceOptions(null, name => name == "DBGFETCH_RHEL_URL" ? _server.BaseUrl + "/rhel9" : null), Api);

        var first = Assert.IsType<LocateResult.Found>(await source.LocateAsync(KernelRelease.Parse("5.14.0-570.12.1.el9_6.x86_64"), CancellationToken.None));
        var second = Assert.IsType<LocateResult.Found>(await first.NextAsync!(CancellationToken.None));
        Assert.Equal($"{_server.BaseUrl}/rhel9/Packages/kernel-debuginfo-5.14.0-570.12.1.el9_6.x86_64.rpm", Assert.Single(second.Candidates).Url.AbsoluteUri);
    }

    [Fact]
    public async Task A_layout_that_has_changed_is_found_by_the_repositorys_index()
    {
        _server.ServeRepository("/vault/rocky/9.6/BaseOS/x86_64/debug/tree",
            RepositoryFiles.Package("kernel-debuginfo", "5.14.0", "570.el9_6", "x86_64", "elsewhere/kernel-debuginfo-5.14.0-570.el9_6.x86_64.rpm", new string('c', 64), 4711));
        var source = new RockySource(Loopback, Api);

        var fixedOnes = Assert.IsType<LocateResult.Found>(await source.LocateAsync(KernelRelease.Parse("5.14.0-570.el9_6.x86_64"), CancellationToken.None));
        Assert.Equal(2, fixedOnes.Candidates.Count);
        Assert.Empty(_server.Requests);

        var byIndex = Assert.IsType<LocateResult.Found>(await fixedOnes.NextAsync!(CancellationToken.None));
        PackageCandidate candidate = Assert.Single(byIndex.Candidates);
        Assert.Equal(($"{_server.BaseUrl}/vault/rocky/9.6/BaseOS/x86_64/debug/tree/elsewhere/kernel-debuginfo-5.14.0-570.el9_6.x86_64.rpm", new string('c', 64), 4711L),
            (candidate.Url.AbsoluteUri, candidate.Sha256, candidate.ByteSize));
        Assert.Equal("404 Not Found", byIndex.Attempts[0].Answer);
        Assert.IsType<LocateResult.NotFound>(await byIndex.NextAsync!(CancellationToken.None));
    }

    [Fact]
    public async Task Rebuilds_with_one_name_are_tried_in_turn_with_a_caution()
    {
        var sources = new KernelSources([new AlmaSource(PlanReading.NoOptions, PlanReading.NoApi), new OracleSource(PlanReading.NoOptions, PlanReading.NoApi)]);
        KernelRelease release = KernelRelease.Parse("5.14.0-570.el9_6.x86_64");

        var alma = Assert.IsType<LocateResult.Found>(await sources.LocateAsync(release, CancellationToken.None));
        Assert.Equal((Distribution.Alma, "AlmaLinux, Oracle Linux all have builds called 5.14.0-570.el9_6.x86_64, with other addresses in each; "
            + "taken is AlmaLinux's: --distro NAME or --build-id HEX decides"), (alma.Release.Distribution, alma.Caution));
        Assert.Null(Assert.IsType<LocateResult.Found>(await sources.LocateAsync(release with { BuildId = "00ff" }, CancellationToken.None)).Caution);

        var chosen = Assert.IsType<LocateResult.Found>(await sources.LocateAsync(KernelRelease.Parse("5.14.0-570.el9_6.x86_64", null, "oracle"), CancellationToken.None));
        Assert.Equal((Distribution.Oracle, null), (chosen.Release.Distribution, chosen.Caution));
        Assert.StartsWith("https://oss.oracle.com/ol9/", Assert.Single(chosen.Candidates).Url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_lists_its_kernels_newest_first_by_the_name_that_uname_prints()
    {
        static string Build(string package, string release, string architecture = "x86_64")
            => RepositoryFiles.Package(package, "5.14.0", release, architecture, $"Packages/{package}-5.14.0-{release}.{architecture}.rpm");
        _server.ServeRepository("/almalinux/9/BaseOS/debug/x86_64", Build("kernel-debuginfo", "570.9.1.el9_6"), Build("kernel-debuginfo", "570.12.1.el9_6"),
            Build("kernel-debug-debuginfo", "570.12.1.el9_6"), Build("kernel-rt-debuginfo", "570.12.1.el9_6"), Build("kernel-tools-debuginfo", "570.12.1.el9_6"), Build("kernel-debuginfo", "1.el9", "aarch64"));
        KernelListing listing = await new AlmaSource(Loopback, Api).ListAsync(new ListQuery("5.14*", "x86_64", KernelRelease.Parse("5.14.0-1.el9_6.x86_64")), CancellationToken.None);

        Assert.Equal(["5.14.0-570.12.1.el9_6.x86_64+rt", "5.14.0-570.12.1.el9_6.x86_64+debug", "5.14.0-570.12.1.el9_6.x86_64", "5.14.0-570.9.1.el9_6.x86_64"], listing.Kernels.Select(k => k.Release));
    }

    [Fact]
    public async Task Oracles_directory_lists_its_kernels()
    {
        _server.Serve("/ol8/debuginfo/", LoopbackResponse.Html("""
            <a href="kernel-uek-debuginfo-5.15.0-100.96.32.el8uek.x86_64.rpm">x</a> <a href="kernel-debuginfo-4.18.0-477.27.1.el8_8.x86_64.rpm">x</a>
            <a href="kernel-debuginfo-common-x86_64-4.18.0-477.27.1.el8_8.x86_64.rpm">x</a> <a href="../kernel-debuginfo-9.rpm">x</a> <a href="bash-debuginfo-4.4-1.el8.x86_64.rpm">x</a>
            """));
        KernelListing listing = await new OracleSource(Loopback, Api).ListAsync(new ListQuery(null, "x86_64", KernelRelease.Parse("4.18.0-477.27.1.el8_8.x86_64")), CancellationToken.None);

        Assert.Equal(["5.15.0-100.96.32.el8uek.x86_64", "4.18.0-477.27.1.el8_8.x86_64"], listing.Kernels.Select(k => k.Release));
    }

    [Fact]
    public async Task A_release_that_is_gone_gets_the_nearest_ones()
    {
        static string Build(int number) => RepositoryFiles.Package("kernel-debuginfo", "5.14.0", $"570.{number}.1.el9_6", "x86_64", $"k{number}.rpm");
        _server.ServeRepository("/almalinux/9/BaseOS/debug/x86_64", Build(9), Build(12), Build(16), Build(22), Build(26));
        LocateResult answer = await new AlmaSource(Loopback, Api).LocateAsync(KernelRelease.Parse("5.14.0-570.17.1.el9_6.x86_64"), CancellationToken.None);
        while (answer is LocateResult.Found found) { answer = await found.NextAsync!(CancellationToken.None); }

        Assert.Equal("AlmaLinux has debug packages of these builds near it: 5.14.0-570.12.1.el9_6.x86_64, 5.14.0-570.16.1.el9_6.x86_64, "
            + "5.14.0-570.22.1.el9_6.x86_64, 5.14.0-570.26.1.el9_6.x86_64", answer.Advice[0]);
    }
}
