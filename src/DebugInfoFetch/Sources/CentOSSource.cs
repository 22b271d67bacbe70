using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>
/// CentOS Stream 9 and later: its build system, the mirror, the newest compose; Stream 8 and CentOS 7 and 8: the server of debug packages that
/// is left of them.
/// </summary>
public sealed class CentOSSource : IKernelSource
{
    private const string Hub = "https://kojihub.stream.centos.org";
    private const string Mirror = "https://mirror.stream.centos.org";
    private const string Composes = "https://composes.stream.centos.org";
    private const string Old = "http://debuginfo.centos.org";
    // CentOS's official key, RSA 05B555B38483C65D (distribution-gpg-keys: RPM-GPG-KEY-CentOS-Official).
    private const string Key = "8483c65d";

    private readonly string? _replaced;
    private readonly ArchiveApi _api;
    private readonly Koji _koji;

    public CentOSSource(SourceOptions options, ArchiveApi api)
    {
        _api = api;
        _replaced = options.BaseUrlFor(Distribution);
        _koji = new Koji($"{_replaced ?? Hub}/kojifiles", $"{_replaced ?? Hub}/kojihub", "CentOS Stream's build system", api);
    }

    public Distribution Distribution => Distribution.CentOS;

    public bool Handles(KernelRelease release)
        => release.Distribution == Distribution.CentOS || (release.Distribution == Distribution.RhelLike && !release.DistributionTag.Contains('_', StringComparison.Ordinal));

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        int major = EnterpriseLinux.MajorOf(release);
        IReadOnlyList<PlanStep> steps = major < 9
            ? OldSteps(release, major, package)
            : [.. _koji.Candidates(release, package, Key).Select(c => new PlanStep.Take(c)), .. RpmTrees.Steps(_api, Trees(release, major, package), release, package)];
        return new KernelPlan("CentOS", release, steps,
        [
            major < 9 ? "CentOS 8 and older ended; what their servers have dropped, mirrors may still have" : "the mirror has the newest builds only",
        ]);
    }

    private PlanStep[] OldSteps(KernelRelease release, int major, KernelPackage package)
    {
        if (package != KernelPackage.DebugInfo) { return []; }
        string file = RpmKernelNames.FileOf(release, package), architecture = RpmKernelNames.ArchitectureOf(release);
        string[] paths = major == 8 ? [$"8-stream/{architecture}/Packages", $"8/{architecture}/Packages"] : [$"{major}/{architecture}"];
        return [.. paths.Select(path => new PlanStep.Take(new PackageCandidate(new Uri($"{_replaced ?? Old}/{path}/{file}"), file, "CentOS's server of debug packages")))];
    }

    private RpmTree[] Trees(KernelRelease release, int major, KernelPackage package)
    {
        string tree = package == KernelPackage.DebugInfo ? "debug/tree" : "os";
        string architecture = RpmKernelNames.ArchitectureOf(release);
        return
        [
            .. EnterpriseLinux.RepositoriesOf(release).Select(repository => new RpmTree(
                $"{_replaced ?? Mirror}/{major}-stream/{repository}/{architecture}/{tree}", "Packages", $"CentOS Stream {major}, {repository}")),
            .. EnterpriseLinux.RepositoriesOf(release).Select(repository => new RpmTree(
                $"{_replaced ?? Composes}/stream-{major}/production/latest-CentOS-Stream/compose/{repository}/{architecture}/{tree}", "Packages",
                $"CentOS Stream {major}, newest compose, {repository}")),
        ];
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        string package = query.Like is null ? "kernel" : RpmKernelNames.SourceOf(query.Like);
        (IReadOnlyList<OfferedKernel> kernels, IReadOnlyList<LocateAttempt> attempts) =
            await _koji.ListAsync(package, query, Distribution, ct).ConfigureAwait(false);
        return KernelListing.Of(kernels.Where(k => k.Release.Contains(".el", StringComparison.Ordinal)), query, attempts,
            ["the build system lists its newest builds; a variant's name is the build's with +VARIANT at the end"]);
    }
}
