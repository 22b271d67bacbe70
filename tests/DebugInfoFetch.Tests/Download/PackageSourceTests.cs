using System.Net;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>A package read where it lies: parts by Range requests, or forward.</summary>
public sealed class PackageSourceTests : DownloadTestBase
{
    private readonly List<string> _waits = [];

    [Fact]
    public async Task Parts_are_those_of_the_whole_and_nothing_else_is_transferred()
    {
        Server.Serve("/a.rpm", Good);
        using PackageSource source = await OpenAsync();
        Assert.Equal((300_000L, 300_000L), (source.RandomAccessLength, source.TotalBytes));
        Assert.Equal(Package.AsSpan(100_000, 70_000).ToArray(), Read(source, 100_000, 70_000));
        Assert.Equal(Package.AsSpan(299_990, 10).ToArray(), Read(source, 299_990, 10));
        Assert.Equal(Package.AsSpan(10, 20).ToArray(), Read(source, 10, 20));
        // The first 64 KiB, the part, and the last page.
        Assert.Equal((65_536 + 70_000 + (300_000 - (4 * 65_536)), 3), (source.BytesFetched, source.Requests));
        Assert.All(Server.Requests.Skip(1), r => Assert.Equal("\"one\"", r.Header("If-Range")));
    }

    [Fact]
    public async Task Several_parts_at_once_keep_to_the_bound()
    {
        int now = 0, most = 0, asked = 0;
        Server.Serve("/a.rpm", _ =>
        {
            int mine = Interlocked.Increment(ref now);
            InterlockedMax(ref most, mine);
            // The first request stands alone. Of the others none is answered before three have met, or none can any more.
            if (Interlocked.Increment(ref asked) > 1) { SpinWait.SpinUntil(() => Volatile.Read(ref most) >= 3, TimeSpan.FromSeconds(20)); }
            Interlocked.Decrement(ref now);
            return Good;
        });
        using PackageSource source = await OpenAsync(Fast with { ParallelRanges = 3 });
        byte[][] parts = new byte[20][];
        await Task.WhenAll(Enumerable.Range(0, parts.Length).Select(i => Task.Factory.StartNew(
            () => parts[i] = Read(source, i * 10_000, 70_000), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.All(parts, (part, i) => Assert.Equal(Package.AsSpan(i * 10_000, 70_000).ToArray(), part));
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task A_server_without_ranges_gives_the_whole_forward_with_one_request()
    {
        Server.Serve("/a.rpm", Good with { AcceptsRanges = false });
        using PackageSource source = await OpenAsync();
        Assert.Equal((null, 300_000L), (source.RandomAccessLength, source.TotalBytes));
        Assert.Throws<NotSupportedException>(() => Read(source, 0, 1));
        Assert.Equal(Package, ReadAll(source));
        Assert.Equal((300_000L, 1), (source.BytesFetched, source.Requests));
    }

    [Fact]
    public async Task A_range_that_makes_no_sense_is_no_range()
    {
        Server.Serve("/a.rpm", Good with { Status = 206, AcceptsRanges = false, Headers = [new("Content-Range", "bytes 5-70000/300000")] }, Good with { AcceptsRanges = false });
        using PackageSource odd = await OpenAsync();
        Assert.Null(odd.RandomAccessLength);
        Assert.Equal(Package, ReadAll(odd));
        Server.Serve("/b.rpm", LoopbackResponse.Error(HttpStatusCode.RequestedRangeNotSatisfiable), Good with { AcceptsRanges = false });
        using PackageSource refused = await OpenAsync(path: "/b.rpm");
        Assert.Equal(Package, ReadAll(refused));
    }

    [Fact]
    public async Task A_package_read_forward_from_a_server_with_ranges_goes_on_where_the_connection_broke()
    {
        Server.Serve("/a.rpm", Good, Good with { StopAfter = 90_000, Ending = LoopbackEnding.Reset }, Good with { StopAfter = 60_000 }, Good);
        using PackageSource source = await OpenAsync();
        Assert.Equal(Package, ReadAll(source));
        Assert.Equal(["bytes=0-65535", null, "bytes=90000-"], Server.Requests.Take(3).Select(r => r.Header("Range")));
        Assert.Equal(2, _waits.Count);
    }

    [Fact]
    public async Task Without_ranges_a_broken_body_begins_anew_if_a_validator_proves_it_the_same()
    {
        LoopbackResponse whole = Good with { AcceptsRanges = false };
        Server.Serve("/a.rpm", whole with { StopAfter = 200_000 }, whole);
        using (PackageSource source = await OpenAsync()) { Assert.Equal(Package, ReadAll(source)); }

        LoopbackResponse unknown = whole with { ETag = null };
        Server.Serve("/b.rpm", unknown with { StopAfter = 200_000 }, unknown);
        using PackageSource nobodyKnows = await OpenAsync(path: "/b.rpm");
        Assert.Equal(OutcomeKind.Changed, Assert.Throws<PackageUnavailableException>(() => ReadAll(nobodyKnows)).Outcome!.Kind);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task Transient_answers_are_asked_again(HttpStatusCode status)
    {
        Server.Serve("/a.rpm", LoopbackResponse.Error(status), Good, LoopbackResponse.Error(status, "0"), Good);
        using PackageSource source = await OpenAsync();
        Assert.Equal(Package.AsSpan(70_000, 100_000).ToArray(), Read(source, 70_000, 100_000));
        Assert.Equal((4, 2), (source.Requests, _waits.Count));
    }

    [Theory]
    [InlineData(LoopbackEnding.Close)]
    [InlineData(LoopbackEnding.Reset)]
    public async Task A_part_that_breaks_off_is_completed_from_there(LoopbackEnding ending)
    {
        Server.Serve("/a.rpm", Good, Good with { StopAfter = 30_000, Ending = ending }, Good);
        using PackageSource source = await OpenAsync();
        Assert.Equal(Package.AsSpan(70_000, 100_000).ToArray(), Read(source, 70_000, 100_000));
        Assert.Equal("bytes=100000-169999", Server.Requests[2].Header("Range"));
    }

    [Fact]
    public async Task A_file_that_changes_between_requests_is_never_mixed()
    {
        LoopbackResponse other = LoopbackResponse.Bytes(MakePackage(2)) with { ETag = "\"two\"" };
        Server.Serve("/a.rpm", Good, other);
        Server.Serve("/b.rpm", Good, other with { IgnoresIfRange = true });
        Server.Serve("/c.rpm", Good, LoopbackResponse.Bytes(MakePackage(2, 299_999)) with { ETag = "\"one\"", IgnoresIfRange = true });
        foreach (string path in (string[])["/a.rpm", "/b.rpm", "/c.rpm"])
        {
            using PackageSource source = await OpenAsync(path: path);
            var gone = Assert.Throws<PackageUnavailableException>(() => Read(source, 70_000, 100_000));
            Assert.Equal((OutcomeKind.Changed, "the file is not what it was when its first bytes were read (2 requests)"), (gone.Outcome!.Kind, gone.Outcome.Answer));
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, OutcomeKind.NotFound, 1)]
    [InlineData(HttpStatusCode.Forbidden, OutcomeKind.Refused, 1)]
    [InlineData(HttpStatusCode.TooManyRequests, OutcomeKind.RateLimited, 5)]
    [InlineData(HttpStatusCode.BadGateway, OutcomeKind.ServerError, 5)]
    public async Task What_is_not_to_be_had_is_said_once(HttpStatusCode status, OutcomeKind kind, int requests)
    {
        Server.Serve("/a.rpm", LoopbackResponse.Error(status));
        CandidateOutcome outcome = (await Assert.ThrowsAsync<PackageUnavailableException>(() => OpenAsync())).Outcome!;
        Assert.Equal((kind, requests), (outcome.Kind, outcome.Requests));
    }

    [Fact]
    public async Task A_login_page_is_no_package_whether_it_comes_whole_or_in_parts()
    {
        LoopbackResponse page = LoopbackResponse.Html("<html><body>Please log in</body></html>" + new string(' ', 5000));
        Server.Serve("/a.rpm", page);
        Assert.Equal(OutcomeKind.NotAPackage, (await Assert.ThrowsAsync<PackageUnavailableException>(() => OpenAsync())).Outcome!.Kind);
        Server.Serve("/b.rpm", page with { AcceptsRanges = false });
        using PackageSource whole = await OpenAsync(path: "/b.rpm");
        Assert.Equal(OutcomeKind.NotAPackage, Assert.Throws<PackageUnavailableException>(() => ReadAll(whole)).Outcome!.Kind);
    }

    [Fact]
    public async Task A_server_that_goes_silent_is_given_up()
    {
        Server.Serve("/a.rpm", request => request.Header("Range") == "bytes=0-65535" ? Good : Unanswered(request));
        using PackageSource source = await OpenAsync(Impatient);
        Assert.Equal(OutcomeKind.Silent, Assert.Throws<PackageUnavailableException>(() => Read(source, 70_000, 100_000)).Outcome!.Kind);
    }

    [Fact]
    public async Task A_size_other_than_the_indexs_is_refused_at_once()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Bytes(MakePackage(1, 200_000)));
        var fault = await Assert.ThrowsAsync<PackageUnavailableException>(() => new PackageSources(Http, Fast).OpenAsync(Verified(), new TransferWatch(null, null), CancellationToken.None));
        Assert.Equal(OutcomeKind.WrongSize, fault.Outcome!.Kind);
    }

    [Fact]
    public async Task Cancelling_ends_a_part_that_is_waited_for()
    {
        using var stop = new CancellationTokenSource();
        Server.Serve("/a.rpm", Good, LoopbackResponse.Silence);
        using PackageSource source = await new PackageSources(Http, Fast).OpenAsync(Candidate(), new TransferWatch(null, null), stop.Token);
        stop.CancelAfter(100);
        Assert.ThrowsAny<OperationCanceledException>(() => Read(source, 70_000, 100_000));
    }

    [Fact]
    public async Task A_file_of_this_machine_is_read_in_the_same_way()
    {
        File.WriteAllBytes(Whole, Package);
        using PackageSource source = await new PackageSources(Http).OpenAsync(DebugInfoFetch.Sources.DirectPackage.FromArgument(Whole), new TransferWatch(null, null), CancellationToken.None);
        Assert.Equal(Package.AsSpan(1000, 5).ToArray(), Read(source, 1000, 5));
        Assert.Equal((300_000L, 5L, 0), (source.RandomAccessLength, source.BytesFetched, source.Requests));
        Assert.Equal(Package, ReadAll(source));
        File.Delete(Whole);
        await Assert.ThrowsAsync<PackageUnavailableException>(() => new PackageSources(Http).OpenAsync(
            new DebugInfoFetch.Sources.PackageCandidate(new Uri("file://" + Whole), FileName, "gone"), new TransferWatch(null, null), CancellationToken.None));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = most; value > seen; seen = most) { Interlocked.CompareExchange(ref most, value, seen); }
    }

    private Task<PackageSource> OpenAsync(DownloadOptions? options = null, string path = "/a.rpm")
        => new PackageSources(Http, options ?? Fast).OpenAsync(Candidate(path), new TransferWatch(null, _waits.Add), CancellationToken.None);

    private static byte[] Read(PackageSource source, long offset, int length)
    {
        byte[] part = new byte[length];
        source.ReadExactlyAt(offset, part);
        return part;
    }

    private static byte[] ReadAll(PackageSource source)
    {
        using Stream stream = source.OpenStream();
        using var whole = new MemoryStream();
        stream.CopyTo(whole);
        return whole.ToArray();
    }
}
