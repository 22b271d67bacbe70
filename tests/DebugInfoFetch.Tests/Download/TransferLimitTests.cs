using System.Diagnostics;
using DebugInfoFetch.Download;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>What transfers may take of the line, and of one host.</summary>
public class TransferLimitTests : DownloadTestBase
{
    [Fact]
    public async Task A_capped_rate_holds_over_all_transfers_of_a_client_together()
    {
        Server.Serve("/a.rpm", Good).Serve("/b.rpm", Good);
        using HttpClient http = HttpClients.Create(limit: new RateLimit(600_000));

        long began = Stopwatch.GetTimestamp();
        byte[][] both = await Task.WhenAll(new[] { "/a.rpm", "/b.rpm" }.Select(p => ReadAsync(http, Server.At(p))));
        Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds > 0.9);
        Assert.All(both, b => Assert.Equal(Package, b));
    }

    [Fact]
    public async Task A_capped_answer_keeps_its_headers_so_that_a_download_is_what_it_was()
    {
        Server.Serve("/a.rpm", Good with { StopAfter = 100_000 }, Good);
        using HttpClient http = HttpClients.Create(limit: new RateLimit(10_000_000));

        AssertWhole(await new PackageDownloader(http, Fast).DownloadAsync([Candidate()], Folder, null, CancellationToken.None));
        Assert.Equal(("bytes=100000-", "\"one\""), (Server.Requests[1].Header("Range"), Server.Requests[1].Header("If-Range")));
    }

    [Fact]
    public async Task One_host_gets_no_more_connections_than_the_bound_at_once()
    {
        int now = 0, most = 0;
        Server.Serve("/a.rpm", _ =>
        {
            int mine = Interlocked.Increment(ref now);
            lock (Server) { most = Math.Max(most, mine); }
            Thread.Sleep(50);
            Interlocked.Decrement(ref now);
            return LoopbackResponse.Bytes(Package[..1000]);
        });
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ReadAsync(Http, Server.At("/a.rpm"))));

        Assert.Equal(40, Server.Requests.Count);
        Assert.InRange(most, 1, HttpClients.ConnectionsPerHost);
    }

    private static async Task<byte[]> ReadAsync(HttpClient http, Uri url)
    {
        using HttpResponseMessage response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
        using Stream body = await response.Content.ReadAsStreamAsync();
        using var all = new MemoryStream();
        await body.CopyToAsync(all);
        return all.ToArray();
    }
}
