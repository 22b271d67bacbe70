using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>Rocky Linux: its repositories, and the vault of the minor releases that are over.</summary>
public sealed class RockySource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private const string Host = "https://dl.rockylinux.org";

    private readonly string _root = options.BaseUrlFor(Distribution.Rocky) ?? Host;

    public Distribution Distribution => Distribution.Rocky;

    public bool Handles(KernelRelease release) => EnterpriseLinux.MajorOf(release) >= 8 && EnterpriseLinux.IsRhelOrRebuild(release, Distribution);

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
        => new("Rocky Linux", release, RpmTrees.Steps(api, Trees(release, package), release, package), []);

    private RpmTree[] Trees(KernelRelease release, KernelPackage package)
    {
        int major = EnterpriseLinux.MajorOf(release);
        string tree = $"{RpmKernelNames.ArchitectureOf(release)}/{(package == KernelPackage.DebugInfo ? "debug/tree" : "os")}";
        List<RpmTree> trees = [];
        foreach (string repository in EnterpriseLinux.RepositoriesOf(release))
        {
            trees.Add(new RpmTree($"{_root}/pub/rocky/{major}/{repository}/{tree}", "Packages/k", $"Rocky Linux {major}, {repository}"));
            if (EnterpriseLinux.MinorOf(release) is { } minor)
            {
                trees.Add(new RpmTree($"{_root}/vault/rocky/{major}.{minor}/{repository}/{tree}", "Packages/k", $"Rocky's vault of {major}.{minor}, {repository}"));
            }
        }

        return [.. trees];
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        (IReadOnlyList<OfferedKernel> kernels, IReadOnlyList<LocateAttempt> attempts) = await RpmTrees.ListAsync(api,
            EnterpriseLinux.MajorsOf(query).Select(major => $"{_root}/pub/rocky/{major}/BaseOS/{query.Architecture}/debug/tree"),
            query, Distribution, ct).ConfigureAwait(false);
        return KernelListing.Of(kernels, query, attempts, []);
    }
}
