using DebugInfoFetch.Download;
using DebugInfoFetch.Sources;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>Transfers that break, in one run and over runs.</summary>
public class DownloadResumeTests : DownloadTestBase
{
    private string[] Ranges => [.. Server.Requests.Select(r => r.Header("Range") ?? "whole")];

    [Theory]
    [InlineData(LoopbackEnding.Close)]
    [InlineData(LoopbackEnding.Silence)]
    public async Task A_transfer_that_breaks_goes_on_where_it_stopped(LoopbackEnding ending)
    {
        Server.Serve("/a.rpm", Good with { StopAfter = 100_000, Ending = ending }, Good);

        // Silence sets in when all that was sent has arrived.
        DownloadedPackage package = AssertWhole(ending == LoopbackEnding.Silence
            ? await DownloadAsync(Impatient, p => { if (p.BytesReceived == 100_000) { Clock.Advance(Impatient.SilenceTimeout); } }, Verified())
            : await DownloadAsync(Verified()));
        Assert.Equal(2, package.Outcomes[0].Requests);
        Assert.Equal(["whole", "bytes=100000-"], Ranges);
        Assert.Equal("\"one\"", Server.Requests[1].Header("If-Range"));
        Assert.InRange(Server.BytesSent, 300_000, 300_000);
    }

    [Fact]
    public async Task A_connection_that_is_reset_is_opened_again()
    {
        // How much of what was sent before a reset arrives is the network's business.
        Server.Serve("/a.rpm", Good with { StopAfter = 100_000, Ending = LoopbackEnding.Reset }, Good);

        Assert.Equal(2, AssertWhole(await DownloadAsync(Verified())).Outcomes[0].Requests);
    }

    [Fact]
    public async Task A_line_that_breaks_every_so_often_gets_a_large_package_through()
    {
        // More breaks than attempts.
        Server.Serve("/a.rpm", Good with { StopAfter = 20_000 });

        AssertWhole(await DownloadAsync(Fast with { Retries = 2, ProgressThatResetsRetries = 10_000 }, Verified()));
        Assert.Equal(15, Server.Requests.Count);
    }

    [Fact]
    public async Task A_transfer_that_always_breaks_at_the_same_byte_ends()
    {
        Server.Serve("/a.rpm", Good with { StopAfter = 100_000, AcceptsRanges = false });

        CandidateOutcome outcome = AssertOnlyOutcome(await DownloadAsync(Fast with { ProgressThatResetsRetries = 10_000 }, Verified()), OutcomeKind.BrokenTransfer);
        Assert.StartsWith("the connection broke", outcome.Answer, StringComparison.Ordinal);
        Assert.InRange(Server.Requests.Count, 5, 12);
        Assert.False(File.Exists(Whole));
    }

    [Fact]
    public async Task Without_a_validator_and_without_a_digest_a_broken_transfer_starts_anew()
    {
        LoopbackResponse plain = LoopbackResponse.Bytes(Package);
        Server.Serve("/a.rpm", plain with { StopAfter = 100_000 }, plain);

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal(["whole", "whole"], Ranges);
    }

    [Fact]
    public async Task Without_a_validator_a_known_digest_is_enough_to_go_on()
    {
        LoopbackResponse plain = LoopbackResponse.Bytes(Package);
        Server.Serve("/a.rpm", plain with { StopAfter = 100_000 }, plain);

        AssertWhole(await DownloadAsync(Verified()));
        Assert.Equal(["whole", "bytes=100000-"], Ranges);
    }

    [Fact]
    public async Task A_date_serves_as_validator_and_a_weak_tag_does_not()
    {
        LoopbackResponse dated = LoopbackResponse.Bytes(Package) with { ETag = "W/\"one\"", LastModified = DateTimeOffset.UtcNow.AddDays(-1) };
        Server.Serve("/a.rpm", dated with { StopAfter = 100_000 }, dated);

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal(dated.LastModified!.Value.ToString("R"), Server.Requests[1].Header("If-Range"));
    }

    [Fact]
    public async Task A_server_without_ranges_sends_it_again_from_the_start()
    {
        Server.Serve("/a.rpm", Good with { StopAfter = 100_000 }, Good with { AcceptsRanges = false });

        AssertWhole(await DownloadAsync(Verified()));
    }

    [Fact]
    public async Task A_file_that_changed_in_between_is_fetched_from_the_start()
    {
        byte[] old = MakePackage(2);
        Server.Serve("/a.rpm", LoopbackResponse.Bytes(old) with { ETag = "\"old\"", StopAfter = 100_000 }, Good);

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal("\"old\"", Server.Requests[1].Header("If-Range"));
    }

    [Theory]
    [InlineData("\"one\"", 250_000)]
    [InlineData("\"old\"", 300_000)]
    public async Task A_changed_file_is_noticed_on_a_server_that_does_not_know_If_Range(string oldTag, int oldSize)
    {
        Server.Serve("/a.rpm", LoopbackResponse.Bytes(MakePackage(2, oldSize)) with { ETag = oldTag, StopAfter = 100_000 }, Good with { IgnoresIfRange = true });

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal(["whole", "bytes=100000-", "whole"], Ranges);
    }

    [Fact]
    public async Task Parts_that_do_not_fit_together_are_found_by_the_digest_and_fetched_anew()
    {
        LoopbackResponse plain = LoopbackResponse.Bytes(Package);
        Server.Serve("/a.rpm", LoopbackResponse.Bytes(MakePackage(2)) with { StopAfter = 100_000 }, plain);

        AssertWhole(await DownloadAsync(Verified()));
        Assert.Equal(["whole", "bytes=100000-", "whole"], Ranges);
    }

