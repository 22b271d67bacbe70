using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>A distribution's archives: knows for its releases where the packages lie. One file a source, one line in <see cref="KernelSources"/>.</summary>
public interface IKernelSource
{
    /// <summary>Whose archives; also names the variable of its base address (<see cref="SourceOptions"/>).</summary>
    Distribution Distribution { get; }

    /// <summary>Whether a release of this name may be this distribution's. Several distributions share some names.</summary>
    bool Handles(KernelRelease release);

    /// <summary>Where <paramref name="release"/>'s package is, or how to find out. Nothing is asked yet.</summary>
    KernelPlan Plan(KernelRelease release, KernelPackage package);

    /// <summary>Builds that the archives offer debug information of.</summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct);
}
