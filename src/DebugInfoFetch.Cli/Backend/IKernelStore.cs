using DebugInfoFetch.Cache;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cli.Backend;

/// <summary>The cache as the commands see it.</summary>
public interface IKernelStore
{
    string Directory { get; }

    /// <summary>Every kernel that is there, by release.</summary>
    IReadOnlyList<CachedKernel> List();

    /// <summary>
    /// Kernels that <paramref name="releaseSpec"/> may mean: the exact release, else the one without its architecture, else those that begin so.
    /// One is the answer, several are an ambiguity, none is "not cached".
    /// </summary>
    IReadOnlyList<CachedKernel> Find(string releaseSpec, string? architecture);

    IOpenKernel Open(CachedKernel kernel);

    bool Remove(CachedKernel kernel);
}

/// <summary>A kernel that can be asked until it is disposed of.</summary>
public interface IOpenKernel : IDisposable
{
    IKernelModel Model { get; }
}
