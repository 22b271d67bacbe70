using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>What one source will do to find a package, in order, before anything of it is done.</summary>
/// <param name="Source">For messages: <c>Fedora</c>.</param>
/// <param name="Release">As this source understands it: of the one distribution that it is.</param>
/// <param name="Advice">What a person can do when all of it leads nowhere; a line each.</param>
public sealed record KernelPlan(string Source, KernelRelease Release, IReadOnlyList<PlanStep> Steps, IReadOnlyList<string> Advice);

/// <summary>A closed set of steps.</summary>
public abstract record PlanStep
{
    private PlanStep() { }

    /// <summary>A package at a known address. Whether it is there, the download tells.</summary>
    public sealed record Take(PackageCandidate Candidate) : PlanStep;

    /// <summary>An archive must be asked first.</summary>
    /// <param name="Finds">What the answer tells, for a person.</param>
    /// <param name="Places">
    /// Addresses and commands in the order in which they are asked; what an earlier answer names stands in angle brackets.
    /// </param>
    /// <param name="AnswerAsync">Asks. A place that cannot be reached is an answer, no exception.</param>
    public sealed record Ask(string Finds, IReadOnlyList<string> Places, Func<CancellationToken, Task<LocateResult>> AnswerAsync) : PlanStep;

    /// <summary>Servers are asked for the kernel's files themselves, not for a package (debuginfod).</summary>
    /// <param name="Finds">Which files, for a person.</param>
    /// <param name="Places">As those of <see cref="Ask"/>.</param>
    public sealed record AskFiles(string Finds, IReadOnlyList<string> Places) : PlanStep;
}
