using DebugInfoFetch.Download;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Debuginfod;

/// <summary>What one server answered.</summary>
/// <param name="Place">The address asked, fit to be shown.</param>
public sealed record DebuginfodOutcome(string Place, OutcomeKind Kind, string Answer)
{
    public LocateAttempt ToAttempt() => new(Place, Answer);
}

/// <summary>A closed set: <see cref="Found"/>, <see cref="Missing"/> or <see cref="Failed"/>.</summary>
/// <param name="Outcomes">Every server's last answer.</param>
public abstract record DebuginfodAnswer(IReadOnlyList<DebuginfodOutcome> Outcomes)
{
    /// <param name="Path">In the client cache.</param>
    /// <param name="Place">Where it came from: an address, or the cache itself.</param>
    /// <param name="Archive">The package that the server took it from, as it says; empty when it says nothing.</param>
    /// <param name="Verification">What was checked of it, in words.</param>
    public sealed record Found(
        string Path, string Place, long ByteSize, string Archive, string Verification, bool IsFromCache, IReadOnlyList<DebuginfodOutcome> Outcomes)
        : DebuginfodAnswer(Outcomes);

    /// <summary>No server has it, now or a short while ago.</summary>
    public sealed record Missing(IReadOnlyList<DebuginfodOutcome> Outcomes) : DebuginfodAnswer(Outcomes);

    /// <summary>At least one server could not say, or what it gave was not taken.</summary>
    /// <param name="Storage">Set when it is this machine's disk that failed, with the line for a person.</param>
    public sealed record Failed(IReadOnlyList<DebuginfodOutcome> Outcomes, DownloadFailure? Storage = null) : DebuginfodAnswer(Outcomes);
}
