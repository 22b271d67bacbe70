namespace DebugInfoFetch.Cli.Backend;

/// <summary>From a release to a kernel in the cache: locate, download, unpack, index.</summary>
public interface IKernelFetcher
{
    Task<FetchOutcome> RunAsync(FetchRequest request, IFetchProgress progress, CancellationToken cancellation);
}
