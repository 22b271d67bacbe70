using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Sources;

/// <summary>Launchpad's interface as it answers for kernels, replayed; addresses as published.</summary>
public sealed class UbuntuSourceTests : IDisposable
{
    private const string Archive = "/devel/ubuntu/+archive/primary";
    private const string Unsigned = "linux-image-unsigned-5.15.0-43-generic-dbgsym";
    private static readonly ArchiveApiOptions Fast = new() { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(2) };
    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private UbuntuSource Source => new(new SourceOptions(_server.BaseUrl, _ => null), new ArchiveApi(_http, Fast));

    private static string Entry(string name, string version, string architecture, int id) => $$"""
        {"self_link":"https://api.launchpad.net/devel/ubuntu/+archive/primary/+binarypub/{{id}}","binary_package_name":"{{name}}","binary_package_version":"{{version}}",
         "distro_arch_series_link":"https://api.launchpad.net/devel/ubuntu/jammy/{{architecture}}","status":"Published","is_debug":true,"source_package_name":"linux"}
        """;

    private void Publish(params string[] entries)
        => _server.Serve(Archive, r => r.Query.Contains(Unsigned, StringComparison.Ordinal) || r.Query.Contains("order_by_date", StringComparison.Ordinal)
            ? LoopbackResponse.Json($$"""{"start":0,"total_size":{{entries.Length}},"entries":[{{string.Join(',', entries)}}]}""")
            : LoopbackResponse.Json("""{"start":0,"total_size":0,"entries":[]}"""));

    private async Task<LocateResult> LocateAsync(string release) => await Source.LocateAsync(KernelRelease.Parse(release, "x86_64"), CancellationToken.None);

    [Fact]
    public async Task Launchpad_tells_version_address_size_and_digest()
    {
        Publish(Entry(Unsigned, "5.15.0-43.46", "arm64", 1), Entry(Unsigned, "5.15.0-43.46", "amd64", 2), Entry(Unsigned, "5.15.0-43.46", "amd64", 3));
        _server.Serve(Archive + "/+binarypub/2", LoopbackResponse.Json(
            $$"""[{"url":"https://launchpad.net/ubuntu/+archive/primary/+files/{{Unsigned}}_5.15.0-43.46_amd64.ddeb","size":1741755652,"sha1":"x","sha256":"{{new string('D', 64)}}"}]"""));

        var found = Assert.IsType<LocateResult.Found>(await LocateAsync("5.15.0-43-generic"));
        Assert.All(found.Candidates, c => Assert.Equal($"{_server.BaseUrl}/ubuntu/+archive/primary/+files/{Unsigned}_5.15.0-43.46_amd64.ddeb", c.Url.AbsoluteUri));
        Assert.Equal((1_741_755_652L, new string('d', 64)), (found.Candidates[0].ByteSize, found.Candidates[0].Sha256));
        Assert.Null(found.Caution);
        Assert.Contains("exact_match=true", _server.Requests[0].Query, StringComparison.Ordinal);
        Assert.Equal("?ws.op=binaryFileUrls&include_meta=true", _server.Requests[1].Query);
    }

    [Fact]
    public async Task Two_builds_under_one_release_are_told()
    {
        Publish(Entry(Unsigned, "5.15.0-43.46~20.04.1", "amd64", 1), Entry(Unsigned, "5.15.0-43.46", "amd64", 2));

        var found = Assert.IsType<LocateResult.Found>(await LocateAsync("5.15.0-43-generic"));
        Assert.Contains("2 builds call themselves 5.15.0-43-generic: 5.15.0-43.46, 5.15.0-43.46~20.04.1; taken is 5.15.0-43.46", found.Caution, StringComparison.Ordinal);
    }

    [Fact]
    public void With_the_version_nothing_has_to_be_asked()
    {
        UbuntuSource source = new(PlanReading.NoOptions, PlanReading.NoApi);
        KernelPlan plan = source.Plan("Ubuntu 5.15.0-43.46-generic 5.15.39", "x86_64");

        Assert.Empty(PlanReading.Asked(plan));
        Assert.Equal(
        [
            $"http://ddebs.ubuntu.com/pool/main/l/linux/{Unsigned}_5.15.0-43.46_amd64.ddeb",
            $"https://launchpad.net/ubuntu/+archive/primary/+files/{Unsigned}_5.15.0-43.46_amd64.ddeb",
        ],
            PlanReading.Urls(plan)[..2]);
    }

    [Theory]
    [InlineData("Ubuntu 5.15.0-139.149~20.04.1-generic 5.15.178", "linux-hwe-5.15")]
    [InlineData("Ubuntu 4.4.0-1061.70-aws 4.4.131", "linux-aws")]
    [InlineData("Ubuntu 5.13.0-1007.7-oem 5.13.0", "linux-oem-5.13")]
    [InlineData("Ubuntu 6.5.0-1001.1~22.04.1-azure 6.5.0", "linux-azure-6.5")]
    public void The_pools_directory_is_the_source_packages(string signature, string source)
        => Assert.Contains($"/pool/main/l/{source}/", PlanReading.Urls(new UbuntuSource(PlanReading.NoOptions, PlanReading.NoApi).Plan(signature, "x86_64"))[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("<html>log in</html>", "an answer that is no JSON (a login page?)")]
    [InlineData("[]", "no such package for amd64")]
    [InlineData("{\"entries\":[7,{\"binary_package_name\":1}]}", "no such package for amd64")]
    public async Task An_answer_that_makes_no_sense_is_an_attempt_that_failed(string body, string answer)
    {
        _server.Serve(Archive, LoopbackResponse.Json(body));

        Assert.Equal(answer, Assert.IsType<LocateResult.NotFound>(await LocateAsync("5.15.0-43-generic")).Attempts[0].Answer);
    }

    [Fact]
    public async Task A_version_or_link_from_Launchpad_cannot_lead_elsewhere()
    {
        Publish(Entry(Unsigned, "../../x", "amd64", 1), Entry(Unsigned, "5.15.0-43.46", "amd64", 2));
        _server.Serve(Archive + "/+binarypub/2", LoopbackResponse.Json($$"""[{"url":"https://evil.example/x/{{Unsigned}}_5.15.0-43.46_amd64.ddeb/../y"},{"url":"file:///etc/passwd"}]"""));

        var found = Assert.IsType<LocateResult.Found>(await LocateAsync("5.15.0-43-generic"));
        Assert.Equal($"{_server.BaseUrl}/ubuntu/+archive/primary/+files/{Unsigned}_5.15.0-43.46_amd64.ddeb", Assert.Single(found.Candidates).Url.AbsoluteUri);
    }

    [Fact]
    public async Task Launchpads_newest_publications_are_listed()
    {
        Publish(Entry("linux-image-unsigned-6.8.0-31-generic", "6.8.0-31.31", "amd64", 1), Entry("linux-image-unsigned-6.8.0-41-generic", "6.8.0-41.41", "amd64", 2),
            Entry("linux-image-unsigned-6.8.0-41-generic-dbgsym", "6.8.0-41.41", "amd64", 3), Entry("linux-image-unsigned-6.8.0-51-generic", "6.8.0-51.51", "arm64", 4));
        KernelListing listing = await Source.ListAsync(new ListQuery(null, "x86_64"), CancellationToken.None);

        Assert.Equal([("6.8.0-41-generic", "6.8.0-41.41"), ("6.8.0-31-generic", "6.8.0-31.31")], listing.Kernels.Select(k => (k.Release, k.PackageVersion)));
    }
}
