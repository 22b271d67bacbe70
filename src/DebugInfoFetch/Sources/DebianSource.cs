using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Debian;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources;

/// <summary>
/// Debian: <c>linux-image-RELEASE-dbg</c> from the mirror that this machine's apt is set up with, else by the archive's own index of packages, else
/// from the snapshot archive. When a base address is set, apt is not asked.
/// </summary>
public sealed partial class DebianSource : IKernelSource
{
    private const string UpdateAdvice = "if apt's index is old: apt-get update";

    private readonly AptArchive? _apt;
    private readonly PackagesIndex _index;
    private readonly SnapshotArchive _snapshot;
    private readonly HttpClient _http;

    /// <param name="apt">Null is this machine's.</param>
    /// <param name="archiveUrl">The archive's mirror, where no base address is set; null is Debian's own.</param>
    /// <param name="snapshotUrl">The snapshot archive, where no base address is set.</param>
    public DebianSource(SourceOptions options, HttpClient http, AptArchive? apt = null, ArchiveApiOptions? apiOptions = null,
        string? archiveUrl = null, string snapshotUrl = SnapshotArchive.DefaultUrl)
    {
        string? replaced = options.BaseUrlFor(Distribution);
        _apt = replaced is null ? apt ?? new AptArchive() : null;
        _http = http;
        var api = new ArchiveApi(http, apiOptions);
        _index = new PackagesIndex(api, replaced ?? archiveUrl);
        _snapshot = new SnapshotArchive(api, replaced ?? snapshotUrl);
    }

    public Distribution Distribution => Distribution.Debian;

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Debian;

    /// <summary>A debug package's name, inside a Depends field or alone.</summary>
    [GeneratedRegex(@"(?<![^\s,|])linux-image-(?<release>[0-9][A-Za-z0-9.+~-]*)-dbg(?![A-Za-z0-9.+~-])", RegexOptions.CultureInvariant)]
    private static partial Regex DebugPackage();

    [GeneratedRegex(@"^[0-9A-Za-z][0-9A-Za-z.+~:-]{0,100}$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainVersion();

    private static string PackageOf(KernelRelease release, KernelPackage package = KernelPackage.DebugInfo)
        => $"linux-image-{release.UnameText}{(package == KernelPackage.DebugInfo ? "-dbg" : "")}";

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string name = PackageOf(release, package), architecture = MachineArchitecture.DebianName(release.Architecture);
        List<PlanStep> steps = [];
        // Debian has image and modules in one package.
        if (package != KernelPackage.Modules)
        {
            if (_apt is { } apt)
            {
                steps.Add(new PlanStep.Ask($"this machine's apt for {name}: version, address, size and SHA-256",
                    [$"apt-cache show {name}:{architecture}", $"apt-get --print-uris download {name}:{architecture}=<version>"],
                    ct => OrNotFoundAsync(release, (attempts, advice) => AskAptAsync(apt, release, package, attempts, advice, ct))));
            }

            if (!release.MayBeMeta)
            {
                steps.Add(new PlanStep.Ask($"the archive's index of packages for {name}", _index.PlacesFor(release, architecture),
                    ct => OrNotFoundAsync(release, (attempts, _) => AskIndexAsync(release, name, architecture, attempts, ct))));
            }

            steps.Add(new PlanStep.Ask($"the snapshot archive for {name}: versions, then the file's digest and address", _snapshot.PlacesFor(name),
                ct => OrNotFoundAsync(release, (attempts, advice) => AskSnapshotAsync(release, package, attempts, advice, ct))));
        }

        return new KernelPlan("Debian", release, steps, []);
    }

    private static async Task<LocateResult> OrNotFoundAsync(KernelRelease release, Func<List<LocateAttempt>, List<string>, Task<LocateResult?>> askAsync)
    {
        List<LocateAttempt> attempts = [];
        List<string> advice = [];
        return await askAsync(attempts, advice).ConfigureAwait(false) ?? new LocateResult.NotFound(release, attempts, advice);
    }

    private async Task<LocateResult?> AskIndexAsync(
        KernelRelease release, string name, string architecture, List<LocateAttempt> attempts, CancellationToken ct)
    {
        (IReadOnlyList<PackageCandidate> candidates, IReadOnlyList<LocateAttempt> asked) =
            await _index.FindAsync(release, name, architecture, ct).ConfigureAwait(false);
        attempts.AddRange(asked);
        return candidates.Count == 0 ? null : new LocateResult.Found(release, candidates, attempts, []);
    }

    /// <summary>The builds that apt knows; without apt, or where apt has none of the Debian that is asked for, those of the archive's index.</summary>
    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        string architecture = MachineArchitecture.DebianName(query.Architecture);
        List<OfferedKernel> kernels = [];
        List<LocateAttempt> attempts = [];
        if (_apt is not null)
        {
            string[] names = [.. (await _apt.NamesAsync("linux-image-", ct).ConfigureAwait(false)).Where(n => BuildOf(n) is { } r && query.Matches(r.UnameText))];
            AptArchive.Answer<IReadOnlyList<AptPackage>> shown = await _apt.ShowAllAsync([.. names.Select(n => $"{n}:{architecture}")], ct).ConfigureAwait(false);
            attempts.Add(shown.Attempt);
            Add(shown.Value ?? []);
            bool hasLike = query.Like is null || kernels.Exists(k => KernelRelease.TryParse(k.Release, null, out KernelRelease? r, out _) && PackagesIndex.DebianOf(r!) == PackagesIndex.DebianOf(query.Like));
            if (shown.IsAptThere && hasLike) { return KernelListing.Of(kernels, query, attempts, [UpdateAdvice]); }
            kernels.Clear();
        }

        (IReadOnlyList<AptPackage> packages, IReadOnlyList<LocateAttempt> asked) = await _index.ListAsync(query.Like, architecture, ct).ConfigureAwait(false);
        attempts.AddRange(asked);
        Add(packages);
        return KernelListing.Of(kernels, query, attempts, []);

        void Add(IEnumerable<AptPackage> found) => kernels.AddRange(
            from package in found
            let build = BuildOf(package.Name)
            where build is not null && package.Architecture == architecture && build.Architecture == query.Architecture
            select new OfferedKernel(build.UnameText, Distribution, build.Architecture, package.Version, null, package.ByteSize));
    }

