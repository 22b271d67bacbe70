using System.Net;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Tests.Sources;

/// <summary>All sources together: who handles what, and that a plan alone asks nobody.</summary>
public sealed class KernelSourcesTests : IDisposable
{
    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private KernelSources Sources => KernelSources.Create(new SourceOptions(_server.BaseUrl, _ => null), _http);

    [Theory]
    [InlineData("6.13.5-200.fc41.x86_64", "Fedora")]
    [InlineData("6.15.0-0.rc3.20250423gitbc3372351d0c.30.eln147.aarch64+64k", "Fedora")]
    [InlineData("5.14.0-583.el9.aarch64+64k", "CentOS")]
    [InlineData("4.18.0-348.el8.x86_64", "CentOS, AlmaLinux, Rocky Linux, Oracle Linux, RHEL")]
    [InlineData("5.14.0-570.73.1.el9_6.aarch64+64k", "AlmaLinux, Rocky Linux, Oracle Linux, RHEL")]
    [InlineData("3.10.0-957.el7.x86_64", "CentOS, Oracle Linux, RHEL")]
    [InlineData("5.15.0-100.96.32.el8uek.x86_64", "Oracle Linux")]
    [InlineData("6.1.66-91.160.amzn2023.x86_64", "Amazon Linux")]
    [InlineData("6.4.0-150600.23.47-default", "openSUSE")]
    [InlineData("6.12.117+deb12-cloud-amd64", "Debian")]
    [InlineData("5.15.0-43-generic", "Ubuntu")]
    [InlineData("6.14.2-arch1-1", "Arch Linux")]
    [InlineData("6.8.0-mine", "")]
    public void A_release_is_handled_by_the_distributions_that_name_theirs_so_and_planning_asks_nobody(string release, string sources)
    {
        Assert.Equal(sources, string.Join(", ", Sources.Plans(KernelRelease.Parse(release)).Select(p => p.Source)));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void A_distribution_that_was_named_is_the_only_one()
        => Assert.Equal(["Rocky Linux"], Sources.Plans(KernelRelease.Parse("4.18.0-348.el8.x86_64", null, "rocky")).Select(p => p.Source));

    [Fact]
    public async Task A_kernel_that_no_distribution_names_gets_an_answer_too()
    {
        var answer = Assert.IsType<LocateResult.NotFound>(await Sources.LocateAsync(KernelRelease.Parse("6.8.0-mine"), CancellationToken.None));

        Assert.StartsWith("no distribution that dbgfetch knows names a kernel 6.8.0-mine", answer.Advice[0], StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Every_source_has_a_variable_of_its_own_and_it_is_asked_nowhere_else()
    {
        foreach ((string release, string variable) in ((string, string)[])
        [
            ("6.13.5-200.fc41.x86_64", "DBGFETCH_FEDORA_URL"), ("5.14.0-583.el9.x86_64", "DBGFETCH_CENTOS_URL"), ("6.1.66-91.160.amzn2023.x86_64", "DBGFETCH_AMAZON_URL"),
            ("6.4.0-150600.23.47-default", "DBGFETCH_OPENSUSE_URL"), ("6.12.117+deb12-cloud-amd64", "DBGFETCH_DEBIAN_URL"), ("5.15.0-43-generic", "DBGFETCH_UBUNTU_URL"),
            ("5.15.0-100.96.32.el8uek.x86_64", "DBGFETCH_ORACLE_URL"), ("6.14.2-arch1-1", "DBGFETCH_ARCH_URL"),
        ])
        {
            KernelSources sources = KernelSources.Create(new SourceOptions(null, name => name == variable ? _server.BaseUrl : null), _http);
            foreach (KernelPlan plan in sources.Plans(KernelRelease.Parse(release, "x86_64")).Concat(sources.Plans(KernelRelease.Parse(release, "x86_64"), KernelPackage.Image)))
            {
                Assert.All(PlanReading.Urls(plan).Concat(PlanReading.Asked(plan)).Where(u => u.Contains("://", StringComparison.Ordinal)),
                    u => Assert.StartsWith(_server.BaseUrl, u, StringComparison.Ordinal));
            }
        }

        await Task.CompletedTask;
    }

    [Fact]
    public async Task Debians_archive_is_asked_for_its_own_index_where_apt_cannot_be()
    {
        byte[] index = Compressors.XzSingleBlock(System.Text.Encoding.UTF8.GetBytes($"""
            Package: linux-image-6.12.107+deb13-amd64-dbg
            Source: linux
            Version: 6.12.107-1
            Architecture: amd64
            Filename: pool/main/l/linux/linux-image-6.12.107+deb13-amd64-dbg_6.12.107-1_amd64.deb
            Size: 1039383172
            SHA256: {new string('e', 64)}

            Package: linux-image-6.12.101+deb13-amd64-dbg
            Version: 6.12.101-1
            Architecture: amd64
            Filename: ../../../etc/passwd
            Size: 1

            Package: bash
            Version: 5
            Architecture: amd64
            Long: {new string('x', 100_000)}

            """));
        _server.Serve("/debian-security/dists/trixie-security/main/binary-amd64/Packages.xz", LoopbackResponse.Error(HttpStatusCode.NotFound));
        _server.Serve("/debian/dists/trixie/main/binary-amd64/Packages.xz", LoopbackResponse.Bytes(index));
        var source = new DebianSource(new SourceOptions(_server.BaseUrl, _ => null), _http, apiOptions: new ArchiveApiOptions { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(5) });

        var found = Assert.IsType<LocateResult.Found>(await source.LocateAsync(KernelRelease.Parse("6.12.107+deb13-amd64"), CancellationToken.None));
        PackageCandidate candidate = Assert.Single(found.Candidates);
        Assert.Equal(($"{_server.BaseUrl}/debian/pool/main/l/linux/linux-image-6.12.107%2Bdeb13-amd64-dbg_6.12.107-1_amd64.deb", 1_039_383_172L, new string('e', 64)),
            (candidate.Url.AbsoluteUri, candidate.ByteSize, candidate.Sha256));
        Assert.Equal(["404 Not Found", "6.12.107-1"], found.Attempts.Select(a => a.Answer));

        LocateResult none = await source.LocateAsync(KernelRelease.Parse("6.12.101+deb13-amd64"), CancellationToken.None);
        Assert.Contains("Debian has debug packages of these builds near it: 6.12.101+deb13-amd64, 6.12.107+deb13-amd64", Assert.IsType<LocateResult.NotFound>(none).Advice);
        // One reading serves to find, and to list what is near.
        Assert.Single(_server.Requests, r => r.Path == "/debian/dists/trixie/main/binary-amd64/Packages.xz");
    }

    [Fact]
    public async Task A_package_version_that_the_text_told_is_the_one_that_is_taken()
    {
        _server.Serve("/mr/binary/linux-image-6.1.0-56-amd64-dbg/", LoopbackResponse.Json(
            """{"result":[{"binary_version":"6.1.192-2","name":"x","source":"linux","version":"6.1.192-2"},{"binary_version":"6.1.192-1","name":"x","source":"linux","version":"6.1.192-1"}]}"""));
        _server.Serve("/mr/binary/linux-image-6.1.0-56-amd64-dbg/6.1.192-1/binfiles", LoopbackResponse.Json(
            $$"""{"result":[{"architecture":"amd64","hash":"{{new string('1', 40)}}"}],"fileinfo":{} }"""));

        var found = Assert.IsType<LocateResult.Found>(await Sources.LocateAsync(
            KernelRelease.Parse("Linux h 6.1.0-56-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-10-01) x86_64 GNU/Linux"), CancellationToken.None));
        Assert.Equal("linux-image-6.1.0-56-amd64-dbg_6.1.192-1_amd64.deb", found.Candidates[0].FileName);
        Assert.Null(found.Caution);
    }
}
