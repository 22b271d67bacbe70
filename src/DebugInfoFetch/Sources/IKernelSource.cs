using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>A distribution's archives: knows for its releases where the debug package lies. One file a source, one line in <see cref="KernelSources"/>.</summary>
public interface IKernelSource
{
    /// <summary>For messages: <c>Fedora</c>, <c>Debian</c>.</summary>
    string Name { get; }

    bool Handles(KernelRelease release);

    /// <summary>
    /// Where <paramref name="release"/>'s debug package is. A place that cannot be reached is an answer, no exception.
    /// </summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    Task<LocateResult> LocateAsync(KernelRelease release, CancellationToken ct);
}
