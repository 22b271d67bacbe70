using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch;

/// <summary>Quick mode's way from a release to the cache: the packages that the kernel is installed from, one or two.</summary>
internal sealed class QuickFetch(HttpClient http, KernelSources sources, KernelStore store, FetchRequest request, IFetchProgress progress)
{
    private readonly List<LocateAttempt> _places = [];
    private readonly List<string> _advice = [];

    /// <exception cref="InputFaultException">A package is damaged or is not what it should be.</exception>
    public async Task<FetchOutcome> RunAsync(KernelRelease release, CancellationToken cancellation)
    {
        (KernelRelease Release, DownloadedPackage Package)? image = await TakeAsync(release, KernelPackage.Image, cancellation).ConfigureAwait(false);
        if (image is not { } taken) { return new FetchOutcome.Unavailable($"no package of kernel {release} itself was found", _places, _advice); }
        List<DownloadedPackage> packages = [taken.Package];
        if (request.Package is null && await TakeAsync(taken.Release, KernelPackage.Modules, cancellation).ConfigureAwait(false) is { } modules) { packages.Add(modules.Package); }
        try
        {
            // What is held is read again: of packages of this size only the whole is fetched, and BTF is indexed in seconds.
            using (HeldPart? held = request.Package is null ? HeldPart.Open(store, taken.Release, request) : null)
            {
                request = request with { Modules = [.. request.Modules.Union(held?.Modules.Select(m => m.Name) ?? [])] };
            }

            CachedKernel kernel = new ImageIndexing(store, request, progress).IndexPackages(taken.Release, packages, cancellation);
            packages.ForEach(PackageDownloader.Discard);
            return new FetchOutcome.Ready(kernel, true);
        }
        catch (OtherBuildException other) when (request.Package is null)
        {
            packages.ForEach(PackageDownloader.Discard);
            _places.Add(new LocateAttempt(taken.Package.Candidate.Place, other.Message));
            return new FetchOutcome.Unavailable($"no build of kernel {release} that was found has build ID {release.BuildId}", _places, _advice);
        }
        catch (InputFaultException)
        {
            // Of no use another time.
            packages.ForEach(PackageDownloader.Discard);
            throw;
        }
        catch (OtherBuildException other)
        {
            packages.ForEach(PackageDownloader.Discard);
            throw new InputFaultException($"{other.Message}; without --build-id it is taken all the same", other);
        }
    }

    /// <summary>The first package of that kind that is to be had; null when none is. What was tried is noted.</summary>
    private async Task<(KernelRelease Release, DownloadedPackage Package)?> TakeAsync(KernelRelease release, KernelPackage kind, CancellationToken cancellation)
    {
        string what = kind == KernelPackage.Image ? "package" : "modules";
        if (request.Package is null) { progress.Stage($"Looking for the {what} of {release}", null); }
        LocateResult located = request.Package is { } package
            ? new LocateResult.Found(release, [DirectPackage.FromArgument(package)], [], [])
            : await sources.LocateAsync(release, kind, cancellation).ConfigureAwait(false);
        while (true)
        {
            _places.AddRange(located.Attempts);
            // That there is no package of modules is no news where the image has them.
            if (kind == KernelPackage.Image) { _advice.AddRange(located.Advice.Except(_advice)); }
            if (located is not LocateResult.Found found) { return null; }
            if (found.Caution is { } caution) { progress.Note(caution); }
            DownloadResult download = await KernelFetcher.DownloadAsync(http, store, request, found.Candidates, progress, cancellation).ConfigureAwait(false);
            _places.AddRange(download.Outcomes.Where(o => o.Kind != OutcomeKind.Downloaded).Select(o => o.ToAttempt()));
            if (download is DownloadedPackage downloaded) { return (found.Release, await CheckAsync(downloaded, found.Release, cancellation).ConfigureAwait(false)); }
            if (download is DownloadFailure { Reason: not FailureReason.NoCandidate } failure) { throw new CacheException(failure.Message); }
            if (found.NextAsync is null) { return null; }
            located = await found.NextAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <exception cref="UntrustedPackageException">A good signature is required and there is none.</exception>
    private async Task<DownloadedPackage> CheckAsync(DownloadedPackage package, KernelRelease release, CancellationToken cancellation)
    {
        try
        {
            return await new PackageTrust(http, progress, request.RequireSignature).CheckAsync(package, release, cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is InputFaultException or UntrustedPackageException)
        {
            PackageDownloader.Discard(package);
            throw;
        }
    }
}
