using System.Net;
using System.Security.Cryptography;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using Polly.CircuitBreaker;

namespace DebugInfoFetch.Download;

/// <summary>
/// Brings a package to this machine: candidates in order, each with attempts, resumption and checks, to <c>NAME.partial</c> and then to
/// <c>NAME</c>. A broken or cancelled download leaves a part that the next one goes on with.
/// </summary>
public sealed class PackageDownloader
{
    private readonly HttpClient _http;
    private readonly DownloadOptions _options;
    private readonly TransferRetries _retries;

    /// <param name="http">From <see cref="Sources.Http.HttpClients"/>: without a total time-out.</param>
    public PackageDownloader(HttpClient http, DownloadOptions? options = null)
    {
        _http = http;
        _options = options ?? new DownloadOptions();
        _retries = new TransferRetries(_options);
    }

    /// <param name="directory">Where the package goes; made when absent.</param>
    /// <exception cref="OperationCanceledException">The user gave up; what has arrived stays for the next time.</exception>
    public async Task<DownloadResult> DownloadAsync(
        IReadOnlyList<PackageCandidate> candidates, string directory, IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        List<CandidateOutcome> outcomes = [];
        try
        {
            foreach (PackageCandidate candidate in candidates)
            {
                DownloadedPackage? package = candidate.Url.IsFile
                    ? await TakeLocalAsync(candidate, outcomes, ct).ConfigureAwait(false)
                    : await FetchAsync(candidate, directory, outcomes, progress, ct).ConfigureAwait(false);
                if (package is not null)
                {
                    return package;
                }
            }
        }
        catch (StorageFault fault)
        {
            return new DownloadFailure(fault.Reason, fault.Message, outcomes);
        }

        return new DownloadFailure(FailureReason.NoCandidate,
            outcomes.Count == 1 ? $"{outcomes[0].Candidate.Place}: {outcomes[0].Answer}" : $"none of {outcomes.Count} places gave the package", outcomes);
    }

