using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Trust;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch;

/// <summary>From a release string to a kernel in the cache: the pipeline, stage after stage.</summary>
public static class KernelFetcher
{
    /// <summary>The program's version, as it is stored in a cache.</summary>
    public static string ToolVersion { get; } = typeof(KernelFetcher).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <exception cref="InputFaultException">The package or an ELF file is damaged or is not what it should be.</exception>
    /// <exception cref="CacheException">The cache cannot be written.</exception>
    public static async Task<FetchOutcome> RunAsync(FetchRequest request, IFetchProgress progress, CancellationToken cancellation)
    {
        KernelRelease release = request.Release();
        var store = new KernelStore(request.CacheDirectory);
        Directory.CreateDirectory(store.Directory);
        if (request.ElfFiles.Count > 0)
        {
            if (request.Quick || ImageIndexing.Handles(request.ElfFiles)) { return new FetchOutcome.Ready(new ImageIndexing(store, request, progress).IndexFiles(release, cancellation), true); }
            try { return new FetchOutcome.Ready(new KernelIndexing(store, request, progress).IndexFiles(release, cancellation), true); }
            catch (OtherBuildException other) { throw new InputFaultException(other.Message, other); }
        }

        // Whoever names a package means that one, whatever is cached; but what has debug information is not given up for a quick look.
        bool mayBeCached = !request.Refresh && request.Package is null;
        if (mayBeCached) { release = LikeCached(store, release); }
        if (mayBeCached && !release.MayBeMeta && Cached(store, release, request) is { } there) { return new FetchOutcome.Ready(there, false); }
        if (request.Quick && !request.Refresh && HasDebugInfo(store, release) is { } better)
        {
            if (request.RequireSignature && !better.IsSigned)
            {
                throw new UntrustedPackageException($"{release} is cached with debug information of a package without a good signature; --refresh replaces that");
            }

            if (request.Package is not null)
            {
                progress.Note($"{release} is cached with debug information; --refresh replaces that");
                return new FetchOutcome.Ready(better, false);
            }

            request = request with { Quick = false };
        }

        using HttpClient http = HttpClients.Create(limit: request.LimitRate is { } rate ? new RateLimit(rate) : null);
        // One set of sources: what an archive was asked for the debug package serves to look for the others.
        KernelSources sources = KernelSources.Create(new SourceOptions(request.BaseUrl), http);
        if (request.Quick) { return await QuickAsync(http, sources, store, request, release, progress, cancellation).ConfigureAwait(false); }
        FetchOutcome outcome = await RunAsync(http, sources, store, request, release, mayBeCached, progress, cancellation).ConfigureAwait(false);
        if (outcome is not FetchOutcome.Unavailable unavailable || request.Package is not null) { return outcome; }
        return await FallBackAsync(http, sources, store, request with { Quick = true }, release, unavailable, progress, cancellation).ConfigureAwait(false);
    }

    private static async Task<FetchOutcome> QuickAsync(
        HttpClient http, KernelSources sources, KernelStore store, FetchRequest request, KernelRelease release, IFetchProgress progress, CancellationToken cancellation)
    {
        using FileLock only = await LockAsync(store, release, progress, cancellation).ConfigureAwait(false);
        bool mayBeCached = !request.Refresh && request.Package is null;
        return mayBeCached && Cached(store, release, request) is { } there
            ? new FetchOutcome.Ready(there, false)
            : await new QuickFetch(http, sources, store, request, progress).RunAsync(release, cancellation).ConfigureAwait(false);
    }

    /// <summary>A kernel whose debug information is gone, or never existed: from its own packages, and saying so.</summary>
    private static async Task<FetchOutcome> FallBackAsync(
        HttpClient http, KernelSources sources, KernelStore store, FetchRequest request, KernelRelease release, FetchOutcome.Unavailable without, IFetchProgress progress, CancellationToken cancellation)
    {
        FetchOutcome quick = await QuickAsync(http, sources, store, request, release, progress, cancellation).ConfigureAwait(false);
        switch (quick)
        {
            case FetchOutcome.Ready:
                progress.Note($"{without.Message}; so this is from BTF and symbols of the kernel's own package: offsets and names hold, what needs debuginfo is refused");
                return quick;
            case FetchOutcome.Unavailable neither:
                return without with { Places = [.. without.Places, .. neither.Places], Advice = [.. without.Advice.Union(neither.Advice)] };
            default:
                return quick;
        }
    }

