using System.Globalization;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>
/// Fedora and ELN: the build system's file tree, the mirrors, the archive. The layout is fixed, so that the release string alone gives every
/// address: nothing is asked here, and the download tells which of them exists.
/// </summary>
public sealed class FedoraSource : IKernelSource
{
    private const string Packages = "https://kojipkgs.fedoraproject.org";
    private const string Hub = "https://koji.fedoraproject.org";
    private const string Mirror = "https://dl.fedoraproject.org";
    private const string Archive = "https://archives.fedoraproject.org";

    /// <summary>
    /// Last eight hex digits of the key that a Fedora release's packages are signed with: koji's directory of signed copies
    /// (the keys are in the package distribution-gpg-keys).
    /// </summary>
    private static readonly Dictionary<int, string> SigningKeys = new()
    {
        [40] = "a15b79cc", [41] = "e99d6ad1", [42] = "105ef944", [43] = "31645531",
        [44] = "6d9f90a6", [45] = "f577861e", [46] = "91211fce", [47] = "9488fb64",
    };

    private readonly string? _replaced;
    private readonly Koji _koji;

    public FedoraSource(SourceOptions options, ArchiveApi api)
    {
        _replaced = options.BaseUrlFor(Distribution);
        _koji = new Koji(_replaced ?? Packages, $"{_replaced ?? Hub}/kojihub", "Fedora's build system", api);
    }

    public Distribution Distribution => Distribution.Fedora;

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Fedora;

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string architecture = RpmKernelNames.ArchitectureOf(release);
        string file = RpmKernelNames.FileOf(release, package);
        int? fedora = release.DistributionTag.StartsWith("fc", StringComparison.Ordinal)
            && int.TryParse(release.DistributionTag.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : null;
        List<PackageCandidate> candidates =
            [.. _koji.Candidates(release, package, fedora is { } signed ? SigningKeys.GetValueOrDefault(signed) : null)];
        void Add(string host, string path, string description)
            => candidates.Add(new PackageCandidate(new Uri($"{_replaced ?? host}/{path}/{file}"), file, description));

        if (fedora is { } number)
        {
            // Architectures that are not Fedora's main ones lie in a tree of their own.
            string tree = release.Architecture is "x86_64" or "aarch64" ? "fedora/linux" : "fedora-secondary";
            bool isDebug = package == KernelPackage.DebugInfo;
            string updates = $"updates/{number}/Everything/{architecture}/{(isDebug ? "debug/" : "")}Packages/k";
            string releases = $"releases/{number}/Everything/{architecture}/{(isDebug ? "debug/tree" : "os")}/Packages/k";
            Add(Mirror, $"pub/{tree}/{updates}", "Fedora's updates");
            Add(Mirror, $"pub/{tree}/{releases}", "Fedora's release as it came out");
            if (tree == "fedora-secondary")
            {
                Add(Mirror, $"pub/{tree}/{releases.Replace("/Everything/", "/Server/", StringComparison.Ordinal)}", "Fedora Server's release as it came out");
            }

            string archive = tree == "fedora/linux" ? "archive/fedora/linux" : "archive/fedora-secondary";
            Add(Archive, $"pub/{archive}/{updates}", "Fedora's archive, updates");
            Add(Archive, $"pub/{archive}/{releases}", "Fedora's archive, release as it came out");
        }

        return new KernelPlan("Fedora", release, [.. candidates.Select(c => new PlanStep.Take(c))],
        [
            "Fedora keeps a build's packages while it is the newest update of its release; older builds go after some weeks",
        ]);
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        (IReadOnlyList<OfferedKernel> kernels, IReadOnlyList<LocateAttempt> attempts) =
            await _koji.ListAsync("kernel", query, Distribution, ct).ConfigureAwait(false);
        return KernelListing.Of(kernels.Where(k => k.Release.Contains(".fc", StringComparison.Ordinal) || k.Release.Contains(".eln", StringComparison.Ordinal)),
            query, attempts, ["the build system lists its newest builds; a variant's name is the build's with +VARIANT at the end"]);
    }
}
