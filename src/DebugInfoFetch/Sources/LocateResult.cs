using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>One place that was asked, and what it answered, in words for a person.</summary>
/// <param name="Place">A URL, or a command of this machine (<c>apt-cache show …</c>).</param>
public sealed record LocateAttempt(string Place, string Answer);

/// <summary>Where a release's debug package is: a closed set of two answers.</summary>
/// <param name="Attempts">Every place that was asked for this answer, in order.</param>
/// <param name="Advice">What a person can do when this leads nowhere; a line each.</param>
public abstract record LocateResult(IReadOnlyList<LocateAttempt> Attempts, IReadOnlyList<string> Advice)
{
    /// <param name="Release">The release that the candidates are of: what a meta name stands for is resolved, and the distribution is one.</param>
    /// <param name="Caution">What a person should know before relying on it: several builds carry this one release, and which is taken.</param>
    /// <param name="Candidates">In order of preference. A source with a fixed layout has not asked whether they exist: the download tells.</param>
    public sealed record Found(
        KernelRelease Release, IReadOnlyList<PackageCandidate> Candidates, IReadOnlyList<LocateAttempt> Attempts, IReadOnlyList<string> Advice,
        string? Caution = null)
        : LocateResult(Attempts, Advice)
    {
        /// <summary>Goes on where this answer ends, when no candidate of it is to be had; null when nothing is left.</summary>
        public Func<CancellationToken, Task<LocateResult>>? NextAsync { get; init; }
    }

    /// <param name="Release">As it was asked for.</param>
    public sealed record NotFound(KernelRelease Release, IReadOnlyList<LocateAttempt> Attempts, IReadOnlyList<string> Advice)
        : LocateResult(Attempts, Advice);
}