    /// <summary>The build that a debug package is of; null for meta packages and all others.</summary>
    private static KernelRelease? BuildOf(string package)
        => DebugPackage().Match(package) is { Success: true } match && match.Length == package.Length
            && KernelRelease.TryParse(match.Groups["release"].Value, null, out KernelRelease? build, out _)
            && build!.Distribution == Distribution.Debian && !build.MayBeMeta ? build : null;

    private async Task<LocateResult?> AskAptAsync(
        AptArchive apt, KernelRelease asked, KernelPackage kind, List<LocateAttempt> attempts, List<string> advice, CancellationToken ct)
    {
        (KernelRelease release, IReadOnlyList<AptPackage> packages) = await FollowMetaAsync(apt, asked, kind, attempts, advice, ct).ConfigureAwait(false);
        if (packages.Count == 0)
        {
            return null;
        }

        AptPackage? told = asked.PackageVersion.Length > 0 ? packages.FirstOrDefault(p => p.Version == asked.PackageVersion) : packages[0];
        if (told is not { } package)
        {
            attempts.Add(new LocateAttempt($"apt-cache show {packages[0].Name}={asked.PackageVersion}", "apt: not this version"));
            return null;
        }

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
            CautionOf(asked, release, packages.Select(p => p.Version)));
    }

    /// <summary>
    /// Versions of the package of <paramref name="release"/>, newest first; for a meta package, of the one that it depends on. Empty when apt
    /// has none.
    /// </summary>
    private static async Task<(KernelRelease Release, IReadOnlyList<AptPackage> Packages)> FollowMetaAsync(
        AptArchive apt, KernelRelease release, KernelPackage kind, List<LocateAttempt> attempts, List<string> advice, CancellationToken ct)
    {
        // The debug package's meta name leads to the build; the build's own name to its packages.
        string NameOf(KernelRelease r) => PackageOf(r, r.MayBeMeta ? KernelPackage.DebugInfo : kind);
        for (int depth = 0; depth < 3; depth++)
        {
            string qualified = $"{NameOf(release)}:{MachineArchitecture.DebianName(release.Architecture)}";
            AptArchive.Answer<IReadOnlyList<AptPackage>> shown = await apt.ShowAsync(qualified, ct).ConfigureAwait(false);
            attempts.Add(shown.Attempt);
            List<AptPackage> packages = [.. (shown.Value ?? []).Where(p => p.Name == NameOf(release) && PlainVersion().IsMatch(p.Version))];
            if (packages.Count == 0)
            {
                if (shown.IsAptThere)
                {
                    advice.Add(UpdateAdvice);
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

    /// <summary>Debian's older releases name an ABI, not a build: addresses differ between builds of one name.</summary>
    private static string? CautionOf(KernelRelease asked, KernelRelease release, IEnumerable<string> versions)
    {
        string[] distinct = [.. versions.Distinct(StringComparer.Ordinal)];
        return distinct.Length < 2 || asked.PackageVersion.Length > 0
            ? null
            : $"{distinct.Length} builds call themselves {release}: {string.Join(", ", distinct)}; taken is {distinct[0]} (uname -v names the one that runs; give `uname -a` as --kernel)";
    }

    /// <summary>The answer, when the mirror says that the file is not there any more; null for all other answers, which the download will meet.</summary>
    private async Task<string?> IsGoneAsync(Uri url, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            using var request = HttpAnswer.Request(HttpMethod.Head, url);
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
        KernelRelease asked, KernelPackage kind, List<LocateAttempt> attempts, List<string> advice, CancellationToken ct)
    {
        KernelRelease release = asked;
        (IReadOnlyList<SnapshotArchive.BinaryVersion> versions, LocateAttempt attempt) =
            await _snapshot.VersionsAsync(PackageOf(asked, asked.MayBeMeta ? KernelPackage.DebugInfo : kind), ct).ConfigureAwait(false);
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
                .OfType<KernelRelease>().Where(r => !r.MayBeMeta && r.Distribution == Distribution.Debian && r.Flavour == asked.Flavour)];
            if (builds.Count > 1)
            {
                advice.Add($"{asked} may mean one of {string.Join(", ", builds)}: ask for one of them");
                return null;
            }

            if (builds.Count == 1)
            {
                release = builds[0];
                (versions, attempt) = await _snapshot.VersionsAsync(PackageOf(release, kind), ct).ConfigureAwait(false);
                attempts.Add(attempt);
            }
            else if (asked.Version.Length == 0)
            {
                return null;
            }
        }

        string version = asked.PackageVersion.Length > 0 ? asked.PackageVersion : versions.Count > 0 ? versions[0].Version : "";
        if (versions.All(v => v.Version != version) || !PlainVersion().IsMatch(version))
        {
            return null;
        }

        (IReadOnlyList<PackageCandidate> candidates, LocateAttempt files) = await _snapshot
            .FilesAsync(PackageOf(release, kind), version, MachineArchitecture.DebianName(release.Architecture), ct).ConfigureAwait(false);
        attempts.Add(files);
        return candidates.Count == 0 ? null : new LocateResult.Found(release, candidates, attempts, advice,
            CautionOf(asked, release, versions.Select(v => v.Version)));
    }
}
