using DebugInfoFetch.Cache;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch;

/// <param name="KernelSpec">What was typed for <c>--kernel</c>.</param>
/// <param name="Modules">Modules to index beside vmlinux, in the kernel's or the file's spelling; empty for all.</param>
/// <param name="Package">A package's file or URL instead of a search.</param>
/// <param name="ElfFiles">A developer's own build instead of a package.</param>
/// <param name="BaseUrl">Replaces the distributions' own hosts.</param>
/// <param name="Refresh">Fetch anew what is cached.</param>
/// <param name="MemoryBudget">Bytes of unpacked ELF files held at once, at most.</param>
public sealed record FetchRequest(
    string KernelSpec, string? Architecture, IReadOnlyList<string> Modules, string? Package, IReadOnlyList<string> ElfFiles,
    string? BaseUrl, string CacheDirectory, bool Refresh, long MemoryBudget = FetchRequest.DefaultMemoryBudget)
{
    public const long DefaultMemoryBudget = 640L << 20;
}

/// <summary>How a fetch ended. A closed list; damaged input and a full disk are exceptions.</summary>
public abstract record FetchOutcome
{
    /// <param name="IsNew">False when all that was asked for was there already.</param>
    public sealed record Ready(CachedKernel Kernel, bool IsNew) : FetchOutcome;

    /// <param name="Message">One line.</param>
    /// <param name="Places">Each place tried with its answer, in order.</param>
    /// <param name="Advice">What to do next; a line each.</param>
    public sealed record Unavailable(string Message, IReadOnlyList<LocateAttempt> Places, IReadOnlyList<string> Advice) : FetchOutcome;
}

/// <summary>Told what a fetch is doing.</summary>
public interface IFetchProgress
{
    /// <summary>A stage begins, and with it the one before ends.</summary>
    /// <param name="title">What is done to what, for a person: <c>Downloading linux-image-….deb</c>.</param>
    /// <param name="totalBytes">Null when it isn't known.</param>
    void Stage(string title, long? totalBytes);

    /// <summary>Bytes of the stage that are done so far. May be called often and from any thread.</summary>
    void Report(long bytesDone);

    void Note(string text);
}
