namespace DebugInfoFetch.Cli.Backend;

/// <summary>From a release to a kernel in the cache: locate, download, unpack, index.</summary>
public interface IKernelFetcher
{
    Task<FetchOutcome> RunAsync(FetchRequest request, IFetchProgress progress, CancellationToken cancellation);
}

/// <param name="Modules">Modules to index, as the kernel names them; empty for the default.</param>
/// <param name="Package">A package's file or URL instead of a search.</param>
/// <param name="ElfFiles">A developer's own build instead of a package.</param>
/// <param name="Refresh">Fetch anew what is cached.</param>
public sealed record FetchRequest(
    string KernelSpec, string? Architecture, IReadOnlyList<string> Modules, string? Package, IReadOnlyList<string> ElfFiles,
    string? BaseUrl, string CacheDirectory, bool Refresh);

/// <summary>How a fetch ended. A closed list; damaged input and a full disk are exceptions.</summary>
public abstract record FetchOutcome
{
    /// <param name="IsNew">False when all that was asked for was there already.</param>
    public sealed record Ready(CachedKernel Kernel, bool IsNew) : FetchOutcome;

    /// <param name="Message">One line.</param>
    /// <param name="Places">Each place tried with its answer, in order.</param>
    /// <param name="Advice">What to do next; a line each.</param>
    public sealed record Unavailable(string Message, IReadOnlyList<PlaceTried> Places, IReadOnlyList<string> Advice) : FetchOutcome;
}

public sealed record PlaceTried(string Place, string Answer);

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
