using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources.Debian;

/// <summary>
/// The archive of everything that Debian ever published, by its machine interface (<c>/mr/</c>). Its digests are SHA-1, and it does not sign
/// its answers: they protect against a broken transfer, not against a hostile archive.
/// </summary>
public sealed partial class SnapshotArchive(ArchiveApi api, string baseUrl)
{
    public const string DefaultUrl = "https://snapshot.debian.org";

    [GeneratedRegex(@"^\d{8}T\d{6}Z$", RegexOptions.CultureInvariant)]
    private static partial Regex Stamp();

    [GeneratedRegex(@"^[a-z0-9-]{1,40}$", RegexOptions.CultureInvariant)]
    private static partial Regex ArchiveName();

    [GeneratedRegex(@"^(/[A-Za-z0-9][A-Za-z0-9.+~_-]*)+$", RegexOptions.CultureInvariant)]
    private static partial Regex PoolPath();

    /// <summary>One version of a binary package, and the source package that it was built from.</summary>
    public sealed record BinaryVersion(string Version, string Source, string SourceVersion);

    /// <summary>What is asked for a package, in order.</summary>
    public IReadOnlyList<string> PlacesFor(string package)
        => [$"{baseUrl}/mr/binary/{Escape(package)}/", $"{baseUrl}/mr/binary/{Escape(package)}/<version>/binfiles?fileinfo=1", $"{baseUrl}/file/<SHA-1>"];

    /// <summary>Versions of a package, newest first; empty when there is none or no answer came: the attempt says which.</summary>
    public async Task<(IReadOnlyList<BinaryVersion> Versions, LocateAttempt Attempt)> VersionsAsync(string package, CancellationToken ct)
    {
        (JsonElement result, LocateAttempt attempt) = await ResultAsync($"mr/binary/{Escape(package)}/", ct).ConfigureAwait(false);
        List<BinaryVersion> versions = [];
        foreach (JsonElement entry in result.Entries())
        {
            if (entry.Text("binary_version") is { } version && entry.Text("source") is { } source && entry.Text("version") is { } sourceVersion)
            {
                versions.Add(new BinaryVersion(version, source, sourceVersion));
            }
        }

        versions.Sort((a, b) => DebianVersion.Compare(b.Version, a.Version));
        return (versions, versions.Count == 0 ? attempt : attempt with { Answer = string.Join(", ", versions.Take(5).Select(v => v.Version)) });
    }

    /// <summary>Names of the packages that a version of a source package built.</summary>
    public async Task<(IReadOnlyList<string> Names, LocateAttempt Attempt)> BinariesOfAsync(BinaryVersion built, CancellationToken ct)
    {
        (JsonElement result, LocateAttempt attempt) =
            await ResultAsync($"mr/package/{Escape(built.Source)}/{Escape(built.SourceVersion)}/binpackages", ct).ConfigureAwait(false);
        List<string> names = [.. result.Entries().Select(e => e.Text("name")).OfType<string>()];
        return (names, names.Count == 0 ? attempt : attempt with { Answer = $"{names.Count} packages" });
    }

    /// <summary>The addresses of one version of a package.</summary>
    public async Task<(IReadOnlyList<PackageCandidate> Candidates, LocateAttempt Attempt)> FilesAsync(
        string package, string version, string debianArchitecture, CancellationToken ct)
    {
        string path = $"mr/binary/{Escape(package)}/{Escape(version)}/binfiles";
        var url = new Uri($"{baseUrl}/{path}?fileinfo=1");
        ArchiveApi.Answer answer = await api.GetAsync(url, ct).ConfigureAwait(false);
        var attempt = new LocateAttempt(url.AbsoluteUri, answer.Text);
        using JsonDocument? document = answer.Document;
        if (document is null || document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return ([], attempt);
        }

        JsonElement root = document.RootElement;
        string? hash = root.Member("result").Entries()
            .Where(e => e.Text("architecture") == debianArchitecture).Select(e => e.Text("hash")).FirstOrDefault();
        if (hash is not { Length: 40 } || !hash.All(char.IsAsciiHexDigit))
        {
            return ([], attempt with { Answer = $"no file for {debianArchitecture}" });
        }

        JsonElement file = root.Member("fileinfo").Member(hash).Entries().FirstOrDefault();
        long? size = file.Size("size");
        // A file's name in the pool leaves the version's epoch out (deb-version(7)); kernels have none.
        string name = $"{package}_{version[(version.IndexOf(':', StringComparison.Ordinal) + 1)..]}_{debianArchitecture}.deb";
        if (!PackageCandidate.IsPlainFileName(name))
        {
            return ([], attempt with { Answer = "a version that is none" });
        }

        hash = hash.ToLowerInvariant();
        PackageCandidate At(string where, string description) => new(new Uri($"{baseUrl}/{where}"), name, description)
        {
            ByteSize = size,
            Sha1 = hash,
            DigestOrigin = "the snapshot archive's file name, which nobody signed",
        };
        List<PackageCandidate> candidates = [At($"file/{hash}", "Debian's snapshot archive, by content")];
        if (file.Text("archive_name") is { } archive && ArchiveName().IsMatch(archive) && file.Text("first_seen") is { } stamp && Stamp().IsMatch(stamp)
            && file.Text("path") is { } pool && PoolPath().IsMatch(pool))
        {
            string escaped = string.Join('/', pool.Split('/').Select(Escape));
            candidates.Add(At($"archive/{archive}/{stamp}{escaped}/{Escape(name)}", "Debian's snapshot archive, by date"));
        }

        return (candidates, attempt with { Answer = $"{name}, SHA-1 {hash}" });
    }

    private async Task<(JsonElement Result, LocateAttempt Attempt)> ResultAsync(string path, CancellationToken ct)
    {
        var url = new Uri($"{baseUrl}/{path}");
        ArchiveApi.Answer answer = await api.GetAsync(url, ct).ConfigureAwait(false);
        using JsonDocument? document = answer.Document;
        var attempt = new LocateAttempt(url.AbsoluteUri,
            answer.Status == HttpStatusCode.NotFound ? $"{answer.Text}: no such package" : answer.Text);
        return (document is null ? default : CloneOf(document.RootElement.Member("result")), attempt);
    }

    private static string Escape(string segment) => Uri.EscapeDataString(segment);

    private static JsonElement CloneOf(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? default : element.Clone();
}
