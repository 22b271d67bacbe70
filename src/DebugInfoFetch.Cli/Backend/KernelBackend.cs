namespace DebugInfoFetch.Cli.Backend;

/// <summary>Joins the commands to the pipeline.</summary>
internal static class KernelBackend
{
    public static IKernelStore OpenStore(string directory) => throw new InvalidOperationException($"{directory}: the cache is not part of this build");

    public static IKernelFetcher CreateFetcher() => throw new InvalidOperationException("fetching is not part of this build");
}
