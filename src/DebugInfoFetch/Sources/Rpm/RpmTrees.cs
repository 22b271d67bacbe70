using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>A repository on a mirror, and where in it kernels lie as a rule.</summary>
/// <param name="Url">The directory that has <c>repodata</c> in it, without a slash at the end.</param>
/// <param name="Packages">The directory of kernels below it (<c>Packages/k</c>).</param>
/// <param name="Description">For a person: <c>Rocky Linux 9, BaseOS</c>.</param>
public sealed record RpmTree(string Url, string Packages, string Description);

/// <summary>Finds kernels in repositories: by the address that follows from the release, else by what the repository's own index says.</summary>
public static class RpmTrees
{
    /// <param name="stem">As in <see cref="RpmKernelNames.PackageOf"/>.</param>
    public static IReadOnlyList<PlanStep> Steps(
        ArchiveApi api, IReadOnlyList<RpmTree> trees, KernelRelease release, KernelPackage package, string? stem = null)
    {
        string file = RpmKernelNames.FileOf(release, package, stem);
        string name = RpmKernelNames.PackageOf(release, package, stem);
        return
        [
            .. trees.Select(tree => new PlanStep.Take(new PackageCandidate(new Uri($"{tree.Url}/{tree.Packages}/{file}"), file, tree.Description))),
            AskIndexes(api, trees, release, $"where {file} lies, should the layout be another", n => n == name,
                p => p.Version == release.Version && p.Release == release.PackageRelease && p.Architecture == RpmKernelNames.ArchitectureOf(release)),
        ];
    }

    /// <summary>Asks the indexes in turn, until one has packages that fit.</summary>
    /// <param name="isName">Package names that are looked at.</param>
    public static PlanStep.Ask AskIndexes(
        ArchiveApi api, IReadOnlyList<RpmTree> trees, KernelRelease release, string finds, Func<string, bool> isName, Func<RpmRepositoryPackage, bool> fits)
        => new(finds, [.. trees.SelectMany(t => (string[])[$"{t.Url}/repodata/repomd.xml", $"{t.Url}/repodata/<primary>"])], async ct =>
        {
            List<LocateAttempt> attempts = [];
            foreach (RpmTree tree in trees)
            {
                (IReadOnlyList<RpmRepositoryPackage> packages, IReadOnlyList<LocateAttempt> asked) =
                    await new RpmRepository(api, tree.Url).PackagesAsync(isName, ct).ConfigureAwait(false);
                attempts.AddRange(asked);
                if (FoundIn(tree.Description, packages.Where(fits), release, attempts) is { } found) { return found; }
            }

            return new LocateResult.NotFound(release, attempts, []);
        });

    /// <summary>The newest of the packages, which are builds of one release; null for none.</summary>
    public static LocateResult.Found? FoundIn(
        string description, IEnumerable<RpmRepositoryPackage> packages, KernelRelease release, IReadOnlyList<LocateAttempt> attempts)
    {
        RpmRepositoryPackage[] builds = [.. packages.OrderByDescending(p => p.Release, RpmVersion.Comparer)];
        string[] versions = [.. builds.Select(p => $"{p.Version}-{p.Release}").Distinct()];
        return builds.Length == 0 || RpmRepository.CandidateOf(builds[0], $"{description}, by its index") is not { } candidate
            ? null
            : new LocateResult.Found(release, [candidate], attempts, [], versions.Length < 2
                ? null
                : $"{versions.Length} builds call themselves {release}: {string.Join(", ", versions)}; taken is {versions[0]}");
    }

    /// <summary>All kernels that the repositories have debug packages of.</summary>
    public static async Task<(IReadOnlyList<OfferedKernel> Kernels, IReadOnlyList<LocateAttempt> Attempts)> ListAsync(
        ArchiveApi api, IEnumerable<string> urls, ListQuery query, Distribution distribution, CancellationToken ct)
    {
        List<OfferedKernel> kernels = [];
        List<LocateAttempt> attempts = [];
        foreach (string url in urls)
        {
            (IReadOnlyList<RpmRepositoryPackage> packages, IReadOnlyList<LocateAttempt> asked) = await new RpmRepository(api, url).PackagesAsync(
                name => name.StartsWith("kernel", StringComparison.Ordinal) && name.EndsWith("-debuginfo", StringComparison.Ordinal), ct).ConfigureAwait(false);
            attempts.AddRange(asked);
            foreach (RpmRepositoryPackage package in packages)
            {
                if (MachineArchitecture.Canonical(package.Architecture) == query.Architecture
                    && RpmKernelNames.ReleaseOf(package.Name, package.Version, package.Release, package.Architecture) is { } release)
                {
                    kernels.Add(new OfferedKernel(release, distribution, query.Architecture, "", package.Built, package.ByteSize));
                }
            }
        }

        return (kernels, attempts);
    }
}
