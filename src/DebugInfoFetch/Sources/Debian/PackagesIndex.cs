using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources.Debian;

/// <summary>
/// The archive's own index of packages (<c>dists/SUITE/main/binary-ARCH/Packages.xz</c>), for machines without apt and for releases of Debian that
/// this machine's apt is not set up with. Whether the index is signed is not asked here.
/// </summary>
/// <param name="mirror">Has <c>debian</c> and <c>debian-security</c> below it; null for Debian's own hosts.</param>
public sealed partial class PackagesIndex(ArchiveApi api, string? mirror)
{
    private const string Archive = "https://deb.debian.org";
    private const string Security = "https://security.debian.org";
    private const long MaxBytes = 128L << 20;

    private readonly record struct Suite(string Root, string Name);

    /// <summary>Kernels' packages by the address of their index: what was read to find one serves to list the others.</summary>
    private readonly Dictionary<string, (IReadOnlyList<AptPackage> Packages, string Answer, string Sha256)> _read = new(StringComparer.Ordinal);

    [GeneratedRegex(@"[+.~]deb(?<number>\d{1,2})(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex DebianNumber();

    [GeneratedRegex(@"^pool/([A-Za-z0-9][A-Za-z0-9.+~_-]*/)*[A-Za-z0-9][A-Za-z0-9.+~_%-]*\.deb$", RegexOptions.CultureInvariant)]
    private static partial Regex PoolPath();

    /// <summary>What is asked for a build, in order.</summary>
    public IReadOnlyList<string> PlacesFor(KernelRelease release, string architecture) => [.. SuitesOf(release).Select(s => UrlOf(s, architecture))];

    /// <summary>The build's package, from the first suite that has it.</summary>
    public async Task<(IReadOnlyList<PackageCandidate> Candidates, IReadOnlyList<LocateAttempt> Attempts)> FindAsync(
        KernelRelease release, string name, string architecture, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        foreach (Suite suite in SuitesOf(release))
        {
            (IReadOnlyList<AptPackage> packages, LocateAttempt attempt) = await ReadAsync(suite, architecture, n => n == name, ct).ConfigureAwait(false);
            attempts.Add(attempt);
            AptPackage? package = packages.FirstOrDefault(p => release.PackageVersion.Length == 0 || p.Version == release.PackageVersion);
            string file = package is null ? "" : package.Filename[(package.Filename.LastIndexOf('/') + 1)..];
            if (package is null || !PoolPath().IsMatch(package.Filename) || !PackageCandidate.IsPlainFileName(file)) { continue; }
            return ([new PackageCandidate(new Uri($"{suite.Root}/{package.Filename.Replace("+", "%2B", StringComparison.Ordinal)}"), file,
                $"Debian's archive, {suite.Name}, version {package.Version}")
            {
                ByteSize = package.ByteSize,
                Sha256 = package.Sha256,
                DigestOrigin = "the archive's package index",
                Index = new SuiteIndex(new Uri($"{suite.Root}/dists/{suite.Name}/InRelease"), NameOf(architecture), _read[UrlOf(suite, architecture)].Sha256),
            }], attempts);
        }

        return ([], attempts);
    }

    /// <summary>Debug packages of kernels in the suites of a build like <paramref name="like"/>; of the present releases when it is null.</summary>
    public async Task<(IReadOnlyList<AptPackage> Packages, IReadOnlyList<LocateAttempt> Attempts)> ListAsync(
        KernelRelease? like, string architecture, CancellationToken ct)
    {
        List<AptPackage> packages = [];
        List<LocateAttempt> attempts = [];
        foreach (Suite suite in like is null ? SuitesOfCodenames("trixie", "sid") : SuitesOf(like))
        {
            (IReadOnlyList<AptPackage> found, LocateAttempt attempt) = await ReadAsync(suite, architecture,
                n => n.EndsWith("-dbg", StringComparison.Ordinal), ct).ConfigureAwait(false);
            packages.AddRange(found);
            attempts.Add(attempt);
        }

        return (packages, attempts);
    }

    private async Task<(IReadOnlyList<AptPackage> Packages, LocateAttempt Attempt)> ReadAsync(
        Suite suite, string architecture, Func<string, bool> isWanted, CancellationToken ct)
    {
        string url = UrlOf(suite, architecture);
        if (!_read.TryGetValue(url, out (IReadOnlyList<AptPackage> Packages, string Answer, string Sha256) read)) { _read[url] = read = await ReadAsync(url, ct).ConfigureAwait(false); }
        List<AptPackage> wanted = [.. read.Packages.Where(p => isWanted(p.Name))];
        return (wanted, new LocateAttempt(url, read.Answer.Length > 0 ? read.Answer
            : wanted.Count == 0 ? "no such package" : string.Join(", ", wanted.Select(p => p.Version).Distinct().Take(5))));
    }

    /// <summary>Kernels' packages of one index, or why there are none; the answer is empty where it could be read.</summary>
    private async Task<(IReadOnlyList<AptPackage> Packages, string Answer, string Sha256)> ReadAsync(string url, CancellationToken ct)
    {
        ArchiveApi.Body body = await api.GetBytesAsync(new Uri(url), MaxBytes, ct).ConfigureAwait(false);
        if (body.Bytes is null) { return ([], body.Text, ""); }
        try
        {
            using var input = new MemoryStream(body.Bytes, writable: false);
            using Stream stream = Codecs.Detect(body.Bytes.AsSpan(0, Math.Min(Codecs.HeadSize, body.Bytes.Length))).Open(input, url, DecodeOptions.Default);
            using var text = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 64 * 1024);
            return (PackageStanzas.Read(text, name => name.StartsWith("linux-image-", StringComparison.Ordinal)), "", Convert.ToHexStringLower(SHA256.HashData(body.Bytes)));
        }
        catch (InputFaultException fault)
        {
            return ([], $"cannot be read: {fault.Message}", "");
        }
    }

    private static string UrlOf(Suite suite, string architecture) => $"{suite.Root}/dists/{suite.Name}/{NameOf(architecture)}";

    private static string NameOf(string architecture) => $"main/binary-{architecture}/Packages.xz";

    /// <summary>13 of <c>6.12.107+deb13</c>, 11 of the backport <c>6.1.0-0.deb11.5</c>; null where the release does not name its Debian.</summary>
    public static string? DebianOf(KernelRelease release) => DebianNumber().Match(release.Version) is { Success: true } match ? match.Groups["number"].Value : null;

    private IEnumerable<Suite> SuitesOf(KernelRelease release)
    {
        // Where the release does not say it, the version alone tells (5.10.0-33, 6.1.0-56).
        return (DebianOf(release), release.Version) switch
        {
            ("11", _) or (null, ['5', '.', '1', '0', '.', ..]) => SuitesOfCodenames("bullseye"),
            ("12", _) or (null, ['6', '.', '1', '.', '0', '-', ..]) => SuitesOfCodenames("bookworm"),
            ("13", _) => SuitesOfCodenames("trixie"),
            ("14", _) => SuitesOfCodenames("forky", "sid"),
            _ => SuitesOfCodenames("sid", "trixie"),
        };
    }

    private IEnumerable<Suite> SuitesOfCodenames(params string[] codenames)
    {
        string archive = $"{mirror ?? Archive}/debian", security = $"{mirror ?? Security}/debian-security";
        foreach (string codename in codenames)
        {
            if (codename != "sid") { yield return new Suite(security, $"{codename}-security"); }
            yield return new Suite(archive, codename);
            if (codename != "sid") { yield return new Suite(archive, $"{codename}-backports"); }
        }
    }
}
