using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DebugInfoFetch.Download;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>What servers answer, and what becomes of it.</summary>
public class DownloadAnswerTests : DownloadTestBase
{
    [Fact]
    public async Task A_package_arrives_whole_with_its_digest_and_no_leftovers()
    {
        Server.Serve("/a.rpm", Good);

        DownloadedPackage package = AssertWhole(await DownloadAsync(Verified()));
        Assert.Equal("SHA-256 agrees with the test", package.Verification);
        Assert.StartsWith("dbgfetch/", Server.Requests[0].Header("User-Agent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_digest_the_verification_says_what_protected_the_transfer()
    {
        Server.Serve("/a.rpm", Good);

        Assert.Equal("no digest known beforehand; the transfer was not protected", AssertWhole(await DownloadAsync(Candidate())).Verification);
    }

    [Fact]
    public async Task After_a_404_the_next_candidate_is_taken_and_both_answers_are_told()
    {
        Server.Serve("/b.rpm", Good);

        DownloadedPackage package = AssertWhole(await DownloadAsync(Candidate("/a.rpm"), Candidate("/b.rpm")));
        Assert.Equal([(OutcomeKind.NotFound, "404 Not Found"), (OutcomeKind.Downloaded, "300000 bytes")], package.Outcomes.Select(o => (o.Kind, o.Answer)));
        Assert.Equal(2, Server.Requests.Count);
    }

    [Fact]
    public async Task A_release_that_nobody_has_names_every_place_with_its_answer()
    {
        Server.Serve("/b.rpm", LoopbackResponse.Error(HttpStatusCode.Forbidden));
        var failure = Assert.IsType<DownloadFailure>(await DownloadAsync(Candidate("/a.rpm"), Candidate("/b.rpm")));

        Assert.Equal("none of 2 places gave the package", failure.Message);
        Assert.Equal(
            [new LocateAttempt(Server.BaseUrl + "/a.rpm", "404 Not Found"), new LocateAttempt(Server.BaseUrl + "/b.rpm", "403 Forbidden")],
            failure.Outcomes.Select(o => o.ToAttempt()));
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task A_redirect_is_followed()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Redirect("/mirror/a.rpm")).Serve("/mirror/a.rpm", Good);

        AssertWhole(await DownloadAsync(Verified()));
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Redirect("/a.rpm"));

        Assert.Contains("is not followed", AssertOnlyOutcome(await DownloadAsync(Candidate()), OutcomeKind.Refused).Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public async Task A_transient_answer_is_asked_again(HttpStatusCode status)
    {
        Server.Serve("/a.rpm", LoopbackResponse.Error(status), LoopbackResponse.Error(status), Good);

        Assert.Equal(3, AssertWhole(await DownloadAsync(Verified())).Outcomes[0].Requests);
    }

    [Fact]
    public async Task A_server_error_that_stays_ends_after_the_attempts()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Error(HttpStatusCode.InternalServerError));

        CandidateOutcome outcome = AssertOnlyOutcome(await DownloadAsync(Candidate()), OutcomeKind.ServerError);
        Assert.Equal(("500 Internal Server Error (5 attempts)", 5), (outcome.Answer, Server.Requests.Count));
    }

    [Fact]
    public async Task Retry_After_is_waited_for()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "1"), Good);

        long began = Stopwatch.GetTimestamp();
        AssertWhole(await DownloadAsync(Verified()));
        Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds > 0.95);
    }

    [Fact]
    public async Task A_Retry_After_that_is_too_long_is_told_instead_of_waited_for()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "3600"));

        Assert.Equal("429 Too Many Requests, asks to wait 3600 s", AssertOnlyOutcome(await DownloadAsync(Candidate()), OutcomeKind.RateLimited).Answer);
        Assert.Single(Server.Requests);
    }

    [Fact]
    public async Task A_web_page_instead_of_the_package_is_found_out_at_once_and_the_next_candidate_taken()
    {
        Server.Serve("/a.rpm", LoopbackResponse.Html("<!DOCTYPE html><title>Log in</title>")).Serve("/b.rpm", Good);

        DownloadedPackage package = AssertWhole(await DownloadAsync(Candidate("/a.rpm"), Candidate("/b.rpm")));
        Assert.Equal((OutcomeKind.NotAPackage, "a web page instead of a package (a login or error page?)"), (package.Outcomes[0].Kind, package.Outcomes[0].Answer));
    }

    [Fact]
    public async Task A_web_page_that_claims_to_be_a_package_and_never_ends_is_found_out_by_its_first_bytes()
    {
        byte[] page = [.. "\n <html>"u8, .. new byte[1_000_000]];
        Server.Serve("/a.rpm", LoopbackResponse.Bytes(page) with { Headers = [new("Content-Type", "application/x-rpm")], BytesPerSecond = 20_000 });

        AssertOnlyOutcome(await DownloadAsync(Candidate()), OutcomeKind.NotAPackage);
        Assert.InRange(Server.BytesSent, 1, 100_000);
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Theory]
    [InlineData("x.rpm", "!<arch>\ndebian-b", "no RPM: it begins with 213c617263683e0a")]
    [InlineData("x.deb", "PK\u0003\u0004zzzzzzzzzzzz", "no deb: it begins with 504b03047a7a7a7a")]
    [InlineData("package", "PK\u0003\u0004zzzzzzzzzzzz", "neither an RPM nor a deb: it begins with 504b03047a7a7a7a")]
    [InlineData("x.rpm", "", "an empty answer instead of a package")]
    [InlineData("x.rpm", "abc", "no RPM: it begins with 616263")]
    public async Task Bytes_of_another_kind_are_no_package(string fileName, string body, string answer)
    {
        Server.Serve("/a", LoopbackResponse.Bytes([.. body.Select(c => (byte)c)]));

        Assert.Equal(answer, AssertOnlyOutcome(await DownloadAsync(new PackageCandidate(Server.At("/a"), fileName, "")), OutcomeKind.NotAPackage).Answer);
    }

    [Fact]
    public async Task Another_size_than_the_index_has_is_refused_before_the_body()
    {
        Server.Serve("/a.rpm", Good with { BytesPerSecond = 1000 });

        CandidateOutcome outcome = AssertOnlyOutcome(
            await DownloadAsync(new PackageCandidate(Server.At("/a.rpm"), FileName, "") { ByteSize = 5 }), OutcomeKind.WrongSize);
        Assert.Equal("300000 bytes, where the index has 5", outcome.Answer);
    }

    [Theory]
    [InlineData(299_999)]
    [InlineData(300_001)]
    public async Task Another_size_than_the_index_has_is_noticed_without_a_declared_length(int size)
    {
        Server.Serve("/a.rpm", Good with { DeclaresLength = false });

        AssertOnlyOutcome(await DownloadAsync(new PackageCandidate(Server.At("/a.rpm"), FileName, "") { ByteSize = size }), OutcomeKind.WrongSize);
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task A_wrong_digest_is_told_and_the_file_is_not_kept()
    {
        byte[] changed = [.. Package];
        changed[200_000] ^= 1;
        Server.Serve("/a.rpm", LoopbackResponse.Bytes(changed));

        CandidateOutcome outcome = AssertOnlyOutcome(await DownloadAsync(Verified()), OutcomeKind.WrongDigest);
        Assert.Equal($"SHA-256 is {Sha256Of(changed)}, where the index has {Sha256Of(Package)}", outcome.Answer);
        Assert.Single(Server.Requests);
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task A_SHA_1_of_the_snapshot_archive_is_checked()
    {
        Server.Serve("/a.rpm", Good);
#pragma warning disable CA5350 // it is what that archive has
        string sha1 = Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData(Package));
#pragma warning restore CA5350
        PackageCandidate candidate = Candidate() with { Sha1 = sha1, DigestOrigin = "x" };

        Assert.Equal("SHA-1 agrees with x", AssertWhole(await DownloadAsync(candidate)).Verification);
        File.Delete(Whole);
        AssertOnlyOutcome(await DownloadAsync(candidate with { Sha1 = new string('0', 40) }), OutcomeKind.WrongDigest);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_for_the_next()
    {
        using var silent = new LoopbackServer();
        silent.Serve("/a.rpm", Unanswered);
        Server.Serve("/b.rpm", Good);

        DownloadedPackage package = AssertWhole(await DownloadAsync(Impatient, new PackageCandidate(silent.At("/a.rpm"), FileName, ""), Candidate("/b.rpm")));
        Assert.Equal((OutcomeKind.Silent, "fewer than 64 bytes arrived within 30 s (2 attempts)"), (package.Outcomes[0].Kind, package.Outcomes[0].Answer));
    }

    [Fact]
    public async Task A_byte_now_and_then_is_silence_too()
    {
        // Slowly enough for each to arrive alone, so that 64 never come within the time that 30 of them take.
        Server.Serve("/a.rpm", Good with { BytesPerSecond = 50 });
        long last = 0;
        void Pass(DownloadProgress progress)
        {
            if (progress.BytesReceived > last) { Clock.Advance((progress.BytesReceived - last) * Impatient.SilenceTimeout / 30); }
            last = progress.BytesReceived;
        }

        AssertOnlyOutcome(await DownloadAsync(Impatient with { Retries = 0 }, Pass, Candidate()), OutcomeKind.Silent);
    }

    [Fact]
    public async Task A_slow_transfer_that_goes_on_is_not_silence_however_long_it_takes()
    {
        Server.Serve("/a.rpm", Good);
        TimeSpan passed = TimeSpan.Zero;
        void Pass(DownloadProgress progress)
        {
            passed += Impatient.SilenceTimeout * 0.9;
            Clock.Advance(Impatient.SilenceTimeout * 0.9);
        }

        Assert.Equal(1, AssertWhole(await DownloadAsync(Impatient with { MinimumBytes = 1 }, Pass, Verified())).Outcomes[0].Requests);
        Assert.True(passed > Impatient.SilenceTimeout * 2);
    }

    [Fact]
    public async Task A_host_without_a_listener_is_unreachable_and_its_other_addresses_are_not_tried()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        int port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();
        Server.Serve("/c.rpm", Good);
        PackageCandidate Dead(string path) => new(new Uri($"http://127.0.0.1:{port}{path}"), FileName, "");

        DownloadedPackage package = AssertWhole(await DownloadAsync(Dead("/a.rpm"), Dead("/b.rpm"), Candidate("/c.rpm")));
        Assert.Equal(
            [(OutcomeKind.Unreachable, "could not connect: Connection refused (3 attempts)", 3),
             (OutcomeKind.Skipped, $"not tried: 127.0.0.1:{port} has failed too often just before", 0),
             (OutcomeKind.Downloaded, "300000 bytes", 1)],
            package.Outcomes.Select(o => (o.Kind, o.Answer.Replace($" (127.0.0.1:{port})", "", StringComparison.Ordinal), o.Requests)));
    }

    [Fact]
    public async Task A_password_in_an_address_reaches_no_answer()
    {
        var candidate = new PackageCandidate(new Uri(Server.BaseUrl.Replace("http://", "http://user:secret@", StringComparison.Ordinal) + "/a.rpm"), FileName, "");

        var failure = Assert.IsType<DownloadFailure>(await DownloadAsync(candidate));
        Assert.DoesNotContain("secret", failure.Message + failure.Outcomes[0].ToAttempt(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_file_is_taken_where_it_lies()
    {
        string path = Path.Combine(Folder, "x.rpm");
        File.WriteAllBytes(path, Package);

        var package = Assert.IsType<DownloadedPackage>(await DownloadAsync(DirectPackage.FromArgument(path)));
        Assert.Equal((path, "", Package.LongLength), (package.Path, package.Sha256, package.ByteSize));
        Assert.Equal(Sha256Of(Package), (await PackageDownloader.WithDigestAsync(package, CancellationToken.None)).Sha256);
    }

    [Fact]
    public async Task A_local_file_that_is_not_what_the_index_says_is_refused()
    {
        string path = Path.Combine(Folder, "x.rpm");
        File.WriteAllBytes(path, Package);

        AssertOnlyOutcome(await DownloadAsync(DirectPackage.FromArgument(path) with { Sha256 = new string('0', 64) }), OutcomeKind.WrongDigest);
    }

    [Fact]
    public async Task A_package_of_an_earlier_run_is_taken_when_its_digest_proves_it()
    {
        File.WriteAllBytes(Whole, Package);

        AssertWhole(await DownloadAsync(Verified()));
        Assert.Empty(Server.Requests);
    }

    [Fact]
    public async Task Koji_s_layout_served_from_a_directory_gives_the_plain_copy_after_the_signed_ones_404()
    {
        string tree = Directory.CreateDirectory(Path.Combine(Folder, "tree")).FullName;
        string place = Directory.CreateDirectory(Path.Combine(tree, "packages/kernel/6.13.5/200.fc41/x86_64")).FullName;
        File.WriteAllBytes(Path.Combine(place, FileName), Package);
        Server.ServeDirectory("/", tree);
        using HttpClient http = HttpClients.Create();

        var found = Assert.IsType<LocateResult.Found>(await KernelSources.Create(new SourceOptions(Server.BaseUrl), http)
            .LocateAsync(DebugInfoFetch.Releases.KernelRelease.Parse("6.13.5-200.fc41", "x86_64"), CancellationToken.None));
        string target = Path.Combine(Folder, "target");
        var package = Assert.IsType<DownloadedPackage>(
            await new PackageDownloader(http, Fast).DownloadAsync(found.Candidates, target, null, CancellationToken.None));

        Assert.Equal([OutcomeKind.NotFound, OutcomeKind.Downloaded], package.Outcomes.Select(o => o.Kind));
        Assert.Equal(Package, File.ReadAllBytes(Path.Combine(target, FileName)));
    }
}