    private async Task<DownloadedPackage?> FetchAsync(
        PackageCandidate candidate, string directory, List<CandidateOutcome> outcomes, IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        MakeDirectory(directory);
        if (await TakeEarlierAsync(candidate, directory, outcomes, ct).ConfigureAwait(false) is { } earlier)
        {
            return earlier;
        }

        using PartialFile partial = await PartialFile.OpenAsync(directory, candidate, _options.OpenPartial, ct).ConfigureAwait(false);
        var transfer = new Transfer(_http, _options, candidate, partial, directory);
        try
        {
            await TransferWithRetriesAsync(transfer, candidate, partial, progress, ct).ConfigureAwait(false);
        }
        catch (BrokenCircuitException)
        {
            string given = transfer.Requests == 0 ? "not tried" : "given up";
            outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.Skipped, $"{given}: {candidate.Url.Authority} has failed too often just before",
                transfer.Requests));
            return null;
        }
        catch (TransferFault fault)
        {
            string times = transfer.Requests > 1 ? $" ({transfer.Requests} attempts)" : "";
            outcomes.Add(new CandidateOutcome(candidate, fault.Kind, fault.Message + times, transfer.Requests));
            return null;
        }
        finally
        {
            // An empty part is of no use; one with another candidate's bytes may yet be.
            if (partial.Length == 0 && !partial.IsForeign)
            {
                partial.Discard();
            }
        }

        outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.Downloaded, $"{partial.Length} bytes", transfer.Requests));
        (long byteSize, string sha256) = (partial.Length, partial.Sha256);
        return new DownloadedPackage(partial.Complete(), candidate, byteSize, sha256, VerificationOf(candidate), outcomes);
    }

    private Task TransferWithRetriesAsync(
        Transfer transfer, PackageCandidate candidate, PartialFile partial, IProgress<DownloadProgress>? progress, CancellationToken ct)
        => _retries.RunAsync(candidate.Url, inner => transfer.RunAsync(progress, inner), () => partial.Length,
            text => progress?.Report(new DownloadProgress(candidate.Place, partial.Length, partial.Length, candidate.ByteSize, transfer.Requests, text)), ct);

    /// <summary>A package is not needed any more: away with it, unless it is the user's own file.</summary>
    public static void Discard(DownloadedPackage package)
    {
        if (package.Candidate.Url.IsFile) { return; }
        File.Delete(package.Path);
        File.Delete(package.Path + PartialFile.OriginSuffix);
    }

    /// <summary>
    /// A package that an earlier run has brought and not got to the end with, when its digest proves that it is the one, or the server says that it has not changed.
    /// </summary>
    private async Task<DownloadedPackage?> TakeEarlierAsync(PackageCandidate candidate, string directory, List<CandidateOutcome> outcomes, CancellationToken ct)
    {
        string path = Path.Combine(directory, candidate.FileName);
        if (!File.Exists(path)) { return null; }
        try
        {
            if (candidate.Sha256 is null && !await IsUnchangedAsync(candidate, path, ct).ConfigureAwait(false)) { return null; }
            (long byteSize, string sha256, string sha1) = await DigestAsync(path, candidate.Sha1 is not null, ct).ConfigureAwait(false);
            if (!Agrees(candidate, sha256, sha1)) { return null; }
            outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.Downloaded, "here from an earlier run", 0));
            return new DownloadedPackage(path, candidate, byteSize, sha256, VerificationOf(candidate), outcomes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The file is as long as it was, and what the server has is what it had (RFC 9110 §13.1). False where that cannot be known.</summary>
    private async Task<bool> IsUnchangedAsync(PackageCandidate candidate, string path, CancellationToken ct)
    {
        if (PartialOrigin.Read(path + PartialFile.OriginSuffix) is not { } origin || origin.ValidatorFor(candidate) is not { } validator
            || origin.Total != new FileInfo(path).Length) { return false; }
        bool isUnchanged = false;
        try
        {
            await Exchange.RunAsync(_options, async exchange =>
            {
                using var request = HttpAnswer.Request(HttpMethod.Get, candidate.Url);
                if (validator.EntityTag is { } tag) { request.Headers.IfNoneMatch.Add(tag); }
                else { request.Headers.IfModifiedSince = validator.Date; }
                using HttpResponseMessage response =
                    await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token).ConfigureAwait(false);
                isUnchanged = response.StatusCode == HttpStatusCode.NotModified;
            }, () => 0, ct).ConfigureAwait(false);
        }
        catch (TransferFault)
        {
            // The transfer that now follows tells.
        }

        return isUnchanged;
    }

    private static async Task<DownloadedPackage?> TakeLocalAsync(PackageCandidate candidate, List<CandidateOutcome> outcomes, CancellationToken ct)
    {
        string path = candidate.Url.LocalPath;
        try
        {
            // With nothing to compare it with, the digest need not be waited for.
            if (candidate is { Sha256: null, Sha1: null })
            {
                using FileStream readable = File.OpenRead(path);
                outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.Downloaded, $"{readable.Length} bytes", 0));
                return new DownloadedPackage(path, candidate, readable.Length, "", VerificationOf(candidate), outcomes);
            }

            (long byteSize, string sha256, string sha1) = await DigestAsync(path, candidate.Sha1 is not null, ct).ConfigureAwait(false);
            if (Agrees(candidate, sha256, sha1))
            {
                outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.Downloaded, $"{byteSize} bytes", 0));
                return new DownloadedPackage(path, candidate, byteSize, sha256, VerificationOf(candidate), outcomes);
            }

            outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.WrongDigest, $"SHA-256 is {sha256}, where the index has another digest", 0));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            outcomes.Add(new CandidateOutcome(candidate, OutcomeKind.Unreadable, $"cannot be read: {fault.Message.ReplaceLineEndings(" ")}", 0));
        }

        return null;
    }

    /// <summary>The same with its SHA-256, where that was not computed yet.</summary>
    public static async Task<DownloadedPackage> WithDigestAsync(DownloadedPackage package, CancellationToken ct)
        => package.Sha256.Length > 0 ? package : package with { Sha256 = (await DigestAsync(package.Path, withSha1: false, ct).ConfigureAwait(false)).Sha256 };

    /// <summary>The SHA-1, which the snapshot archive has in the place of a better digest, only where it is asked for; otherwise empty.</summary>
    private static async Task<(long ByteSize, string Sha256, string Sha1)> DigestAsync(string path, bool withSha1, CancellationToken ct)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5350 // the snapshot archive has no better
        using IncrementalHash? sha1 = withSha1 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA1) : null;
#pragma warning restore CA5350
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] buffer = new byte[256 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            sha256.AppendData(buffer, 0, read);
            sha1?.AppendData(buffer, 0, read);
        }

        return (stream.Length, Convert.ToHexStringLower(sha256.GetCurrentHash()), sha1 is null ? "" : Convert.ToHexStringLower(sha1.GetCurrentHash()));
    }

    private static bool Agrees(PackageCandidate candidate, string sha256, string sha1)
        => string.Equals(candidate.Sha256 ?? sha256, sha256, StringComparison.OrdinalIgnoreCase)
            && string.Equals(candidate.Sha1 ?? sha1, sha1, StringComparison.OrdinalIgnoreCase);

    private static void MakeDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StorageFault.From(directory, fault);
        }
    }

    private static string VerificationOf(PackageCandidate candidate) => candidate switch
    {
        { Sha256: not null } => $"SHA-256 agrees with {candidate.DigestOrigin}",
        { Sha1: not null } => $"SHA-1 agrees with {candidate.DigestOrigin}",
        { Url.IsFile: true } => "a local file, taken as it is",
        { Url.Scheme: "https" } => "no digest known beforehand; the transfer was protected by TLS",
        _ => "no digest known beforehand; the transfer was not protected",
    };
}
