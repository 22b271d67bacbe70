using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Sources;

/// <summary>mirror.list, releasemd.xml and repositories as Amazon Linux has them, on a loopback server.</summary>
public sealed class AmazonSourceTests : IDisposable
{
    private const string Guid = "/al2023/core/guids/0123abcd/x86_64";
    private static readonly ArchiveApiOptions Fast = new() { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(2) };
    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private AmazonSource Source => new(new SourceOptions(_server.BaseUrl, _ => null), new ArchiveApi(_http, Fast));

    private static string Kernel(string package, string version, string release)
        => RepositoryFiles.Package(package, version, release, "x86_64", $"../../../../blobstore/0a1b/{package}-{version}-{release}.x86_64.rpm");

    private static async Task<LocateResult> LastAsync(LocateResult answer)
    {
        while (answer is LocateResult.Found { NextAsync: { } next }) { answer = await next(CancellationToken.None); }
        return answer;
    }

    [Fact]
    public async Task The_mirror_list_leads_to_the_repository_and_its_index_to_the_package()
    {
        _server.ServeText("/al2023/core/mirrors/latest/debuginfo/x86_64/mirror.list", $"https://cdn.amazonlinux.com{Guid}/\n");
        _server.ServeRepository(Guid, Kernel("kernel-debuginfo-common-x86_64", "6.1.66", "91.160.amzn2023"), Kernel("kernel-debuginfo", "6.1.66", "91.160.amzn2023"));

        var found = Assert.IsType<LocateResult.Found>(await Source.LocateAsync(KernelRelease.Parse("6.1.66-91.160.amzn2023.x86_64"), CancellationToken.None));
        Assert.Equal($"{_server.BaseUrl}/al2023/blobstore/0a1b/kernel-debuginfo-6.1.66-91.160.amzn2023.x86_64.rpm", Assert.Single(found.Candidates).Url.AbsoluteUri);
        Assert.Equal($"{_server.BaseUrl}{Guid}", found.Attempts[0].Answer);
    }

    [Fact]
    public async Task A_newer_stream_has_its_number_in_the_packages_name()
    {
        _server.ServeText("/al2023/core/mirrors/latest/debuginfo/x86_64/mirror.list", $"https://cdn.amazonlinux.com{Guid}/\n");
        _server.ServeRepository(Guid, Kernel("kernel6.12-debuginfo", "6.12.20", "23.97.amzn2023"));

        var found = Assert.IsType<LocateResult.Found>(await Source.LocateAsync(KernelRelease.Parse("6.12.20-23.97.amzn2023.x86_64"), CancellationToken.None));
        Assert.Equal("kernel6.12-debuginfo-6.12.20-23.97.amzn2023.x86_64.rpm", Assert.Single(found.Candidates).FileName);
        Assert.Equal("6.12.20-23.97.amzn2023.x86_64", Assert.Single((await Source.ListAsync(new ListQuery(null, "x86_64"), CancellationToken.None)).Kernels).Release);
    }

    [Fact]
    public async Task An_older_kernel_is_looked_for_in_older_releases_newest_first()
    {
        _server.ServeText("/al2023/core/mirrors/latest/debuginfo/x86_64/mirror.list", $"https://cdn.amazonlinux.com{Guid}\n");
        _server.ServeRepository(Guid, Kernel("kernel-debuginfo", "6.1.131", "143.221.amzn2023"));
        _server.ServeText("/al2023/core/releasemd.xml",
            """<?xml version="1.0"?><root><releases><release version="2023.2.20231113"/><release version="2023.7.20250331"/><release version="2023.3.20231211"/><release version="../../x"/></releases></root>""");
        _server.ServeText("/al2023/core/mirrors/2023.3.20231211/debuginfo/x86_64/mirror.list", "https://cdn.amazonlinux.com/al2023/core/guids/old/x86_64\n");
        _server.ServeRepository("/al2023/core/guids/old/x86_64", Kernel("kernel-debuginfo", "6.1.66", "91.160.amzn2023"));

        var found = Assert.IsType<LocateResult.Found>(await Source.LocateAsync(KernelRelease.Parse("6.1.66-91.160.amzn2023.x86_64"), CancellationToken.None));
        Assert.EndsWith("/kernel-debuginfo-6.1.66-91.160.amzn2023.x86_64.rpm", Assert.Single(found.Candidates).Url.AbsoluteUri, StringComparison.Ordinal);
        string[] lists = [.. _server.Requests.Select(r => r.Path).Where(p => p.EndsWith("mirror.list", StringComparison.Ordinal))];
        Assert.Equal(["latest", "2023.7.20250331", "2023.3.20231211"], lists.Select(p => p.Split('/')[4]));
    }

    [Theory]
    [InlineData("ftp://x/y\n\nnonsense\n")]
    [InlineData("<html>log in</html>")]
    public async Task A_list_without_a_mirror_is_told(string list)
    {
        _server.ServeText("/al2023/core/mirrors/latest/debuginfo/x86_64/mirror.list", list);

        LocateResult answer = await LastAsync(await Source.LocateAsync(KernelRelease.Parse("6.1.66-91.160.amzn2023.x86_64"), CancellationToken.None));
        Assert.Equal("an answer that names no mirror of Amazon's", answer.Attempts[0].Answer);
    }

    [Fact]
    public async Task A_mirror_that_is_not_Amazons_is_not_asked()
    {
        // Without a base address, what the list names must be one of its publisher's hosts.
        using var redirected = new HttpClient(new Redirecting(_server.BaseUrl));
        _server.ServeText("/al2023/core/mirrors/latest/debuginfo/x86_64/mirror.list", "https://evil.example/al2023/\n");
        var source = new AmazonSource(PlanReading.NoOptions, new ArchiveApi(redirected, Fast));

        LocateResult answer = await source.LocateAsync(KernelRelease.Parse("6.1.66-91.160.amzn2023.x86_64"), CancellationToken.None);
        Assert.Equal("an answer that names no mirror of Amazon's", answer.Attempts[0].Answer);
        Assert.DoesNotContain(_server.Requests, r => r.Path.Contains("repomd", StringComparison.Ordinal));
    }

    [Fact]
    public void AL2_has_extras_by_the_kernels_series()
        => Assert.Equal(
        [
            "https://cdn.amazonlinux.com/2/core/latest/debuginfo/x86_64/mirror.list",
            "https://cdn.amazonlinux.com/2/extras/kernel-5.10/latest/debuginfo/x86_64/mirror.list",
        ],
            PlanReading.Asked(new AmazonSource(PlanReading.NoOptions, PlanReading.NoApi).Plan("5.10.234-225.910.amzn2.x86_64"))[..2]);

    /// <summary>Every host is the loopback server.</summary>
    private sealed class Redirecting(string baseUrl) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(baseUrl + request.RequestUri!.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
