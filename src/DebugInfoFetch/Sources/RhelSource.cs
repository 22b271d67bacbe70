using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>RHEL: its packages need a subscription, so that only a mirror of one's own (a Satellite, a reposync) can be asked.</summary>
public sealed class RhelSource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private readonly string? _mirror = options.BaseUrlFor(Distribution.Rhel);

    public Distribution Distribution => Distribution.Rhel;

    public bool Handles(KernelRelease release) => EnterpriseLinux.IsRhelOrRebuild(release, Distribution);

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string file = RpmKernelNames.FileOf(release, package);
        int major = EnterpriseLinux.MajorOf(release);
        string repository = major < 8 ? $"rhel-{major}-server-debug-rpms" : $"rhel-{major}-for-{release.Architecture}-baseos-debug-rpms";
        IReadOnlyList<PlanStep> steps = _mirror is null
            ? []
            : RpmTrees.Steps(api, [new RpmTree(_mirror, "Packages/k", "a mirror of RHEL's debug packages")], release, package);
        return new KernelPlan("RHEL", release, steps,
        [
            $"RHEL's packages need a subscription; on a machine that has one: dnf download --enablerepo={repository} {file[..^".rpm".Length]}, then --package FILE",
            $"a mirror of that repository (what has repodata/ in it): {SourceOptions.VariableOf(Distribution)}=URL",
        ]);
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        if (_mirror is null)
        {
            return new KernelListing([], [], [$"RHEL's packages need a subscription; with a mirror of its debug repository: {SourceOptions.VariableOf(Distribution)}=URL"]);
        }

        (IReadOnlyList<OfferedKernel> kernels, IReadOnlyList<LocateAttempt> attempts) =
            await RpmTrees.ListAsync(api, [_mirror], query, Distribution, ct).ConfigureAwait(false);
        return KernelListing.Of(kernels, query, attempts, []);
    }
}
