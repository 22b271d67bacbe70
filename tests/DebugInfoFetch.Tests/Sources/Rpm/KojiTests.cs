using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Sources.Rpm;

/// <summary>koji's hub: XML-RPC as kojihub answers it, replayed.</summary>
public sealed class KojiTests : IDisposable
{
    private static readonly ArchiveApiOptions Fast = new() { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(2) };
    private readonly LoopbackServer _server = new();
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    private Task<KernelListing> ListAsync(string? glob = null)
        => new FedoraSource(new SourceOptions(_server.BaseUrl, _ => null), new ArchiveApi(_http, Fast)).ListAsync(new ListQuery(glob, "x86_64"), CancellationToken.None);

    private static string Response(string value) => $"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>{value}</value>\n</param>\n</params>\n</methodResponse>\n";

    private static string Build(string version, string release, double time) => $"""
        <value><struct>
        <member><name>build_id</name><value><int>2668221</int></value></member>
        <member><name>completion_ts</name><value><double>{time}</double></value></member>
        <member><name>name</name><value><string>kernel</string></value></member>
        <member><name>volume_name</name><value><nil/></value></member>
        <member><name>release</name><value><string>{release}</string></value></member>
        <member><name>version</name><value>{version}</value></member>
        </struct></value>
        """;

    private void Serve(params string[] answers)
        => _server.Serve("/kojihub", request => LoopbackResponse.Bytes(System.Text.Encoding.UTF8.GetBytes(request.Body.Contains("getPackageID", StringComparison.Ordinal) ? answers[0] : answers[^1])));

    [Fact]
    public async Task Builds_are_listed_newest_first_with_their_dates()
    {
        Serve(Response("<int>8</int>"), Response($"<array><data>{Build("6.13.5", "200.fc41", 1740669711.5)}{Build("6.13.10", "200.fc41", 1743000000)}{Build("6.14.0", "0.rc5.44.eln146", 1)}{Build("1", "x", 1)}</data></array>"));
        KernelListing listing = await ListAsync("6.1*");

        Assert.Equal(["6.14.0-0.rc5.44.eln146.x86_64", "6.13.10-200.fc41.x86_64", "6.13.5-200.fc41.x86_64"], listing.Kernels.Select(k => k.Release));
        Assert.Equal(new DateTimeOffset(2025, 2, 27, 15, 21, 51, TimeSpan.Zero), listing.Kernels[^1].Published);
        Assert.Equal([$"{_server.BaseUrl}/kojihub (getPackageID)", $"{_server.BaseUrl}/kojihub (listBuilds)"], listing.Attempts.Select(a => a.Place));
        Assert.Contains("<name>__starstar</name><value><boolean>1</boolean></value>", _server.Requests[1].Body, StringComparison.Ordinal);
        Assert.Contains("<name>packageID</name><value><int>8</int></value>", _server.Requests[1].Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<methodResponse><fault><value><struct><member><name>faultString</name><value>no</value></member></struct></value></fault></methodResponse>", "the hub answered with a fault")]
    [InlineData("<html>log in</html>", "no methodResponse")]
    [InlineData("", "an answer that is no XML-RPC")]
    [InlineData("<methodResponse><params><param><value><array><data><value>", "an answer that is no XML-RPC")]
    public async Task An_answer_that_makes_no_sense_is_an_attempt_that_failed(string body, string answer)
    {
        Serve(body);
        KernelListing listing = await ListAsync();

        Assert.Empty(listing.Kernels);
        Assert.Contains(answer, Assert.Single(listing.Attempts).Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_nested_without_end_are_refused()
    {
        Serve(Response("<int>8</int>"), Response(string.Concat(Enumerable.Repeat("<array><data><value>", 5000))));

        Assert.Contains("an answer that is no XML-RPC", (await ListAsync()).Attempts[^1].Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_is_no_debug_package_has_the_mirrors_other_directories()
    {
        string[] urls = PlanReading.Urls(new FedoraSource(PlanReading.NoOptions, PlanReading.NoApi).Plan(KernelRelease.Parse("6.13.5-200.fc41.x86_64"), KernelPackage.Image));

        Assert.Equal("https://kojipkgs.fedoraproject.org/packages/kernel/6.13.5/200.fc41/x86_64/kernel-core-6.13.5-200.fc41.x86_64.rpm", urls[1]);
        Assert.Equal("https://dl.fedoraproject.org/pub/fedora/linux/updates/41/Everything/x86_64/Packages/k/kernel-core-6.13.5-200.fc41.x86_64.rpm", urls[2]);
    }
}
