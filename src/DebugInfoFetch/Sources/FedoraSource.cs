using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>
/// Fedora and ELN: the build system's file tree, the mirrors, the archive. The layout is fixed, so that the release string alone gives every
/// address: nothing is asked here, and the download tells which of them exists.
/// </summary>
public sealed class FedoraSource(SourceOptions options) : IKernelSource
{
    private const string Koji = "https://kojipkgs.fedoraproject.org";
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

    public string Name => "Fedora";

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Fedora;

    public Task<LocateResult> LocateAsync(KernelRelease release, CancellationToken ct)
    {
        string architecture = MachineArchitecture.RpmName(release.Architecture);
        string variant = release.Variant.Length > 0 ? release.Variant + "-" : "";
        string file = $"kernel-{variant}debuginfo-{release.Version}-{release.PackageRelease}.{architecture}.rpm";
        string build = $"packages/kernel/{release.Version}/{release.PackageRelease}";
        string? replaced = options.BaseUrlFor(Name);

        List<PackageCandidate> candidates = [];
        void Add(string host, string path, string description)
            => candidates.Add(new PackageCandidate(new Uri($"{replaced ?? host}/{path}/{file}"), file, description));

        int? fedora = release.DistributionTag.StartsWith("fc", StringComparison.Ordinal)
            && int.TryParse(release.DistributionTag.AsSpan(2), out int parsed) ? parsed : null;
        if (fedora is { } signed && SigningKeys.TryGetValue(signed, out string? key))
        {
            Add(Koji, $"{build}/data/signed/{key}/{architecture}", $"Fedora's build system, signed copy (key {key})");
        }

        Add(Koji, $"{build}/{architecture}", "Fedora's build system, unsigned copy");
        if (fedora is { } number)
        {
            // Architectures that are not Fedora's main ones lie in a tree of their own.
            string tree = release.Architecture is "x86_64" or "aarch64" ? "fedora/linux" : "fedora-secondary";
            string updates = $"updates/{number}/Everything/{architecture}/debug/Packages/k";
            string releases = $"releases/{number}/Everything/{architecture}/debug/tree/Packages/k";
            Add(Mirror, $"pub/{tree}/{updates}", "Fedora's updates");
            Add(Mirror, $"pub/{tree}/{releases}", "Fedora's release as it came out");
            Add(Archive, $"pub/archive/{tree}/{updates}", "Fedora's archive, updates");
            Add(Archive, $"pub/archive/{tree}/{releases}", "Fedora's archive, release as it came out");
        }

        return Task.FromResult<LocateResult>(new LocateResult.Found(release, candidates, [],
        [
            "Fedora keeps a build's packages while it is the newest update of its release; older builds go after some weeks",
            $"a copy of {file} that you have or know the address of: --package FILE|URL",
        ]));
    }
}
