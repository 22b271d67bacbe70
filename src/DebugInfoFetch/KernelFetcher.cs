using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
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
        KernelRelease release = KernelRelease.Parse(request.KernelSpec, request.Architecture);
        var store = new KernelStore(request.CacheDirectory);
        Directory.CreateDirectory(store.Directory);
        if (request.ElfFiles.Count > 0)
        {
            return new FetchOutcome.Ready(new KernelIndexing(store, request, progress).IndexFiles(release, cancellation), true);
        }

        // Whoever names a package means that one, whatever is cached.
        bool mayBeCached = !request.Refresh && request.Package is null;
        if (mayBeCached && !release.MayBeMeta && Cached(store, release, request.Modules) is { } there) { return new FetchOutcome.Ready(there, false); }
        using HttpClient http = HttpClients.Create();
        IReadOnlyList<PackageCandidate> candidates;
        var places = new List<LocateAttempt>();
        IReadOnlyList<string> advice = [];
        if (request.Package is { } package) { candidates = [DirectPackage.FromArgument(package)]; }
        else
        {
            progress.Stage($"Looking for the debug package of {release}", null);
            KernelSources sources = KernelSources.Create(new SourceOptions(request.BaseUrl), http);
            LocateResult located = await sources.LocateAsync(release, cancellation).ConfigureAwait(false);
            if (located is not LocateResult.Found found)
            {
                return new FetchOutcome.Unavailable($"no debug package for kernel {release} was found", located.Attempts, located.Advice);
            }

            release = found.Release;
            candidates = found.Candidates;
            advice = found.Advice;
            places.AddRange(found.Attempts);
            if (found.Caution is { } caution) { progress.Note(caution); }
            if (mayBeCached && Cached(store, release, request.Modules) is { } resolved) { return new FetchOutcome.Ready(resolved, false); }
        }

        DownloadResult download = await DownloadAsync(http, store, candidates, progress, cancellation).ConfigureAwait(false);
        places.AddRange(download.Outcomes.Select(o => o.ToAttempt()));
        if (download is not DownloadedPackage downloaded)
        {
            var failure = (DownloadFailure)download;
            if (failure.Reason != FailureReason.NoCandidate) { throw new CacheException(failure.Message); }
            return new FetchOutcome.Unavailable($"kernel {release}: {failure.Message}", places, advice);
        }

        foreach (CandidateOutcome other in downloaded.Outcomes.Where(o => o.Kind != OutcomeKind.Downloaded)) { progress.Note($"{other.Candidate.Place}: {other.Answer}"); }
        request = request with { Modules = [.. request.Modules, .. HeldBeside(store, release, request)] };
        CachedKernel kernel = new KernelIndexing(store, request, progress).IndexPackage(release, downloaded, cancellation);
        if (!downloaded.Candidate.Url.IsFile) { File.Delete(downloaded.Path); }
        return new FetchOutcome.Ready(kernel, true);
    }

    /// <summary>The cached kernel when it holds every module asked for, and all modules when none was named.</summary>
    private static CachedKernel? Cached(KernelStore store, KernelRelease release, IReadOnlyList<string> modules)
    {
        string path = store.PathOf(release.UnameText, release.Architecture);
        if (!File.Exists(path)) { return null; }
        try
        {
            using KernelCache cache = KernelCache.Open(path);
            HashSet<string> held = [.. cache.Modules.Select(m => m.Name)];
            bool complete = modules.Count == 0 ? cache.Kernel.IsComplete : modules.All(m => held.Contains(KernelPackageLayout.ModuleName(m)));
            return complete ? store.Describe(release.UnameText, release.Architecture) : null;
        }
        catch (CacheException)
        {
            // Damaged or of another version: made anew.
            return null;
        }
    }

    /// <summary>Modules that the cache holds already, when more of them are asked for by name: the new file is to hold both.</summary>
    private static IEnumerable<string> HeldBeside(KernelStore store, KernelRelease release, FetchRequest request)
    {
        string path = store.PathOf(release.UnameText, release.Architecture);
        if (request.Modules.Count == 0 || request.Refresh || request.Package is not null || !File.Exists(path)) { return []; }
        try
        {
            using KernelCache cache = KernelCache.Open(path);
            return [.. cache.Modules.Where(m => m.IsIndexed && m.Name != "vmlinux").Select(m => m.Name)];
        }
        catch (CacheException)
        {
            return [];
        }
    }

    private static async Task<DownloadResult> DownloadAsync(
        HttpClient http, KernelStore store, IReadOnlyList<PackageCandidate> candidates, IFetchProgress progress, CancellationToken cancellation)
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
        return await new PackageDownloader(http).DownloadAsync(candidates, store.DownloadDirectory, reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary><see cref="Progress{T}"/> posts to the thread pool, where reports overtake each other.</summary>
    private sealed class InlineProgress<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
