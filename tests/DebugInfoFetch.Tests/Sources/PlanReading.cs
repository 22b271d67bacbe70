using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Tests.Sources;

/// <summary>Plans as tests look at them.</summary>
internal static class PlanReading
{
    /// <summary>For plans that ask nothing: whoever asks all the same gets no connection.</summary>
    public static ArchiveApi NoApi { get; } = new(HttpClients.Create(), new ArchiveApiOptions { Retries = 1, BaseDelay = TimeSpan.FromMilliseconds(1) });

    public static SourceOptions NoOptions { get; } = new(environment: _ => null);

    /// <summary>The addresses that are known without asking, in order.</summary>
    public static string[] Urls(KernelPlan plan) => [.. plan.Steps.OfType<PlanStep.Take>().Select(s => s.Candidate.Url.AbsoluteUri)];

    /// <summary>The places of the plan's questions, in order.</summary>
    public static string[] Asked(KernelPlan plan) => [.. plan.Steps.OfType<PlanStep.Ask>().SelectMany(s => s.Places)];

    public static KernelPlan Plan(this IKernelSource source, string release, string? architecture = null, string? distribution = null)
        => source.Plan(KernelRelease.Parse(release, architecture, distribution), KernelPackage.DebugInfo);

    /// <summary>Goes through all steps of one source, as the program does.</summary>
    public static Task<LocateResult> LocateAsync(this IKernelSource source, KernelRelease release, CancellationToken ct)
        => new KernelSources([source]).LocateAsync(release, ct);
}
