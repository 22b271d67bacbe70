using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch;

/// <summary>What a fetch would do, and which kernels there are to fetch.</summary>
public static class KernelFinder
{
    /// <summary>The plan of a fetch: nothing is asked, nothing is fetched.</summary>
    /// <exception cref="InputFaultException">The request names no kernel, or contradicts itself.</exception>
    public static KernelExplanation Explain(FetchRequest request)
    {
        KernelRelease release = request.Release();
        if (request.Package is { } package)
        {
            return new KernelExplanation(release, [new KernelPlan("--package", release, [new PlanStep.Take(DirectPackage.FromArgument(package))], [])], []);
        }

        using HttpClient http = HttpClients.Create();
        KernelSources sources = KernelSources.Create(new SourceOptions(request.BaseUrl), http);
        IEnumerable<KernelPlan> quick = sources.Plans(release, KernelPackage.Image).Concat(sources.Plans(release, KernelPackage.Modules));
        var debuginfod = new DebuginfodFetch(http, new KernelStore(request.CacheDirectory), request, new NoProgress());
        return new KernelExplanation(release, request.Quick ? [] : sources.Plans(release), [.. quick.Where(plan => plan.Steps.Count > 0)]) { Debuginfod = debuginfod.Plan(release) };
    }

    private sealed class NoProgress : IFetchProgress
    {
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }
        public void Note(string text) { }
    }

    /// <summary>Builds that the archives of one distribution offer.</summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public static async Task<KernelListing> ListAsync(Distribution distribution, ListQuery query, string? baseUrl, CancellationToken cancellation)
    {
        using HttpClient http = HttpClients.Create();
        return await KernelSources.Create(new SourceOptions(baseUrl), http).ListAsync(distribution, query, cancellation).ConfigureAwait(false);
    }
}

/// <param name="Release">The kernel, as it was understood.</param>
/// <param name="Plans">For the debug information, source after source; empty when no distribution has such a kernel, or only a quick look is wanted.</param>
/// <param name="QuickPlans">For the kernel's own packages, which are what is left when none has debug information.</param>
public sealed record KernelExplanation(KernelRelease Release, IReadOnlyList<KernelPlan> Plans, IReadOnlyList<KernelPlan> QuickPlans)
{
    /// <summary>What is asked of debuginfod's servers before all of them; null when they are not asked.</summary>
    public KernelPlan? Debuginfod { get; init; }
}
