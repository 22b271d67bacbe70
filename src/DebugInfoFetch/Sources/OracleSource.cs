using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>Oracle Linux: UEK, and Oracle's build of RHEL's kernel (RHCK). One flat directory a major version.</summary>
public sealed partial class OracleSource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private const string Host = "https://oss.oracle.com";
    private const long MaxIndexBytes = 64L << 20;

    private readonly string _root = options.BaseUrlFor(Distribution.Oracle) ?? Host;

    public Distribution Distribution => Distribution.Oracle;

    public bool Handles(KernelRelease release) => EnterpriseLinux.MajorOf(release) >= 5 && EnterpriseLinux.IsRhelOrRebuild(release, Distribution);

    [GeneratedRegex(@"href=""(?<name>kernel[a-z0-9-]*-debuginfo)-(?<version>\d[0-9.]*)-(?<release>[0-9A-Za-z._]+)\.(?<arch>x86_64|aarch64)\.rpm""", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Link();

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string file = RpmKernelNames.FileOf(release, package, StemOf(release));
        // Other packages lie in Oracle's yum repositories, a repository a UEK series.
        IReadOnlyList<PlanStep> steps = package == KernelPackage.DebugInfo
            ? [new PlanStep.Take(new PackageCandidate(new Uri($"{DirectoryOf(EnterpriseLinux.MajorOf(release))}/{file}"), file, "Oracle's server of debug packages"))]
            : [];
        return new KernelPlan("Oracle Linux", release, steps, []);
    }

    private static string? StemOf(KernelRelease release) => release.DistributionTag switch
    {
        _ when release.DistributionTag.EndsWith("ueknext", StringComparison.Ordinal) => "kernel-ueknext",
        _ when release.DistributionTag.EndsWith("uek", StringComparison.Ordinal) => "kernel-uek",
        _ => null,
    };

    private string DirectoryOf(int major) => $"{_root}/ol{major}/debuginfo";

    /// <summary>
    /// UEK 4, UEK 5 before 2047.537.3 and UEK 6 before 2136.332.2: the debug package's vmlinux was linked apart from the kernel that boots, so that
    /// their build IDs differ and prove nothing (drgn-tools says so).
    /// </summary>
    public static bool BuildIdsDiffer(KernelRelease release) => release.DistributionTag.EndsWith("uek", StringComparison.Ordinal) && release.Version switch
    {
        "4.1.12" => true,
        "4.14.35" => RpmVersion.Compare(release.PackageRelease, "2047.537.3") < 0,
        "5.4.17" => RpmVersion.Compare(release.PackageRelease, "2136.332.2") < 0,
        _ => false,
    };

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        List<OfferedKernel> kernels = [];
        List<LocateAttempt> attempts = [];
        foreach (int major in EnterpriseLinux.MajorsOf(query))
        {
            string place = DirectoryOf(major) + "/";
            ArchiveApi.Body body = await api.GetBytesAsync(new Uri(place), MaxIndexBytes, ct).ConfigureAwait(false);
            int before = kernels.Count;
            foreach (Match link in Link().Matches(body.AsText ?? ""))
            {
                if (link.Groups["arch"].Value == query.Architecture && RpmKernelNames.ReleaseOf(
                    link.Groups["name"].Value, link.Groups["version"].Value, link.Groups["release"].Value, link.Groups["arch"].Value) is { } release)
                {
                    kernels.Add(new OfferedKernel(release, Distribution, query.Architecture, "", null, null));
                }
            }

            attempts.Add(new LocateAttempt(place, body.Bytes is null ? body.Text : $"{kernels.Count - before} packages that fit"));
        }

        return KernelListing.Of(kernels, query, attempts, []);
    }
}
