using DebugInfoFetch.Cache;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch;

/// <param name="KernelSpec">What was typed for <c>--kernel</c>.</param>
/// <param name="Modules">What to index: modules in the kernel's or the file's spelling, and <c>vmlinux</c>; empty for all.</param>
/// <param name="Package">A package's file or URL instead of a search.</param>
/// <param name="ElfFiles">A developer's own build instead of a package.</param>
/// <param name="BaseUrl">Replaces the distributions' own hosts.</param>
/// <param name="Refresh">Fetch anew what is cached.</param>
/// <param name="MemoryBudget">Bytes of unpacked ELF files held at once, at most; a larger file is held in a temporary one.</param>
/// <param name="Distribution">Whose kernel it is, where the release leaves that open; as typed for <c>--distro</c>.</param>
/// <param name="BuildId">Of the kernel that ran, as typed for <c>--build-id</c>: decides among builds with one release string.</param>
/// <param name="Quick">From BTF and symbols of the kernel's own packages, without debug information.</param>
/// <param name="SkipsMissing">Index those of several modules that the package has, rather than none when one is not there.</param>
public sealed record FetchRequest(
    string KernelSpec, string? Architecture, IReadOnlyList<string> Modules, string? Package, IReadOnlyList<string> ElfFiles,
    string? BaseUrl, string CacheDirectory, bool Refresh, long MemoryBudget = FetchRequest.DefaultMemoryBudget,
    string? Distribution = null, string? BuildId = null, bool Quick = false, bool SkipsMissing = false)
{
    public const long DefaultMemoryBudget = 640L << 20;

    /// <summary>Bytes a second over all transfers together; null for no cap.</summary>
    public long? LimitRate { get; init; }

    /// <summary>Bounds of each transfer.</summary>
    public DownloadOptions Transfers { get; init; } = new();

    /// <summary>Refuse a package without a good signature by a key of this machine.</summary>
    public bool RequireSignature { get; init; }

    /// <summary>Reads an environment variable: debuginfod's are obeyed.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Where this machine's <c>proc</c> and <c>sys</c> are, which know the kernel that runs.</summary>
    public string Root { get; init; } = "/";

    /// <summary>The kernel that is meant.</summary>
    /// <exception cref="InputFaultException">What was typed names none, or contradicts itself.</exception>
    public KernelRelease Release()
    {
        KernelRelease release = KernelRelease.Parse(KernelSpec, Architecture, Distribution);
        if (BuildId is null) { return release; }
        string typed = Releases.BuildId.Parse(BuildId).Hex;
        return release.BuildId.Length == 0 || release.BuildId == typed
            ? release with { BuildId = typed }
            : throw new InputFaultException($"--build-id {typed}, but the text given as --kernel has {release.BuildId}");
    }
}

/// <summary>How a fetch ended. A closed list; damaged input and a full disk are exceptions.</summary>
public abstract record FetchOutcome
{
    /// <param name="IsNew">False when all that was asked for was there already.</param>
    /// <param name="Transferred">Set when only a part of the package was read: how, and how much of it.</param>
    public sealed record Ready(CachedKernel Kernel, bool IsNew, PartTransfer? Transferred = null) : FetchOutcome;

    /// <param name="Message">One line.</param>
    /// <param name="Places">Each place tried with its answer, in order.</param>
    /// <param name="Advice">What to do next; a line each.</param>
    public sealed record Unavailable(string Message, IReadOnlyList<LocateAttempt> Places, IReadOnlyList<string> Advice) : FetchOutcome;
}

/// <param name="Way"><c>by ranges</c>, or <c>from its start, …</c> and why.</param>
/// <param name="BytesFetched">Of the package, headers and what was looked at on the way included.</param>
/// <param name="BytesTotal">Null when the server did not tell.</param>
public sealed record PartTransfer(string Way, long BytesFetched, long? BytesTotal);

/// <summary>Told what a fetch is doing.</summary>
public interface IFetchProgress
{
    /// <summary>A stage begins, and with it the one before ends.</summary>
    /// <param name="title">What is done to what, for a person: <c>Downloading linux-image-….deb</c>.</param>
    /// <param name="totalBytes">Null when it isn't known.</param>
    void Stage(string title, long? totalBytes);

    /// <summary>Bytes of the stage that are done so far. May be called often and from any thread.</summary>
    void Report(long bytesDone);

    /// <summary>Modules of the stage that are indexed so far. From any thread.</summary>
    void Modules(int done) { }

    void Note(string text);
}
