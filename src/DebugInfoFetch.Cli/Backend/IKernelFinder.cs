using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Cli.Backend;

/// <summary>Where kernels are, before one is fetched.</summary>
public interface IKernelFinder
{
    /// <summary>The plan of a fetch; nothing is asked.</summary>
    KernelExplanation Explain(FetchRequest request);

    Task<KernelListing> ListAsync(Distribution distribution, ListQuery query, string? baseUrl, CancellationToken cancellation);
}
