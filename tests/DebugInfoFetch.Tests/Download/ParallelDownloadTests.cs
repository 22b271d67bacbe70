using System.Net;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>A whole package in several ranges at once, and what makes it one stream after all. The file is always the whole one, in order.</summary>
public sealed class ParallelDownloadTests : DownloadTestBase
{
    /// <summary>Of 300,000 bytes ten ranges.</summary>
    private const int RangeSize = 30_000;
    private const string FirstRange = "bytes=0-29999";

    private static readonly DownloadOptions Parallel = Fast with { ParallelRanges = 3, RangeSize = RangeSize };

    private string[] Ranges => [.. Server.Requests.Select(r => r.Header("Range") ?? "whole")];

    private static bool IsFirst(LoopbackRequest request) => request.Header("Range") == FirstRange;

    [Fact]
    public async Task As_many_ranges_as_the_bound_allows_are_on_their_way_and_no_more_are_asked_for_than_there_is_room()
    {
        int now = 0, most = 0;
        Server.Serve("/a.rpm", request =>
        {
            int mine = Interlocked.Increment(ref now);
            lock (Server) { most = Math.Max(most, mine); }
            // The first stands alone. Of the others none is answered before three have met; one more than that would be counted.
            if (!IsFirst(request)) { SpinWait.SpinUntil(() => Volatile.Read(ref most) >= 3, TimeSpan.FromSeconds(60)); }
            Interlocked.Decrement(ref now);
            return Good;
        });

        DownloadedPackage package = AssertWhole(await DownloadAsync(Parallel, Candidate()));
        Assert.Equal((3, 10), (most, package.Outcomes[0].Requests));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"bytes={i * RangeSize}-{((i + 1) * RangeSize) - 1}"), Ranges.OrderBy(r => r.Length).ThenBy(r => r, StringComparer.Ordinal));
        Assert.Equal([null, .. Enumerable.Repeat("\"one\"", 9)], Server.Requests.Select(r => r.Header("If-Range")));
        Assert.Equal(300_000, Server.BytesSent);
    }

    [Fact]
    public async Task What_is_not_written_yet_is_bounded_however_slow_the_first_of_them_is()
    {
        using var others = new CountdownEvent(2);
        Server.Serve("/a.rpm", request =>
        {
            if (request.Header("Range") == "bytes=30000-59999")
            {
                Assert.True(others.Wait(TimeSpan.FromSeconds(60)));
                // Whoever asked for more than the bound would have by now: three are out, and the first of them is held here.
                Assert.Equal(4, Server.Requests.Count);
            }
            else if (!IsFirst(request) && !others.IsSet)
            {
                others.Signal();
            }

            return Good;
        });

        AssertWhole(await DownloadAsync(Parallel, Candidate()));
        Assert.Equal(0, others.CurrentCount);
    }

    [Fact]
    public async Task Progress_tells_what_has_arrived_and_never_more()
    {
        Server.Serve("/a.rpm", Good);
        List<DownloadProgress> seen = [];
        AssertWhole(await DownloadAsync(Parallel, seen.Add, Verified()));

        Assert.Equal((300_000, 300_000L), (seen[^1].BytesReceived, seen[^1].TotalBytes));
        Assert.Equal(seen.Select(p => p.BytesReceived).Order(), seen.Select(p => p.BytesReceived));
    }

    [Theory]
    [InlineData("no ranges")]
    [InlineData("416")]
    [InlineData("400")]
    [InlineData("501")]
    [InlineData("unknown length")]
    [InlineData("another range")]
    [InlineData("no validator")]
    [InlineData("weak validator")]
    public async Task Where_ranges_cannot_be_had_or_not_be_told_to_belong_together_it_is_one_stream(string kind)
    {
        LoopbackResponse whole = Good with { AcceptsRanges = false };
        LoopbackResponse Part(string range) => LoopbackResponse.Bytes(Package[..RangeSize]) with { Status = 206, AcceptsRanges = false, ETag = "\"one\"", Headers = [new("Content-Range", range)] };
        LoopbackResponse[] answers = kind switch
        {
            "no ranges" => [whole],
            "416" => [LoopbackResponse.Error(HttpStatusCode.RequestedRangeNotSatisfiable), whole],
            "400" => [LoopbackResponse.Error(HttpStatusCode.BadRequest), whole],
            "501" => [LoopbackResponse.Error(HttpStatusCode.NotImplemented), whole],
            "unknown length" => [Part("bytes 0-29999/*"), whole],
            "another range" => [Part("bytes 5-30004/300000"), whole],
            "no validator" => [Good with { ETag = null }],
            _ => [Good with { ETag = "W/\"one\"" }],
        };
        Server.Serve("/a.rpm", answers);

        AssertWhole(await DownloadAsync(Parallel, Candidate()));
        Assert.Equal(kind == "no ranges" ? [FirstRange] : [FirstRange, "whole"], Ranges);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task A_server_that_bears_no_second_connection_gives_the_rest_over_one(HttpStatusCode status)
    {
        Server.Serve("/a.rpm", request => IsFirst(request) || request.Header("Range") is "bytes=30000-59999" or "bytes=60000-" ? Good : LoopbackResponse.Error(status, "0"));
        List<string> waits = [];

        // What came before the refused range is kept. (A request that was given up may be counted after those that followed it.)
        AssertWhole(await DownloadAsync(Parallel, p => { if (p.Waiting is { } why) { waits.Add(why); } }, Candidate()));
        Assert.Contains("bytes=60000-", Ranges);
        Assert.StartsWith($"{new Uri(Server.BaseUrl).Authority}: {(int)status} ", Assert.Single(waits), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LoopbackEnding.Close)]
    [InlineData(LoopbackEnding.Reset)]
    public async Task A_range_that_breaks_is_gone_on_with_where_it_broke_over_one_stream(LoopbackEnding ending)
    {
        Server.Serve("/a.rpm", request => request.Header("Range") == "bytes=60000-89999" ? Good with { StopAfter = 10_000, Ending = ending } : Good);

        AssertWhole(await DownloadAsync(Parallel, Candidate()));
        // How much of what was sent before a reset arrives is the network's business.
        if (ending == LoopbackEnding.Close) { Assert.Contains("bytes=70000-", Ranges); }
    }

    [Fact]
    public async Task A_range_that_falls_silent_ends_as_a_stream_does()
    {
        Server.Serve("/a.rpm", request => request.Header("Range") == "bytes=60000-89999" ? Unanswered(request) : Good);

        AssertWhole(await DownloadAsync(Parallel with { Clock = Clock, SilenceTimeout = Impatient.SilenceTimeout }, Candidate()));
        Assert.Contains(Ranges, r => r.EndsWith('-'));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ranges_of_another_file_are_never_put_behind_the_first(bool ignoresIfRange)
    {
        LoopbackResponse old = LoopbackResponse.Bytes(MakePackage(2)) with { ETag = "\"old\"" };
        Server.Serve("/a.rpm", request => IsFirst(request) ? old : Good with { IgnoresIfRange = ignoresIfRange });

        AssertWhole(await DownloadAsync(Parallel, Candidate()));
        if (ignoresIfRange) { Assert.Contains("whole", Ranges); }
    }

    [Fact]
    public async Task Without_validators_a_known_digest_proves_the_ranges_and_one_stream_mends_those_that_do_not_fit()
    {
        LoopbackResponse plain = LoopbackResponse.Bytes(Package), other = LoopbackResponse.Bytes(MakePackage(2));
        Server.Serve("/a.rpm", plain);
        AssertWhole(await DownloadAsync(Parallel, Verified()));
        Assert.All(Server.Requests, r => Assert.Null(r.Header("If-Range")));

        File.Delete(Whole);
        Server.Serve("/a.rpm", request => request.Header("Range") == "bytes=60000-89999" ? other : plain);
        AssertWhole(await DownloadAsync(Parallel, Verified()));
        Assert.Contains("whole", Ranges);
    }

    [Fact]
    public async Task Cancelling_keeps_what_is_in_order_and_the_next_run_goes_on_there_in_ranges()
    {
        using var cancel = new CancellationTokenSource();
        var held = new TaskCompletionSource();
        Server.Serve("/a.rpm", request =>
        {
            // The fourth range never comes; those behind it have, and are of no use without it.
            if (request.Header("Range") == "bytes=90000-119999") { held.SetResult(); return LoopbackResponse.Silence; }
            return Good;
        });
        Task run = new PackageDownloader(Http, Parallel).DownloadAsync([Candidate()], Folder, null, cancel.Token);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(60));
        while (new FileInfo(Partial).Length < 90_000) { await Task.Delay(5); }
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(Package[..90_000], File.ReadAllBytes(Partial));

        using var again = new LoopbackServer();
        again.Serve("/m.rpm", Good);
        Server.Serve("/a.rpm", LoopbackResponse.Redirect(again.At("/m.rpm").AbsoluteUri));
        AssertWhole(await DownloadAsync(Parallel, Candidate()));
        Assert.Equal("bytes=90000-119999", again.Requests[0].Header("Range"));
        Assert.Equal(7, again.Requests.Count);
        Assert.All(again.Requests, r => Assert.Equal("\"one\"", r.Header("If-Range")));
    }

    [Fact]
    public async Task Behind_a_redirect_all_ranges_come_from_the_mirror_that_gave_the_first()
    {
        using var second = new LoopbackServer();
        second.Serve("/m.rpm", LoopbackResponse.Bytes(Package) with { ETag = "\"two\"" });
        Server.Serve("/m.rpm", Good).Serve("/a.rpm", LoopbackResponse.Redirect(second.At("/m.rpm").AbsoluteUri), LoopbackResponse.Redirect("/m.rpm"));

        AssertWhole(await DownloadAsync(Parallel, Candidate()));
        Assert.Single(Server.Requests);
        Assert.Equal(10, second.Requests.Count);
    }
}
