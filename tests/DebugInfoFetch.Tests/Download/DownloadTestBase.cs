using System.Security.Cryptography;
using DebugInfoFetch.Download;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Download;

/// <summary>A loopback server, a directory, and a downloader that waits little between attempts.</summary>
public abstract class DownloadTestBase : IDisposable
{
    protected const string FileName = "kernel-debuginfo-6.13.5-200.fc41.x86_64.rpm";

    protected static readonly DownloadOptions Fast = new()
    {
        // Long enough for a busy machine; tests of silence have a clock of their own.
        SilenceTimeout = TimeSpan.FromSeconds(60),
        // One stream; ParallelDownloadTests has several.
        ParallelRanges = 1,
        MinimumBytes = 64,
        BaseDelay = TimeSpan.FromMilliseconds(2),
        MaxDelay = TimeSpan.FromMilliseconds(10),
        ProgressInterval = TimeSpan.Zero,
    };

    /// <summary>What silence is measured by in <see cref="Impatient"/>: it passes when a test says so.</summary>
    protected ManualClock Clock { get; } = new();

    protected DownloadOptions Impatient => Fast with { Clock = Clock, SilenceTimeout = TimeSpan.FromSeconds(30), Retries = 1 };

    /// <summary>The request is taken and never answered, and by then its sender has waited for too long.</summary>
    protected LoopbackResponse Unanswered(LoopbackRequest request)
    {
        Clock.Advance(Impatient.SilenceTimeout);
        return LoopbackResponse.Silence;
    }

    protected LoopbackServer Server { get; } = new();
    protected HttpClient Http { get; } = HttpClients.Create(TimeSpan.FromSeconds(2));
    protected string Folder { get; } = Directory.CreateTempSubdirectory("dbgfetch-test-").FullName;
    /// <summary>300,000 bytes that begin as an RPM does.</summary>
    protected byte[] Package { get; } = MakePackage(1);
    protected string Whole => Path.Combine(Folder, FileName);
    protected string Partial => Whole + ".partial";

    protected static byte[] MakePackage(int seed, int size = 300_000)
    {
        byte[] package = new byte[size];
        new Random(seed).NextBytes(package);
        ((ReadOnlySpan<byte>)[0xED, 0xAB, 0xEE, 0xDB]).CopyTo(package);
        return package;
    }

    protected LoopbackResponse Good => LoopbackResponse.Bytes(Package) with { ETag = "\"one\"" };

    protected PackageCandidate Candidate(string path = "/a.rpm") => new(Server.At(path), FileName, "a test");

    protected PackageCandidate Verified(string path = "/a.rpm") => new(Server.At(path), FileName, "a test")
    {
        ByteSize = Package.Length,
        Sha256 = Sha256Of(Package),
        DigestOrigin = "the test",
    };

    protected static string Sha256Of(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    protected Task<DownloadResult> DownloadAsync(params PackageCandidate[] candidates) => DownloadAsync(Fast, candidates);

    protected Task<DownloadResult> DownloadAsync(DownloadOptions options, params PackageCandidate[] candidates) => DownloadAsync(options, null, candidates);

    protected Task<DownloadResult> DownloadAsync(DownloadOptions options, Action<DownloadProgress>? progress, params PackageCandidate[] candidates)
        => new PackageDownloader(Http, options).DownloadAsync(candidates, Folder, progress is null ? null : new SynchronousProgress(progress), CancellationToken.None);

    /// <summary>Told on the thread that transfers, before it goes on.</summary>
    protected sealed class SynchronousProgress(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }

    /// <summary>The package is here, whole, under its name, and nothing else is.</summary>
    protected DownloadedPackage AssertWhole(DownloadResult result)
    {
        DownloadedPackage package = result is DownloadFailure failure
            ? throw new Xunit.Sdk.XunitException($"{failure.Message}: {string.Join("; ", failure.Outcomes.Select(o => o.Answer))}")
            : Assert.IsType<DownloadedPackage>(result);
        Assert.Equal(Whole, package.Path);
        Assert.Equal(Package, File.ReadAllBytes(Whole));
        Assert.Equal((Package.Length, Sha256Of(Package)), ((int)package.ByteSize, package.Sha256));
        Assert.Equal([Whole], Directory.GetFiles(Folder).Except([Whole + ".origin"]));
        return package;
    }

    protected static CandidateOutcome AssertOnlyOutcome(DownloadResult result, OutcomeKind kind)
    {
        var failure = Assert.IsType<DownloadFailure>(result);
        Assert.Equal(FailureReason.NoCandidate, failure.Reason);
        CandidateOutcome outcome = Assert.Single(failure.Outcomes);
        Assert.Equal(kind, outcome.Kind);
        return outcome;
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Http.Dispose();
        Server.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
