using System.Xml;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Sources.Rpm;

namespace DebugInfoFetch.Sources;

/// <summary>
/// Amazon Linux: a list of mirrors names a repository under an unguessable address, whose index names the package. AL2023 has a repository a
/// release of the distribution, so that older kernels are looked for in older releases.
/// </summary>
public sealed class AmazonSource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private const string Host = "https://cdn.amazonlinux.com";
    private const int MaxListBytes = 1 << 20;
    /// <summary>Releases of AL2023 that are looked through: about a year's.</summary>
    private const int MaxReleases = 24;

    private readonly string? _replaced = options.BaseUrlFor(Distribution.Amazon);

    private string Root => _replaced ?? Host;

    public Distribution Distribution => Distribution.Amazon;

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Amazon;

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string architecture = RpmKernelNames.ArchitectureOf(release);
        bool is2023 = Is2023(release);
        bool isDebug = package == KernelPackage.DebugInfo;
        string below = isDebug ? $"debuginfo/{architecture}" : architecture;
        // The package of a newer stream has the stream in its name: kernel6.12-debuginfo.
        string kind = isDebug ? "-debuginfo" : "";
        bool IsName(string name) => name.StartsWith("kernel", StringComparison.Ordinal) && name.EndsWith(kind, StringComparison.Ordinal)
            && name["kernel".Length..^kind.Length].All(c => char.IsAsciiDigit(c) || c == '.');
        bool Fits(RpmRepositoryPackage p) => p.Version == release.Version && p.Release == release.PackageRelease && p.Architecture == architecture;

        List<string> lists = is2023
            ? [MirrorList2023("latest", below)]
            : [$"{Root}/2/core/latest/{below}/mirror.list", $"{Root}/2/extras/kernel-{StreamOf(release)}/latest/{below}/mirror.list"];
        List<PlanStep> steps = [];
        if (package != KernelPackage.Modules)
        {
            steps.Add(new PlanStep.Ask($"the address of {release.Version}-{release.PackageRelease}'s package",
                [.. lists, "<mirror>/repodata/repomd.xml", "<mirror>/repodata/<primary>"], ct => AskAsync(release, lists, IsName, Fits, ct)));
            if (is2023)
            {
                steps.Add(new PlanStep.Ask($"the same in the {MaxReleases} newest releases of AL2023, newest first",
                    [ReleasesUrl, MirrorList2023("<release>", below), "<mirror>/repodata/repomd.xml", "<mirror>/repodata/<primary>"],
                    ct => AskOlderAsync(release, below, IsName, Fits, ct)));
            }
        }

        return new KernelPlan("Amazon Linux", release, steps,
            ["on Amazon Linux itself: dnf download kernel-debuginfo-$(uname -r) --enablerepo='*debuginfo', then --package FILE"]);
    }

    private string ReleasesUrl => $"{Root}/al2023/core/releasemd.xml";

    private string MirrorList2023(string release, string below) => $"{Root}/al2023/core/mirrors/{release}/{below}/mirror.list";

    private static bool Is2023(KernelRelease release) => release.DistributionTag != "amzn2";

    /// <summary>5.10 of 5.10.234.</summary>
    private static string StreamOf(KernelRelease release) => string.Join('.', release.Version.Split('.').Take(2));

    private async Task<LocateResult> AskOlderAsync(
        KernelRelease release, string below, Func<string, bool> isName, Func<RpmRepositoryPackage, bool> fits, CancellationToken ct)
    {
        ArchiveApi.Body body = await api.GetBytesAsync(new Uri(ReleasesUrl), MaxListBytes, ct).ConfigureAwait(false);
        List<string> releases = body.Bytes is null ? [] : ReleasesOf(body.Bytes);
        List<LocateAttempt> attempts = [new(ReleasesUrl, body.Bytes is null ? body.Text : $"{releases.Count} releases")];
        LocateResult answer = await AskAsync(release, [.. releases.Take(MaxReleases).Select(r => MirrorList2023(r, below))], isName, fits, ct).ConfigureAwait(false);
        return answer with { Attempts = [.. attempts, .. answer.Attempts] };
    }

    private async Task<LocateResult> AskAsync(
        KernelRelease release, IReadOnlyList<string> lists, Func<string, bool> isName, Func<RpmRepositoryPackage, bool> fits, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        foreach (string list in lists)
        {
            (string? mirror, LocateAttempt attempt) = await MirrorOfAsync(list, ct).ConfigureAwait(false);
            attempts.Add(attempt);
            if (mirror is null) { continue; }
            (IReadOnlyList<RpmRepositoryPackage> packages, IReadOnlyList<LocateAttempt> asked) =
                await new RpmRepository(api, mirror).PackagesAsync(isName, ct).ConfigureAwait(false);
            attempts.AddRange(asked);
            if (RpmTrees.FoundIn("Amazon Linux", packages.Where(fits), release, attempts) is { } found) { return found; }
        }

        return new LocateResult.NotFound(release, attempts, []);
    }

    /// <summary>The first mirror of a list; on a host of Amazon's, or on the one that stands in for it.</summary>
    private async Task<(string? Url, LocateAttempt Attempt)> MirrorOfAsync(string list, CancellationToken ct)
    {
        ArchiveApi.Body body = await api.GetBytesAsync(new Uri(list), MaxListBytes, ct).ConfigureAwait(false);
        if (body.AsText is not { } text) { return (null, new LocateAttempt(list, body.Text)); }
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(100))
        {
            if (!Uri.TryCreate(line, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0) { continue; }
            bool isAmazons = url.Host.EndsWith(".amazonlinux.com", StringComparison.Ordinal) || url.Host.EndsWith(".amazonaws.com", StringComparison.Ordinal);
            if (_replaced is null && !isAmazons) { continue; }
            string mirror = (_replaced is null ? url.AbsoluteUri : _replaced + url.AbsolutePath).TrimEnd('/');
            return (mirror, new LocateAttempt(list, mirror));
        }

        return (null, new LocateAttempt(list, "an answer that names no mirror of Amazon's"));
    }

    /// <summary>Versions of AL2023, newest first: <c>root/releases/release/@version</c>.</summary>
    private static List<string> ReleasesOf(byte[] document)
    {
        List<string> releases = [];
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(document, writable: false), BoundedXml.Settings(document.Length));
            while (reader.ReadToFollowing("release"))
            {
                if (reader.GetAttribute("version") is { Length: > 0 and <= 40 } version && version.All(c => char.IsAsciiDigit(c) || c == '.')) { releases.Add(version); }
            }
        }
        catch (XmlException)
        {
            return [];
        }

        releases.Sort((a, b) => RpmVersion.Compare(b, a));
        return releases;
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        string below = $"debuginfo/{MachineArchitecture.RpmName(query.Architecture)}";
        bool is2 = query.Like is { } like && !Is2023(like);
        List<OfferedKernel> kernels = [];
        List<LocateAttempt> attempts = [];
        (string? mirror, LocateAttempt attempt) =
            await MirrorOfAsync(is2 ? $"{Root}/2/core/latest/{below}/mirror.list" : MirrorList2023("latest", below), ct).ConfigureAwait(false);
        attempts.Add(attempt);
        if (mirror is not null)
        {
            (IReadOnlyList<OfferedKernel> offered, IReadOnlyList<LocateAttempt> asked) =
                await RpmTrees.ListAsync(api, [mirror], query, Distribution, ct).ConfigureAwait(false);
            kernels.AddRange(offered);
            attempts.AddRange(asked);
        }

        return KernelListing.Of(kernels, query, attempts, ["listed is the newest release; older ones are looked through by fetch"]);
    }
}
