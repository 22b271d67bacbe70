using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Sources;

public sealed class OpenSuseSourceTests : IDisposable
{
    private static readonly ArchiveApiOptions Fast = new() { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(2) };
    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private OpenSuseSource Source => new(new SourceOptions(_server.BaseUrl, _ => null), new ArchiveApi(_http, Fast));

    private static string Kernel(string release, string flavour = "default")
        => RepositoryFiles.Package($"kernel-{flavour}-debuginfo", "6.4.0", release, "x86_64", $"x86_64/kernel-{flavour}-debuginfo-6.4.0-{release}.x86_64.rpm");

    [Fact]
    public async Task The_index_tells_the_counter_that_the_release_lacks()
    {
        _server.ServeRepository("/debug/update/leap/15.6/sle", Kernel("150600.23.4.1"), Kernel("150600.23.47.2"), Kernel("150600.23.47.10"), Kernel("150600.23.47.2", "azure"), Kernel("150600.23.47.1.2"));

        var found = Assert.IsType<LocateResult.Found>(await Source.LocateAsync(KernelRelease.Parse("6.4.0-150600.23.47-default", "x86_64"), CancellationToken.None));
        Assert.Equal("kernel-default-debuginfo-6.4.0-150600.23.47.10.x86_64.rpm", Assert.Single(found.Candidates).FileName);
        Assert.Equal("2 builds call themselves 6.4.0-150600.23.47-default: 6.4.0-150600.23.47.10, 6.4.0-150600.23.47.2; taken is 6.4.0-150600.23.47.10", found.Caution);
    }

    [Fact]
    public async Task Without_an_index_the_first_counters_are_tried()
    {
        var found = Assert.IsType<LocateResult.Found>(await Source.LocateAsync(KernelRelease.Parse("5.14.21-150400.22-default", "x86_64"), CancellationToken.None));

        Assert.Equal($"{_server.BaseUrl}/debug/update/leap/15.4/sle/x86_64/kernel-default-debuginfo-5.14.21-150400.22.1.x86_64.rpm", found.Candidates[0].Url.AbsoluteUri);
        Assert.Equal(9, found.Candidates.Count);
    }

    [Theory]
    [InlineData("6.4.0-150600.23.47-default", "https://download.opensuse.org/debug/update/leap/15.6/sle/repodata/repomd.xml")]
    [InlineData("6.12.0-160000.5-default", "https://download.opensuse.org/debug/update/leap/16.0/sle/repodata/repomd.xml")]
    [InlineData("5.3.18-lp152.19-preempt", "https://download.opensuse.org/debug/update/leap/15.2/sle/repodata/repomd.xml")]
    [InlineData("6.15.3-1-default", "https://download.opensuse.org/debug/tumbleweed/repo/oss/repodata/repomd.xml")]
    public void The_release_tells_the_distributions_version(string release, string first)
        => Assert.Equal(first, PlanReading.Asked(new OpenSuseSource(PlanReading.NoOptions, PlanReading.NoApi).Plan(release, "x86_64"))[0]);

    [Fact]
    public void What_only_SLE_has_says_what_it_needs()
    {
        KernelPlan plan = new OpenSuseSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.3.18-24.49-default", "x86_64");

        Assert.Empty(PlanReading.Asked(plan));
        Assert.Contains("registration", plan.Advice[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kernels_are_listed_by_the_name_that_uname_prints()
    {
        _server.ServeRepository("/debug/update/leap/15.6/sle", Kernel("150600.23.4.1"), Kernel("150600.23.47.2"), Kernel("150600.23.47.2", "azure"));
        KernelListing listing = await Source.ListAsync(new ListQuery("*-default", "x86_64", KernelRelease.Parse("6.4.0-150600.23.47-default", "x86_64")), CancellationToken.None);

        Assert.Equal([("6.4.0-150600.23.47-default", "6.4.0-150600.23.47.2"), ("6.4.0-150600.23.4-default", "6.4.0-150600.23.4.1")], listing.Kernels.Select(k => (k.Release, k.PackageVersion)));
    }
}
