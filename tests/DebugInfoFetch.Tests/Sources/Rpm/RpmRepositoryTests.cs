using System.Net;
using System.Text;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Sources.Rpm;

/// <summary>repomd.xml and primary on a loopback server, faults included.</summary>
public sealed class RpmRepositoryTests : IDisposable
{
    private const string Kernel = "kernel-debuginfo";
    private static readonly ArchiveApiOptions Fast = new() { Retries = 2, BaseDelay = TimeSpan.FromMilliseconds(5), MaxWait = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(2) };

    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private Task<(IReadOnlyList<RpmRepositoryPackage> Packages, IReadOnlyList<LocateAttempt> Attempts)> ReadAsync()
        => new RpmRepository(new ArchiveApi(_http, Fast), _server.BaseUrl + "/repo").PackagesAsync(name => name == Kernel, CancellationToken.None);

    private static string Package(string href, string name = Kernel) => RepositoryFiles.Package(name, "5.14.0", "570.el9", "x86_64", href, new string('b', 64), 846_000_000);

    [Fact]
    public async Task Packages_with_the_name_are_read_with_address_size_and_digest()
    {
        _server.ServeRepository("/repo", Package("Packages/k/other.rpm", "kernel-debuginfo-common-x86_64"), Package("Packages/k/kernel.rpm"), Package("x.rpm", "bash"));

        RpmRepositoryPackage package = Assert.Single((await ReadAsync()).Packages);
        Assert.Equal(("5.14.0", "570.el9", "x86_64", 846_000_000L, new string('b', 64), $"{_server.BaseUrl}/repo/Packages/k/kernel.rpm"),
            (package.Version, package.Release, package.Architecture, package.ByteSize, package.Sha256, package.Url.AbsoluteUri));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), package.Built);
    }

    [Fact]
    public async Task An_address_may_climb_on_its_own_host()
    {
        _server.ServeRepository("/repo", Package("../blobstore/0a/kernel.rpm"));

        Assert.Equal($"{_server.BaseUrl}/blobstore/0a/kernel.rpm", Assert.Single((await ReadAsync()).Packages).Url.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://evil.example/kernel.rpm")]
    [InlineData("//evil.example/kernel.rpm")]
    [InlineData("file:///etc/passwd")]
    [InlineData("a b.rpm")]
    [InlineData("")]
    public async Task An_address_elsewhere_is_no_package(string href)
    {
        _server.ServeRepository("/repo", Package(href));

        Assert.Empty((await ReadAsync()).Packages);
    }

    [Fact]
    public async Task A_primary_that_is_not_the_one_of_the_index_is_told()
    {
        _server.ServeRepository("/repo", Package("k.rpm"));
        _server.Serve("/repo/repodata/abc-primary.xml.gz", LoopbackResponse.Bytes(RepositoryFiles.Gzip(RepositoryFiles.Primary())));

        (IReadOnlyList<RpmRepositoryPackage> packages, IReadOnlyList<LocateAttempt> attempts) = await ReadAsync();
        Assert.Empty(packages);
        Assert.StartsWith("its SHA-256 is not the one that repomd.xml has", attempts[^1].Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html><body>please log in</body></html>", "an answer that is no repository index (a login page?)")]
    [InlineData("<repomd><data type=\"primary\"><location href=\"http://evil.example/p.gz\"/></data></repomd>", "an answer that is no repository index (a login page?)")]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><repomd/>", "an answer that is no repository index (a login page?)")]
    public async Task An_index_that_is_none_is_told(string index, string answer)
    {
        _server.ServeText("/repo/repodata/repomd.xml", index);

        Assert.Equal(answer, Assert.Single((await ReadAsync()).Attempts).Answer);
    }

    [Theory]
    [InlineData("not compressed and not XML", "cannot be read: ")]
    [InlineData("<metadata><package><name>kernel-debuginfo</name>", "cannot be read: ")]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><metadata/>", "cannot be read: ")]
    public async Task A_primary_that_is_damaged_is_told(string primary, string answer)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(primary);
        _server.ServeText("/repo/repodata/repomd.xml", RepositoryFiles.Index("repodata/p.xml", bytes)).Serve("/repo/repodata/p.xml", LoopbackResponse.Bytes(bytes));

        LocateAttempt attempt = (await ReadAsync()).Attempts[^1];
        Assert.StartsWith(answer, attempt.Answer, StringComparison.Ordinal);
        Assert.DoesNotContain(attempt.Answer, char.IsControl);
    }

    [Fact]
    public async Task A_primary_that_decompresses_to_one_endless_tag_is_refused_without_holding_it()
    {
        byte[] bomb = RepositoryFiles.Gzip("<metadata><package name=\"" + new string('x', 8 << 20) + "\"/></metadata>");
        _server.ServeText("/repo/repodata/repomd.xml", RepositoryFiles.Index("repodata/p.gz", bomb)).Serve("/repo/repodata/p.gz", LoopbackResponse.Bytes(bomb));

        Assert.Contains("a tag or text of more than", (await ReadAsync()).Attempts[^1].Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_are_followed_and_transient_faults_asked_again()
    {
        _server.ServeRepository("/mirror", Package("k.rpm"));
        _server.Serve("/repo/repodata/repomd.xml", LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "0"), LoopbackResponse.Redirect("/mirror/repodata/repomd.xml"));
        _server.Serve("/repo/repodata/abc-primary.xml.gz", LoopbackResponse.Error(HttpStatusCode.ServiceUnavailable), LoopbackResponse.Redirect("/mirror/repodata/abc-primary.xml.gz", HttpStatusCode.MovedPermanently));

        Assert.Equal($"{_server.BaseUrl}/repo/k.rpm", Assert.Single((await ReadAsync()).Packages).Url.AbsoluteUri);
    }

    [Fact]
    public async Task A_broken_transfer_is_tried_again_and_then_told()
    {
        _server.ServeRepository("/repo", Package("k.rpm"));
        byte[] primary = RepositoryFiles.Gzip(RepositoryFiles.Primary(Package("k.rpm")));
        LoopbackResponse broken = LoopbackResponse.Bytes(primary) with { StopAfter = 10, Ending = LoopbackEnding.Reset };
        _server.Serve("/repo/repodata/abc-primary.xml.gz", broken, LoopbackResponse.Bytes(primary));
        Assert.Single((await ReadAsync()).Packages);

        _server.Serve("/repo/repodata/abc-primary.xml.gz", broken);
        (IReadOnlyList<RpmRepositoryPackage> packages, IReadOnlyList<LocateAttempt> attempts) = await ReadAsync();
        Assert.Empty(packages);
        Assert.Contains("the connection broke", attempts[^1].Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, null, "404 Not Found", 1)]
    [InlineData(HttpStatusCode.Forbidden, null, "403 Forbidden", 1)]
    [InlineData(HttpStatusCode.TooManyRequests, "3600", "429 Too Many Requests", 1)]
    [InlineData(HttpStatusCode.InternalServerError, null, "500 Internal Server Error", 3)]
    public async Task What_the_server_refuses_is_its_answer(HttpStatusCode status, string? retryAfter, string answer, int requests)
    {
        _server.Serve("/repo/repodata/repomd.xml", LoopbackResponse.Error(status, retryAfter));

        Assert.Equal(answer, Assert.Single((await ReadAsync()).Attempts).Answer);
        Assert.Equal(requests, _server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up()
    {
        _server.Serve("/repo/repodata/repomd.xml", LoopbackResponse.Silence);

        Assert.Equal("no answer within 2 s", Assert.Single((await ReadAsync()).Attempts).Answer);
    }
}