    private static async Task<FetchOutcome> RunAsync(
        HttpClient http, KernelSources sources, KernelStore store, FetchRequest request, KernelRelease release, bool mayBeCached, IFetchProgress progress, CancellationToken cancellation)
    {
        var places = new List<LocateAttempt>();
        var advice = new List<string>();
        var cautions = new HashSet<string>();
        var debuginfod = new DebuginfodFetch(http, store, request, progress);
        if (await ServedAsync(release, found: null).ConfigureAwait(false) is { } early) { return early; }
        if (request.Package is null) { progress.Stage($"Looking for the debug package of {release}", null); }
        LocateResult located = request.Package is { } package
            ? new LocateResult.Found(release, [DirectPackage.FromArgument(package)], [], [])
            : await sources.LocateAsync(release, cancellation).ConfigureAwait(false);
        string message = $"no debug package for kernel {release} was found";
        while (true)
        {
            places.AddRange(located.Attempts);
            advice.AddRange(located.Advice.Except(advice));
            if (located is not LocateResult.Found found) { return new FetchOutcome.Unavailable(message, places, advice); }
            if (found.Caution is { } caution && cautions.Add(caution)) { progress.Note(caution); }
            using FileLock only = await LockAsync(store, found.Release, progress, cancellation).ConfigureAwait(false);
            if (mayBeCached && Cached(store, found.Release, request) is { } resolved) { return new FetchOutcome.Ready(resolved, false); }
            if (await ServedAsync(found.Release, found).ConfigureAwait(false) is { } served) { return served; }
            (FetchOutcome.Ready? ready, message) = await TakeAsync(http, store, request, found, places, progress, cancellation).ConfigureAwait(false);
            if (ready is not null) { return ready; }
            if (found.NextAsync is null) { return new FetchOutcome.Unavailable(message, places, advice); }
            located = await found.NextAsync(cancellation).ConfigureAwait(false);
        }

        // With the build IDs that are known without a package; then with those that it tells.
        async Task<FetchOutcome.Ready?> ServedAsync(KernelRelease of, LocateResult.Found? found)
        {
            if (debuginfod.IsOver || (found is null && of.MayBeMeta)) { return null; }
            using FileLock? only = found is null ? await LockAsync(store, of, progress, cancellation).ConfigureAwait(false) : null;
            if (found is null && mayBeCached && Cached(store, of, request) is { } meanwhile) { return new FetchOutcome.Ready(meanwhile, false); }
            int before = debuginfod.Places.Count;
            FetchOutcome.Ready? ready = found is null || release.MayBeMeta ? await debuginfod.RunAsync(of, cancellation).ConfigureAwait(false) : null;
            if (ready is null && found is not null) { ready = await debuginfod.RunAsync(of, found.Candidates, cancellation).ConfigureAwait(false); }
            places.AddRange(debuginfod.Places.Skip(before));
            return ready;
        }
    }

    /// <summary>The kernel from the first candidate that is to be had; null, with a line that says why, when there is none or it is another build.</summary>
    private static async Task<(FetchOutcome.Ready? Ready, string Message)> TakeAsync(
        HttpClient http, KernelStore store, FetchRequest request, LocateResult.Found found, List<LocateAttempt> places, IFetchProgress progress, CancellationToken cancellation)
    {
        KernelRelease release = found.Release;
        IReadOnlyList<PackageCandidate> candidates = found.Candidates;
        var trust = new PackageTrust(http, progress, request.RequireSignature);
        // Of a deb only the whole is signed for.
        bool isWholeNeeded = request.RequireSignature && candidates.Any(c => !c.FileName.EndsWith(".rpm", StringComparison.Ordinal));
        if (request.Modules.Count > 0 && !isWholeNeeded)
        {
            // Only vmlinux tells which build it is.
            if (release.BuildId.Length > 0 && !request.Modules.Contains("vmlinux")) { request = request with { Modules = ["vmlinux", .. request.Modules] }; }
            var parts = new PartFetcher(new PackageSources(http, request.Transfers), store, request, trust, progress);
            FetchOutcome.Ready? part = await parts.RunAsync(release, candidates, cancellation).ConfigureAwait(false);
            places.AddRange(parts.Places);
            candidates = parts.Whole;
            if (part is not null || candidates.Count == 0) { return (part, $"kernel {release}: {parts.Summary}"); }
        }

        DownloadResult download = await DownloadAsync(http, store, request, candidates, progress, cancellation).ConfigureAwait(false);
        places.AddRange(download.Outcomes.Where(o => o.Kind != OutcomeKind.Downloaded).Select(o => o.ToAttempt()));
        if (download is not DownloadedPackage downloaded)
        {
            var failure = (DownloadFailure)download;
            return failure.Reason == FailureReason.NoCandidate ? (null, $"kernel {release}: {failure.Message}") : throw new CacheException(failure.Message);
        }

        foreach (CandidateOutcome other in downloaded.Outcomes.Where(o => o.Kind != OutcomeKind.Downloaded)) { progress.Note($"{other.Candidate.Place}: {other.Answer}"); }
        try
        {
            Task<DownloadedPackage> judging = Task.Run(() => trust.CheckAsync(downloaded, release, cancellation), cancellation);
            // A file of the user's is judged while it is read; nothing of it is kept before.
            if (!downloaded.Candidate.Url.IsFile || request.RequireSignature) { downloaded = await judging.ConfigureAwait(false); }
            CachedKernel kernel;
            try { kernel = new KernelIndexing(store, request, progress).IndexPackage(release, downloaded, () => judging.GetAwaiter().GetResult(), cancellation); }
            catch (InputFaultException)
            {
                // That somebody changed it explains more than what the change broke.
                await judging.ConfigureAwait(false);
                throw;
            }

            PackageDownloader.Discard(downloaded);
            return (new FetchOutcome.Ready(kernel, true), "");
        }
        catch (OtherBuildException other) when (request.Package is null)
        {
            PackageDownloader.Discard(downloaded);
            progress.Note($"{downloaded.Candidate.Place}: another build of this release: {other.Message}");
            places.Add(new LocateAttempt(downloaded.Candidate.Place, other.Message));
            return (null, $"no build of kernel {release} that was found has build ID {release.BuildId}; without --build-id the first is taken");
        }
        catch (OtherBuildException other)
        {
            PackageDownloader.Discard(downloaded);
            throw new InputFaultException($"{other.Message}; without --build-id it is taken all the same", other);
        }
        catch (Exception fault) when (fault is InputFaultException or UntrustedPackageException)
        {
            // Of no use another time. After other faults, a full disk or Ctrl-C, the next run takes it as it is.
            PackageDownloader.Discard(downloaded);
            throw;
        }
    }

