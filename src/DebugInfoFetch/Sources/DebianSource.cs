using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Debian;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources;

/// <summary>
/// Debian: <c>linux-image-RELEASE-dbg</c> from the mirror that this machine's apt is set up with, else from the snapshot archive. When a base
/// address is set, only it is asked.
/// </summary>
public sealed partial class DebianSource : IKernelSource
{
    private const int NearestShown = 4;
    private const string UpdateAdvice = "if apt's index is old: apt-get update";

    private readonly AptArchive? _apt;
    private readonly SnapshotArchive _snapshot;
    private readonly HttpClient _http;

    /// <param name="apt">Null is this machine's.</param>
    /// <param name="snapshotUrl">The snapshot archive, where no base address is set.</param>
    public DebianSource(SourceOptions options, HttpClient http, AptArchive? apt = null, ArchiveApiOptions? apiOptions = null,
        string snapshotUrl = SnapshotArchive.DefaultUrl)
    {
        string? replaced = options.BaseUrlFor(Name);
        _apt = replaced is null ? apt ?? new AptArchive() : null;
        _http = http;
        _snapshot = new SnapshotArchive(new ArchiveApi(http, apiOptions), replaced ?? snapshotUrl);
    }

    public string Name => "Debian";

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Debian;

    /// <summary>A debug package's name, inside a Depends field or alone.</summary>
    [GeneratedRegex(@"(?<![^\s,|])linux-image-(?<release>[0-9][A-Za-z0-9.+~-]*)-dbg(?![A-Za-z0-9.+~-])", RegexOptions.CultureInvariant)]
    private static partial Regex DebugPackage();

