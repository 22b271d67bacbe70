using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Download;

/// <summary>Opens packages where they lie, for those who want a part of one.</summary>
public sealed class PackageSources(HttpClient http, DownloadOptions? options = null)
{
    private readonly DownloadOptions _options = options ?? new DownloadOptions();
    private readonly TransferRetries _retries = new(options ?? new DownloadOptions());

    /// <param name="ct">For all that is read later, too.</param>
    /// <exception cref="PackageUnavailableException">It is not to be had there.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<PackageSource> OpenAsync(PackageCandidate candidate, TransferWatch watch, CancellationToken ct)
        => candidate.Url.IsFile
            ? new FilePackageSource(candidate)
            : await HttpPackageSource.OpenAsync(http, candidate, _options, _retries, watch, ct).ConfigureAwait(false);
}

/// <summary>Told what a source does. Called from any thread.</summary>
/// <param name="Received">Bytes so far.</param>
/// <param name="Waiting">Why and how long the next attempt is waited for.</param>
public sealed record TransferWatch(Action<long>? Received, Action<string>? Waiting);