    /// <summary>One process fetches a kernel; another that wants the same waits, and then finds it there.</summary>
    private static async Task<FileLock> LockAsync(KernelStore store, KernelRelease release, IFetchProgress progress, CancellationToken cancellation)
    {
        // Beside the cache's files, not among the downloads: a fetch that fails leaves no folder behind.
        string path = Path.Combine(store.Directory, $"{release.UnameText}@{release.Architecture}.lock");
        return await FileLock.AcquireAsync(path, () => progress.Note($"another process is fetching {release}: waiting for it"), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>The cached kernel when it holds every module asked for, and all modules when none was named.</summary>
    private static CachedKernel? Cached(KernelStore store, KernelRelease release, FetchRequest request)
    {
        IReadOnlyList<string> modules = request.Modules;
        string path = store.PathOf(release.UnameText, release.Architecture);
        if (!File.Exists(path)) { return null; }
        try
        {
            using KernelCache cache = KernelCache.Open(path);
            HashSet<string> held = [.. cache.Modules.Select(m => m.Name)];
            // From BTF is not what was asked for, unless it was; nor is what nobody has signed, where that is required.
            if ((request.RequireSignature && !cache.Kernel.IsSigned) || CachedBuild.IsOther(cache.Kernel, release) || (cache.Kernel.IsFromBtf && !request.Quick)) { return null; }
            bool complete = modules.Count == 0 ? cache.Kernel.IsComplete : modules.All(m => held.Contains(KernelPackageLayout.ModuleName(m)));
            return complete ? store.Describe(release.UnameText, release.Architecture) : null;
        }
        catch (CacheException)
        {
            // Damaged or of another version: made anew.
            return null;
        }
    }

    /// <summary>The cached kernel when it has debug information; null when there is none, or none that can be read.</summary>
    private static CachedKernel? HasDebugInfo(KernelStore store, KernelRelease release)
    {
        string path = store.PathOf(release.UnameText, release.Architecture);
        CachedKernel? cached = File.Exists(path) ? store.Describe(release.UnameText, release.Architecture) : null;
        return cached is { Distribution: not null, IsFromBtf: false } ? cached : null;
    }

    /// <summary>The release with what the cache tells of it; as it is when nothing that can be read is cached.</summary>
    private static KernelRelease LikeCached(KernelStore store, KernelRelease release)
    {
        string path = store.PathOf(release.UnameText, release.Architecture);
        if (!File.Exists(path)) { return release; }
        try
        {
            using KernelCache cache = KernelCache.Open(path);
            return CachedBuild.LikeCached(cache.Kernel, release);
        }
        catch (CacheException)
        {
            return release;
        }
    }

    internal static async Task<DownloadResult> DownloadAsync(
        HttpClient http, KernelStore store, FetchRequest request, IReadOnlyList<PackageCandidate> candidates, IFetchProgress progress, CancellationToken cancellation)
    {
        string? shown = null;
        var reporter = new InlineProgress<DownloadProgress>(step =>
        {
            if (shown != step.Place)
            {
                shown = step.Place;
                progress.Stage($"Downloading {step.Place}", step.TotalBytes);
            }

            if (step.Waiting is { } waiting) { progress.Note(waiting); }
            progress.Report(step.BytesReceived);
        });
        try
        {
            return await new PackageDownloader(http, request.Transfers).DownloadAsync(candidates, store.DownloadDirectory, reporter, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (shown is not null)
        {
            progress.Note("what has arrived is kept: the same command goes on there");
            throw;
        }
    }

}
