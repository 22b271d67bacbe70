using DebugInfoFetch.Sources;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Download;

/// <summary>What came of one candidate: a closed list.</summary>
public enum OutcomeKind
{
    Downloaded,
    /// <summary>404 or 410.</summary>
    NotFound,
    /// <summary>401, 403, a redirect that is not followed, or another status that asking again does not change.</summary>
    Refused,
    /// <summary>429, to the last attempt, or with a longer wait than we take.</summary>
    RateLimited,
    /// <summary>5xx, to the last attempt.</summary>
    ServerError,
    /// <summary>No connection came about.</summary>
    Unreachable,
    /// <summary>Connected, but nothing or next to nothing arrived.</summary>
    Silent,
    /// <summary>The transfer broke off, to the last attempt.</summary>
    BrokenTransfer,
    /// <summary>What arrived is no package: a login or error page, most often.</summary>
    NotAPackage,
    WrongSize,
    /// <summary>The file became another one between requests.</summary>
    Changed,
    WrongDigest,
    /// <summary>Not asked: its host has failed too often just before.</summary>
    Skipped,
    /// <summary>A local file that cannot be read.</summary>
    Unreadable,
}

/// <summary>A candidate, and its answer in words.</summary>
/// <param name="Requests">How many requests were made.</param>
public sealed record CandidateOutcome(PackageCandidate Candidate, OutcomeKind Kind, string Answer, int Requests)
{
    public LocateAttempt ToAttempt() => new(Candidate.Place, Answer);
}

/// <summary>A closed set of two answers: <see cref="DownloadedPackage"/> or <see cref="DownloadFailure"/>.</summary>
/// <param name="Outcomes">Every candidate that was tried, in order.</param>
public abstract record DownloadResult(IReadOnlyList<CandidateOutcome> Outcomes);

/// <param name="Path">The whole file. For a local package, that file itself.</param>
/// <param name="Sha256">64 hex digits, computed from the bytes; empty for a local file of which nobody has computed it yet.</param>
/// <param name="Verification">What the digest was checked against, or what alone protects the transfer.</param>
public sealed record DownloadedPackage(
    string Path, PackageCandidate Candidate, long ByteSize, string Sha256, string Verification, IReadOnlyList<CandidateOutcome> Outcomes)
    : DownloadResult(Outcomes)
{
    /// <summary>64 hex digits: an RPM's own digest of its main header, as far as that stands for the digest of the file; else empty.</summary>
    public string HeaderSha256 { get; init; } = "";

    /// <summary>Which bytes these are, for provenance: <c>sha256:</c> with the file's digest, or <c>sha256header:</c> with what rpm prints as %{SHA256HEADER}.</summary>
    public string Digest => Sha256.Length > 0 ? $"sha256:{Sha256}" : $"sha256header:{HeaderSha256}";

    /// <summary>What is known of who signed it; null before anybody has asked.</summary>
    public SignatureKind? Signature { get; init; }

    /// <summary>What is signed is a digest of the whole file.</summary>
    public bool IsFileSigned { get; init; }
}

public enum FailureReason
{
    /// <summary>No candidate gave the package; the outcomes say why.</summary>
    NoCandidate,
    DiskFull,
    /// <summary>The directory or file cannot be written, or another process has it.</summary>
    CannotWrite,
}

/// <param name="Message">One line for a person, with what to do.</param>
public sealed record DownloadFailure(FailureReason Reason, string Message, IReadOnlyList<CandidateOutcome> Outcomes) : DownloadResult(Outcomes);