    [GeneratedRegex(@"^[0-9A-Za-z][0-9A-Za-z.+~:-]{0,100}$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainVersion();

    private static string PackageOf(KernelRelease release) => $"linux-image-{release.UnameText}-dbg";

    public async Task<LocateResult> LocateAsync(KernelRelease release, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        List<string> advice = [];
        if (_apt is not null && await AskAptAsync(_apt, release, attempts, advice, ct).ConfigureAwait(false) is { } byApt)
        {
            return byApt;
        }

        return await AskSnapshotAsync(release, attempts, advice, ct).ConfigureAwait(false)
            ?? new LocateResult.NotFound(release, attempts, advice);
    }

    private async Task<LocateResult?> AskAptAsync(
        AptArchive apt, KernelRelease asked, List<LocateAttempt> attempts, List<string> advice, CancellationToken ct)
    {
        (KernelRelease release, IReadOnlyList<AptPackage> packages) = await FollowMetaAsync(apt, asked, attempts, advice, ct).ConfigureAwait(false);
        if (packages.Count == 0)
        {
            return null;
        }

        AptPackage package = packages[0];
        string qualified = $"{package.Name}:{package.Architecture}";
        AptArchive.Answer<Uri> address = await apt.AddressAsync(qualified, package.Version, ct).ConfigureAwait(false);
        attempts.Add(address.Attempt);
        if (address.Value is not { } url)
        {
            return null;
        }

        if (url.Scheme is "http" or "https" && await IsGoneAsync(url, ct).ConfigureAwait(false) is { } gone)
        {
            attempts.Add(new LocateAttempt(PackageCandidate.PlaceOf(url), gone));
            advice.Add("apt's index is older than the mirror: apt-get update");
            return null;
        }

        string fileName = $"{package.Name}_{package.Version[(package.Version.IndexOf(':', StringComparison.Ordinal) + 1)..]}_{package.Architecture}.deb";
        var candidate = new PackageCandidate(url, fileName, $"the mirror that this machine's apt uses, version {package.Version}")
        {
            ByteSize = package.ByteSize,
            Sha256 = package.Sha256,
            DigestOrigin = "the package index, which apt checked against the archive's signature",
        };
        advice.Add(UpdateAdvice);
        advice.Add($"if only apt reaches its mirror (a proxy of its own, a password): apt-get download {qualified}={package.Version}, then --package FILE");
        return new LocateResult.Found(release, [candidate], attempts, advice,
            CautionOf(release, packages.Select(p => p.Version)));
    }

    /// <summary>
    /// Versions of the package of <paramref name="release"/>, newest first; for a meta package, of the one that it depends on. Empty when apt
    /// has none.
    /// </summary>
    private static async Task<(KernelRelease Release, IReadOnlyList<AptPackage> Packages)> FollowMetaAsync(
        AptArchive apt, KernelRelease release, List<LocateAttempt> attempts, List<string> advice, CancellationToken ct)
    {
        for (int depth = 0; depth < 3; depth++)
        {
            string qualified = $"{PackageOf(release)}:{MachineArchitecture.DebianName(release.Architecture)}";
            AptArchive.Answer<IReadOnlyList<AptPackage>> shown = await apt.ShowAsync(qualified, ct).ConfigureAwait(false);
            attempts.Add(shown.Attempt);
            List<AptPackage> packages = [.. (shown.Value ?? []).Where(p => p.Name == PackageOf(release) && PlainVersion().IsMatch(p.Version))];
            if (packages.Count == 0)
            {
                if (shown.IsAptThere)
                {
                    advice.Add(UpdateAdvice);
                    advice.AddRange(await NearestAsync(apt, release, ct).ConfigureAwait(false));
                }

                return (release, []);
            }

            Match dependency = DebugPackage().Match(packages[0].Depends);
            if (!dependency.Success || !KernelRelease.TryParse(dependency.Groups["release"].Value, null, out KernelRelease? meant, out _)
                || meant!.Distribution != Distribution.Debian)
            {
                return (release, packages);
            }

            release = meant;
        }

        return (release, []);
    }

    /// <summary>Builds of the same flavour that apt knows, nearest in version first of all.</summary>
    private static async Task<IReadOnlyList<string>> NearestAsync(AptArchive apt, KernelRelease release, CancellationToken ct)
    {
        string flavour = FlavourOf(release);
        List<KernelRelease> known = [];
        foreach (string name in await apt.NamesAsync("linux-image-", ct).ConfigureAwait(false))
        {
            if (DebugPackage().Match(name) is { Success: true } match && match.Length == name.Length
                && KernelRelease.TryParse(match.Groups["release"].Value, null, out KernelRelease? build, out _)
                && build!.Distribution == Distribution.Debian && !build.MayBeMeta && FlavourOf(build) == flavour)
            {
                known.Add(build);
            }
        }

        known.Sort((a, b) => DebianVersion.Compare(a.Version, b.Version));
        int at = known.FindIndex(k => DebianVersion.Compare(k.Version, release.Version) > 0);
        int first = Math.Max(0, Math.Min((at < 0 ? known.Count : at) - (NearestShown / 2), known.Count - NearestShown));
        return known.Count == 0
            ? []
            : [$"apt has debug packages of these {flavour} builds near it: {string.Join(", ", known.Skip(first).Take(NearestShown))}"];
    }

    /// <summary>Debian's older releases name an ABI, not a build: addresses differ between builds of one name.</summary>
    private static string? CautionOf(KernelRelease release, IEnumerable<string> versions)
    {
        string[] distinct = [.. versions.Distinct(StringComparer.Ordinal)];
        return distinct.Length < 2
            ? null
            : $"{distinct.Length} builds call themselves {release}: {string.Join(", ", distinct)}; taken is {distinct[0]} (uname -v names the one that runs)";
    }

    private static string FlavourOf(KernelRelease release)
        => release.Version.Length == 0 ? release.UnameText : release.UnameText[(release.Version.Length + 1)..];

    /// <summary>The answer, when the mirror says that the file is not there any more; null for all other answers, which the download will meet.</summary>
    private async Task<string?> IsGoneAsync(Uri url, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, url);
            request.Headers.UserAgent.ParseAdd(HttpAnswer.UserAgent);
            using HttpResponseMessage response = await _http.SendAsync(request, bounded.Token).ConfigureAwait(false);
            return (int)response.StatusCode is 404 or 410 ? HttpAnswer.Describe(response.StatusCode) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<LocateResult?> AskSnapshotAsync(
        KernelRelease asked, List<LocateAttempt> attempts, List<string> advice, CancellationToken ct)
    {
        KernelRelease release = asked;
        (IReadOnlyList<SnapshotArchive.BinaryVersion> versions, LocateAttempt attempt) =
            await _snapshot.VersionsAsync(PackageOf(asked), ct).ConfigureAwait(false);
        attempts.Add(attempt);
        if (versions.Count > 0 && asked.MayBeMeta)
        {
            // The interface tells no dependencies. But one build of the source makes a meta package and what it depends on.
            (IReadOnlyList<string> names, LocateAttempt built) = await _snapshot.BinariesOfAsync(versions[0], ct).ConfigureAwait(false);
            attempts.Add(built);
            if (names.Count == 0)
            {
                return null;
            }

            List<KernelRelease> builds = [.. names.Select(n => DebugPackage().Match(n)).Where(m => m.Success)
                .Select(m => KernelRelease.TryParse(m.Groups["release"].Value, null, out KernelRelease? r, out _) ? r : null)
                .OfType<KernelRelease>().Where(r => !r.MayBeMeta && r.Distribution == Distribution.Debian && FlavourOf(r) == FlavourOf(asked))];
            if (builds.Count > 1)
            {
                advice.Add($"{asked} may mean one of {string.Join(", ", builds)}: ask for one of them");
                return null;
            }

            if (builds.Count == 1)
            {
                release = builds[0];
                (versions, attempt) = await _snapshot.VersionsAsync(PackageOf(release), ct).ConfigureAwait(false);
                attempts.Add(attempt);
            }
            else if (asked.Version.Length == 0)
            {
                return null;
            }
        }

        if (versions.Count == 0 || !PlainVersion().IsMatch(versions[0].Version))
        {
            return null;
        }

        (IReadOnlyList<PackageCandidate> candidates, LocateAttempt files) = await _snapshot
            .FilesAsync(PackageOf(release), versions[0].Version, MachineArchitecture.DebianName(release.Architecture), ct).ConfigureAwait(false);
        attempts.Add(files);
        return candidates.Count == 0 ? null : new LocateResult.Found(release, candidates, attempts, advice,
            CautionOf(release, versions.Select(v => v.Version)));
    }
}
