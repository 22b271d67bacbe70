using DebugInfoFetch.Bodies;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cli.Backend;

/// <summary>The cache as the commands see it.</summary>
public interface IKernelStore
{
    string Directory { get; }

    /// <summary>Every kernel that is there, by release; no file is opened for it.</summary>
    IReadOnlyList<KernelFile> Files();

    /// <summary>
    /// Kernels that <paramref name="releaseSpec"/> may mean: the exact release, else the one without its architecture, else those that begin so.
    /// One is the answer, several are an ambiguity, none is "not cached".
    /// </summary>
    IReadOnlyList<KernelFile> Find(string releaseSpec, string? architecture);

    IOpenKernel Open(KernelFile kernel);

    /// <summary>Reads what a list shows of a kernel.</summary>
    CachedKernel Describe(KernelFile kernel);

    bool Remove(KernelFile kernel);
}

/// <summary>A kernel, or files of one, whose types can be asked until it is disposed of.</summary>
public interface IOpenTypes : IDisposable
{
    ITypeModel Types { get; }
}

/// <summary>A kernel that can be asked until it is disposed of.</summary>
public interface IOpenKernel : IOpenTypes
{
    IKernelModel Model { get; }

    ITypeModel IOpenTypes.Types => Model;

    /// <summary>The inside of its functions, read from its debug files when it is asked for.</summary>
    /// <param name="elfFiles">Given with <c>--elf</c>: taken before any other.</param>
    /// <param name="note">Told of what takes long.</param>
    IBodies Bodies(IReadOnlyList<string> elfFiles, Func<string, string?> environment, Action<string> note);
}