    private async Task BreakOffAsync(PackageCandidate candidate, LoopbackResponse response)
    {
        Server.Serve(candidate.Url.AbsolutePath, response with { StopAfter = 100_000, Ending = LoopbackEnding.Silence });
        using var cancel = new CancellationTokenSource();
        var progress = new SynchronousProgress(p =>
        {
            if (p.BytesReceived == 100_000)
            {
                cancel.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new PackageDownloader(Http, Fast).DownloadAsync([candidate], Folder, progress, cancel.Token));
        Assert.Equal(100_000, new FileInfo(Partial).Length);
        Assert.False(File.Exists(Whole));
    }

    [Fact]
    public async Task Cancelling_leaves_a_part_that_the_next_run_goes_on_with()
    {
        await BreakOffAsync(Candidate(), Good);
        Server.Serve("/a.rpm", Good);

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal(["whole", "bytes=100000-"], Ranges);
    }

    [Fact]
    public async Task A_part_is_kept_while_another_candidate_of_that_name_answers_404()
    {
        await BreakOffAsync(Candidate("/b.rpm"), Good);
        Server.Serve("/b.rpm", Good);

        AssertWhole(await DownloadAsync(Candidate("/a.rpm"), Candidate("/b.rpm")));
        Assert.Equal("bytes=100000-", Ranges[^1]);
    }

    [Fact]
    public async Task A_part_of_one_address_is_not_mixed_with_the_rest_of_another()
    {
        // Fedora's signed and unsigned copies: one name, other bytes.
        await BreakOffAsync(Candidate("/signed.rpm"), LoopbackResponse.Bytes(MakePackage(2)) with { ETag = "\"one\"" });
        Server.Serve("/plain.rpm", Good);

        AssertWhole(await DownloadAsync(Candidate("/plain.rpm")));
        Assert.Equal("whole", Ranges[^1]);
    }

    [Fact]
    public async Task A_part_is_gone_on_with_from_another_mirror_when_the_digest_will_prove_it()
    {
        await BreakOffAsync(Verified("/mirror1.rpm"), Good);
        Server.Serve("/mirror2.rpm", Good with { ETag = "\"two\"" });

        AssertWhole(await DownloadAsync(Verified("/mirror2.rpm")));
        Assert.Equal(("bytes=100000-", null), (Ranges[^1], Server.Requests[^1].Header("If-Range")));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"Url":7}""")]
    [InlineData("")]
    public async Task A_part_of_unknown_origin_is_not_gone_on_with(string origin)
    {
        await BreakOffAsync(Candidate(), Good);
        File.WriteAllText(Partial + ".origin", origin);
        Server.Serve("/a.rpm", Good);

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal("whole", Ranges[^1]);
    }

    [Theory]
    [InlineData("\"one\"")]
    [InlineData(null)]
    public async Task A_package_that_an_earlier_run_brought_is_taken_if_the_server_still_has_it_so(string? tag)
    {
        // A full disk or Ctrl-C while it is indexed leaves it.
        LoopbackResponse good = Good with { ETag = tag, LastModified = DateTimeOffset.UtcNow.AddDays(-1) };
        Server.Serve("/a.rpm", good);
        AssertWhole(await DownloadAsync(Candidate()));
        long sent = Server.BytesSent;
        Assert.Equal("here from an earlier run", AssertWhole(await DownloadAsync(Candidate())).Outcomes[0].Answer);
        Assert.Equal(sent, Server.BytesSent);

        Server.Serve("/a.rpm", good with { ETag = "\"two\"", LastModified = DateTimeOffset.UtcNow.AddHours(-1) });
        AssertWhole(await DownloadAsync(Candidate()));
        Assert.True(Server.BytesSent >= sent + 300_000);
    }

    [Fact]
    public async Task A_part_that_is_whole_already_needs_no_request()
    {
        await BreakOffAsync(Verified(), Good);
        File.WriteAllBytes(Partial, Package);
        int before = Server.Requests.Count;

        AssertWhole(await DownloadAsync(Verified()));
        Assert.Equal(before, Server.Requests.Count);
    }

    [Fact]
    public async Task A_part_longer_than_the_file_is_dropped()
    {
        await BreakOffAsync(Candidate(), Good);
        File.WriteAllBytes(Partial, MakePackage(3, 400_000));
        Server.Serve("/a.rpm", Good);

        AssertWhole(await DownloadAsync(Candidate()));
        Assert.Equal("bytes=400000-", Ranges[^2]);
        Assert.Equal("whole", Ranges[^1]);
    }

    [Fact]
    public async Task Progress_tells_bytes_total_and_why_it_waits()
    {
        Server.Serve("/a.rpm", Good with { StopAfter = 100_000 }, Good);
        List<DownloadProgress> seen = [];
        await new PackageDownloader(Http, Fast).DownloadAsync([Verified()], Folder, new SynchronousProgress(seen.Add), CancellationToken.None);

        Assert.Contains(seen, p => p is { Waiting: not null, BytesReceived: 100_000, Attempt: 1 });
        Assert.Equal((300_000, 100_000, 300_000L, 2), (seen[^1].BytesReceived, seen[^1].ResumedFrom, seen[^1].TotalBytes, seen[^1].Attempt));
        Assert.Equal(seen.Select(p => p.BytesReceived).Order(), seen.Select(p => p.BytesReceived));
    }
}
