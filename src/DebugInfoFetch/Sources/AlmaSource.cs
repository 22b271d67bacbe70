using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>AlmaLinux: its repositories, and the vaults of the minor releases that are over.</summary>
public sealed class AlmaSource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private readonly string? _replaced = options.BaseUrlFor(Distribution.Alma);

    public Distribution Distribution => Distribution.Alma;

    public bool Handles(KernelRelease release) => EnterpriseLinux.MajorOf(release) >= 8 && EnterpriseLinux.IsRhelOrRebuild(release, Distribution);

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
        => new("AlmaLinux", release, RpmTrees.Steps(api, Trees(release, package), release, package), []);

    private RpmTree[] Trees(KernelRelease release, KernelPackage package)
    {
        int major = EnterpriseLinux.MajorOf(release);
        string architecture = RpmKernelNames.ArchitectureOf(release);
        string Below(string repository) => package == KernelPackage.DebugInfo ? $"{repository}/debug/{architecture}" : $"{repository}/{architecture}/os";
        List<RpmTree> trees = [];
        foreach (string repository in EnterpriseLinux.RepositoriesOf(release))
        {
            void Add(string host, string version, string description)
                => trees.Add(new RpmTree($"{_replaced ?? host}/{version}/{Below(repository)}", "Packages", $"{description}, {repository}"));
            Add("https://repo.almalinux.org", $"almalinux/{major}", $"AlmaLinux {major}");
            if (EnterpriseLinux.MinorOf(release) is { } minor)
            {
                Add("https://vault.almalinux.org", $"{major}.{minor}", $"AlmaLinux's vault of {major}.{minor}");
                Add("https://repo.almalinux.org", $"vault/{major}.{minor}", $"AlmaLinux's older vault of {major}.{minor}");
            }

            Add("https://vault.almalinux.org", $"{major}", $"AlmaLinux's vault of {major}");
        }

        return [.. trees];
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        (IReadOnlyList<OfferedKernel> kernels, IReadOnlyList<LocateAttempt> attempts) = await RpmTrees.ListAsync(api,
            EnterpriseLinux.MajorsOf(query).Select(major => $"{_replaced ?? "https://repo.almalinux.org"}/almalinux/{major}/BaseOS/debug/{query.Architecture}"),
            query, Distribution, ct).ConfigureAwait(false);
        return KernelListing.Of(kernels, query, attempts, []);
    }
}
