using System.Globalization;
using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>
/// openSUSE, and SLE's kernels where openSUSE's mirrors have them. A release lacks the last component of the package's, a counter of rebuilds: the
/// repository's index has it; where that is not to be had, the first few are tried.
/// </summary>
public sealed partial class OpenSuseSource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private const string Host = "https://download.opensuse.org";
    private const int CountersTried = 3;

    private readonly string _root = options.BaseUrlFor(Distribution.OpenSuse) ?? Host;

    public Distribution Distribution => Distribution.OpenSuse;

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.OpenSuse && release.PackageRelease.Length > 0;

    // 150600.23.47: service pack 6 of SLE 15, which Leap 15.6 shares; 160000.5: 16.0; lp152.19: Leap 15.2 and older.
    [GeneratedRegex(@"^(?:(?<major>1[5-9])0(?<minor>\d)00|lp(?<major>\d\d)(?<minor>\d))\.", RegexOptions.CultureInvariant)]
    private static partial Regex LeapRelease();

    /// <summary>A debug package of a flavour, not of its modules' devel files.</summary>
    [GeneratedRegex(@"^kernel-(?<flavour>[a-z0-9]+)-debuginfo$", RegexOptions.CultureInvariant)]
    private static partial Regex DebugPackage();

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string flavour = release.Variant.Length > 0 ? release.Variant : "default";
        string name = $"kernel-{flavour}" + (package == KernelPackage.DebugInfo ? "-debuginfo" : "");
        string architecture = MachineArchitecture.RpmName(release.Architecture);
        RpmTree[] trees = [.. Repositories(release, package == KernelPackage.DebugInfo).Select(r => new RpmTree($"{_root}/{r.Path}", architecture, r.Description))];
        List<PlanStep> steps = [];
        if (package != KernelPackage.Modules)
        {
            steps.Add(RpmTrees.AskIndexes(api, trees, release, $"which build of {name} {release.Version}-{release.PackageRelease} there is, and where",
                n => n == name, p => p.Version == release.Version && p.Architecture == architecture && IsBuildOf(release.PackageRelease, p.Release)));
            foreach (RpmTree tree in trees)
            {
                for (int counter = 1; counter <= CountersTried; counter++)
                {
                    string file = $"{name}-{release.Version}-{release.PackageRelease}.{counter}.{architecture}.rpm";
                    steps.Add(new PlanStep.Take(new PackageCandidate(new Uri($"{tree.Url}/{architecture}/{file}"), file, tree.Description)));
                }
            }
        }

        return new KernelPlan("openSUSE", release, steps,
        [
            "SLE's own debug packages need a registration: SUSEConnect, or zypper download on a registered machine, then --package FILE",
            "Tumbleweed keeps its newest snapshot's packages only",
        ]);
    }

    private static bool IsBuildOf(string sourceRelease, string packageRelease)
        => packageRelease == sourceRelease
            || (packageRelease.StartsWith(sourceRelease + ".", StringComparison.Ordinal) && packageRelease.AsSpan(sourceRelease.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0);

    /// <summary>15.6 of <c>6.4.0-150600.23.47</c>; null for Tumbleweed.</summary>
    private static string? LeapOf(KernelRelease release)
        => LeapRelease().Match(release.PackageRelease) is { Success: true } match ? $"{match.Groups["major"].Value}.{match.Groups["minor"].Value}" : null;

    /// <param name="release">Null for Tumbleweed.</param>
    private static IEnumerable<(string Path, string Description)> Repositories(KernelRelease? release, bool isDebug)
    {
        string prefix = isDebug ? "debug/" : "";
        string? leap = release is null ? null : LeapOf(release);
        if (leap is null)
        {
            // With a dot in it (24.49) it is SLE's, before Leap shared its kernels: no public repository has it.
            if (release is not null && release.PackageRelease.Contains('.', StringComparison.Ordinal)) { yield break; }
            yield return ($"{prefix}tumbleweed/repo/oss", "openSUSE Tumbleweed");
            yield break;
        }

        yield return ($"{prefix}update/leap/{leap}/sle", $"openSUSE Leap {leap}, updates of SLE's packages");
        yield return ($"{prefix}update/leap/{leap}/oss", $"openSUSE Leap {leap}, updates");
        yield return ($"{prefix}distribution/leap/{leap}/repo/oss", $"openSUSE Leap {leap} as it came out");
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        List<OfferedKernel> kernels = [];
        List<LocateAttempt> attempts = [];
        foreach ((string path, _) in Repositories(query.Like, isDebug: true))
        {
            (IReadOnlyList<RpmRepositoryPackage> packages, IReadOnlyList<LocateAttempt> asked) =
                await new RpmRepository(api, $"{_root}/{path}").PackagesAsync(n => DebugPackage().IsMatch(n), ct).ConfigureAwait(false);
            attempts.AddRange(asked);
            foreach (RpmRepositoryPackage package in packages.Where(p => MachineArchitecture.Canonical(p.Architecture) == query.Architecture))
            {
                int counter = package.Release.LastIndexOf('.');
                string uname = $"{package.Version}-{(counter < 0 ? package.Release : package.Release[..counter])}-{DebugPackage().Match(package.Name).Groups["flavour"].Value}";
                if (KernelRelease.TryParse(uname, query.Architecture, out KernelRelease? release, out _) && release!.Distribution == Distribution)
                {
                    kernels.Add(new OfferedKernel(release.UnameText, Distribution, query.Architecture,
                        string.Create(CultureInfo.InvariantCulture, $"{package.Version}-{package.Release}"), package.Built, package.ByteSize));
                }
            }
        }

        return KernelListing.Of(kernels, query, attempts, query.Like is null ? ["listed is Tumbleweed; a Leap's builds: give a release of it instead of a glob"] : []);
    }
}
