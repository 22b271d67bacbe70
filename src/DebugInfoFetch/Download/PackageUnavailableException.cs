namespace DebugInfoFetch.Download;

/// <summary>A package, or the part of it that is wanted, is not to be had at one place; every attempt that made sense was made.</summary>
public sealed class PackageUnavailableException : Exception
{
    public PackageUnavailableException() { }
    public PackageUnavailableException(string message) : base(message) { }
    public PackageUnavailableException(string message, Exception inner) : base(message, inner) { }

    internal PackageUnavailableException(CandidateOutcome outcome) : base($"{outcome.Candidate.Place}: {outcome.Answer}") => Outcome = outcome;

    /// <summary>What came of the place.</summary>
    public CandidateOutcome? Outcome { get; }
}
