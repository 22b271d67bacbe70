using System.Text.Json;
using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Debian;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources;

/// <summary>
/// Ubuntu: <c>linux-image-unsigned-RELEASE-dbgsym</c> where kernels are signed (the other name is then an empty wrapper), else
/// <c>linux-image-RELEASE-dbgsym</c>. Launchpad, which forgets nothing, tells the versions and addresses; the server of debug packages has the recent ones.
/// </summary>
public sealed partial class UbuntuSource(SourceOptions options, ArchiveApi api) : IKernelSource
{
    private const string Ddebs = "http://ddebs.ubuntu.com";
    private const string Launchpad = "https://launchpad.net";
    private const string Api = "https://api.launchpad.net";

    private readonly string? _replaced = options.BaseUrlFor(Distribution.Ubuntu);

    public Distribution Distribution => Distribution.Ubuntu;

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Ubuntu;

    [GeneratedRegex(@"^\d[0-9A-Za-z.+~-]{0,80}$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainVersion();

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        string[] names = NamesOf(release, package);
        string architecture = MachineArchitecture.DebianName(release.Architecture);
        string version = PlainVersion().IsMatch(release.PackageVersion) ? release.PackageVersion : "";
        string extension = package == KernelPackage.DebugInfo ? "ddeb" : "deb";
        List<PlanStep> steps = [];
        if (version.Length > 0)
        {
            foreach (string name in names)
            {
                string file = $"{name}_{version}_{architecture}.{extension}";
                void Add(string host, string path, string description)
                    => steps.Add(new PlanStep.Take(new PackageCandidate(new Uri($"{_replaced ?? host}/{path}/{Uri.EscapeDataString(file)}"), file, description)));
                // Launchpad has it whatever the source package is called.
                if (package == KernelPackage.DebugInfo && SourceOf(release, version) is { } source)
                {
                    Add(Ddebs, $"pool/main/l/{source}", "Ubuntu's server of debug packages");
                }

                Add(Launchpad, "ubuntu/+archive/primary/+files", "Launchpad, which keeps every build");
            }
        }
        else
        {
            foreach (string name in names)
            {
                steps.Add(new PlanStep.Ask($"versions of {name} for {architecture}, and their addresses",
                    [PublishedUrl(name).AbsoluteUri, "<version>?ws.op=binaryFileUrls&include_meta=true"], ct => AskAsync(release, name, architecture, extension, ct)));
            }
        }

        return new KernelPlan("Ubuntu", release, steps, version.Length > 0
            ? []
            : ["with `cat /proc/version_signature` or `uname -a` of that machine as --kernel, the package's version is known and nothing has to be asked"]);
    }

    private static string[] NamesOf(KernelRelease release, KernelPackage package) => package switch
    {
        KernelPackage.DebugInfo => [$"linux-image-unsigned-{release}-dbgsym", $"linux-image-{release}-dbgsym"],
        KernelPackage.Image => [$"linux-image-unsigned-{release}", $"linux-image-{release}"],
        _ => [$"linux-modules-{release}"],
    };

    /// <summary>
    /// The source package, hence the pool's directory, as far as names tell: a kernel that an older Ubuntu got later (<c>~20.04.1</c>) has its series in the
    /// source's name, and is called hwe where it is the generic one.
    /// </summary>
    private static string? SourceOf(KernelRelease release, string version)
    {
        string flavour = release.Variant.Split('-')[0];
        bool isGeneric = flavour is "generic" or "virtual" or "lowlatency";
        string series = string.Join('.', release.Version.Split('.').Take(2));
        return (flavour, IsLater: version.Contains('~', StringComparison.Ordinal)) switch
        {
            ("", _) => null,
            (_, true) => $"linux-{(isGeneric ? "hwe" : flavour)}-{series}",
            ("oem", _) => $"linux-oem-{series}",
            _ => isGeneric ? "linux" : $"linux-{flavour}",
        };
    }

    private Uri PublishedUrl(string name)
        => new($"{_replaced ?? Api}/devel/ubuntu/+archive/primary?ws.op=getPublishedBinaries&binary_name={Uri.EscapeDataString(name)}&exact_match=true");

    private async Task<LocateResult> AskAsync(KernelRelease release, string name, string architecture, string extension, CancellationToken ct)
    {
        Uri url = PublishedUrl(name);
        ArchiveApi.Answer answer = await api.GetAsync(url, ct).ConfigureAwait(false);
        using JsonDocument? document = answer.Document;
        List<Published> published = [.. PublishedIn(document).Where(p => p.Name == name && p.Architecture == architecture)
            .OrderByDescending(p => p.Version, Comparer<string>.Create(DebianVersion.Compare)).DistinctBy(p => p.Version)];
        List<LocateAttempt> attempts = [new(url.AbsoluteUri, document is null ? answer.Text
            : published.Count == 0 ? $"no such package for {architecture}" : string.Join(", ", published.Select(p => p.Version).Take(5)))];
        if (published.Count == 0) { return new LocateResult.NotFound(release, attempts, []); }

        Published newest = published[0];
        string file = $"{name}_{newest.Version}_{architecture}.{extension}";
        List<PackageCandidate> candidates = [];
        if (await FileOfAsync(newest, file, attempts, ct).ConfigureAwait(false) is { } described) { candidates.Add(described); }
        candidates.Add(new PackageCandidate(new Uri($"{_replaced ?? Launchpad}/ubuntu/+archive/primary/+files/{Uri.EscapeDataString(file)}"), file, "Launchpad, which keeps every build"));
        return new LocateResult.Found(release, candidates, attempts, [], published.Count < 2
            ? null
            : $"{published.Count} builds call themselves {release}: {string.Join(", ", published.Select(p => p.Version).Take(5))}; "
                + $"taken is {newest.Version} (/proc/version_signature names the one that runs; give it as --kernel)");
    }

    private sealed record Published(string Name, string Version, string Architecture, string SelfLink);

    private static IEnumerable<Published> PublishedIn(JsonDocument? document)
    {
        foreach (JsonElement entry in document is null ? [] : document.RootElement.Member("entries").Entries())
        {
            if (entry.Text("binary_package_name") is { } name && entry.Text("binary_package_version") is { } version && PlainVersion().IsMatch(version)
                && entry.Text("distro_arch_series_link") is { } series && entry.Text("self_link") is { } self)
            {
                yield return new Published(name, version, series[(series.LastIndexOf('/') + 1)..], self);
            }
        }
    }

    /// <summary>Address, size and digest of the build's file; null when Launchpad does not tell.</summary>
    private async Task<PackageCandidate?> FileOfAsync(Published build, string file, List<LocateAttempt> attempts, CancellationToken ct)
    {
        // Only on the host that was asked, whatever its answer says.
        if (!Uri.TryCreate(build.SelfLink, UriKind.Absolute, out Uri? self)) { return null; }
        var url = new Uri($"{_replaced ?? Api}{self.AbsolutePath}?ws.op=binaryFileUrls&include_meta=true");
        ArchiveApi.Answer answer = await api.GetAsync(url, ct).ConfigureAwait(false);
        using JsonDocument? document = answer.Document;
        attempts.Add(new LocateAttempt(url.AbsoluteUri, answer.Text));
        foreach (JsonElement entry in document is null ? [] : document.RootElement.Entries())
        {
            if (entry.Text("url") is { } address && Uri.TryCreate(address, UriKind.Absolute, out Uri? found)
                && Uri.UnescapeDataString(found.Segments[^1]) == file && (found.Host.EndsWith("launchpad.net", StringComparison.Ordinal) || _replaced is not null))
            {
                string? sha256 = entry.Text("sha256");
                bool isDigest = sha256 is { Length: 64 } && sha256.All(char.IsAsciiHexDigit);
                return new PackageCandidate(_replaced is null ? found : new Uri(_replaced + found.AbsolutePath), file, "Launchpad, which keeps every build")
                {
                    ByteSize = entry.Size("size"),
                    Sha256 = isDigest ? sha256!.ToLowerInvariant() : null,
                    DigestOrigin = "Launchpad's own record, which TLS protected",
                };
            }
        }

        return null;
    }

    public async Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
    {
        // Launchpad searches by a part of the name; the current series' newest come first.
        string part = query.Like is { } like ? $"linux-image-unsigned-{like.Version.Split('-')[0]}-" : "linux-image-unsigned-";
        var url = new Uri($"{_replaced ?? Api}/devel/ubuntu/+archive/primary?ws.op=getPublishedBinaries&binary_name={Uri.EscapeDataString(part)}&status=Published&order_by_date=true&ws.size=300");
        ArchiveApi.Answer answer = await api.GetAsync(url, ct).ConfigureAwait(false);
        using JsonDocument? document = answer.Document;
        string architecture = MachineArchitecture.DebianName(query.Architecture);
        List<OfferedKernel> kernels = [];
        foreach (Published build in PublishedIn(document).Where(p => p.Architecture == architecture))
        {
            string name = build.Name.EndsWith("-dbgsym", StringComparison.Ordinal) ? build.Name[..^"-dbgsym".Length] : build.Name;
            if (name.StartsWith("linux-image-unsigned-", StringComparison.Ordinal)
                && KernelRelease.TryParse(name["linux-image-unsigned-".Length..], query.Architecture, out KernelRelease? release, out _)
                && release!.Distribution == Distribution)
            {
                kernels.Add(new OfferedKernel(release.UnameText, Distribution, query.Architecture, build.Version, null, null));
            }
        }

        return KernelListing.Of(kernels, query, [new LocateAttempt(url.AbsoluteUri, document is null ? answer.Text : $"{kernels.Count} packages that fit")],
            ["Launchpad lists the newest publications only; it keeps older builds too"]);
    }
}
