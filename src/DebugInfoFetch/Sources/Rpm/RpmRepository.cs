using System.Globalization;
using System.Security.Cryptography;
using System.Xml;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>A package as a repository's index has it.</summary>
/// <param name="Sha256">Of the package, 64 lower-case hex digits; null when the index has another kind of digest.</param>
/// <param name="Url">On the repository's own host.</param>
public sealed record RpmRepositoryPackage(
    string Name, string Version, string Release, string Architecture, string? Sha256, long? ByteSize, DateTimeOffset? Built, Uri Url)
{
    /// <summary>What leads to its digest over digests all the way; null where one is missing.</summary>
    public RepositoryIndex? Index { get; init; }
}

/// <summary>
/// A repository as createrepo_c makes it: <c>repodata/repomd.xml</c> names the package index <c>primary</c> with its digest; that is read as a
/// stream, whatever its size and compression (gzip, zstd, xz, bzip2).
/// </summary>
/// <param name="url">The directory that has <c>repodata</c> in it, without a slash at the end.</param>
public sealed class RpmRepository(ArchiveApi api, string url)
{
    private const int MaxIndexBytes = 256 * 1024;
    private const long MaxPrimaryBytes = 256L << 20;
    /// <summary>Fedora's whole index has 0.2 G.</summary>
    private const long MaxPrimaryCharacters = 1L << 30;
    private const int MaxField = 500;
    private const int MaxPackages = 20_000;

    public string Url => url;
    public string IndexUrl => $"{url}/repodata/repomd.xml";

    /// <summary>The packages whose name is wanted; none when there are none or no answer came: the attempts say which.</summary>
    public async Task<(IReadOnlyList<RpmRepositoryPackage> Packages, IReadOnlyList<LocateAttempt> Attempts)> PackagesAsync(
        Func<string, bool> isWanted, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        ArchiveApi.Body index = await api.GetBytesAsync(new Uri(IndexUrl), MaxIndexBytes, ct).ConfigureAwait(false);
        if (index.Bytes is null)
        {
            attempts.Add(new LocateAttempt(IndexUrl, index.Text));
            return ([], attempts);
        }

        (Uri Url, string? Sha256)? primary;
        try { primary = ReadIndex(index.Bytes); }
        catch (XmlException) { primary = null; }
        if (primary is not { } found)
        {
            attempts.Add(new LocateAttempt(IndexUrl, "an answer that is no repository index (a login page?)"));
            return ([], attempts);
        }

        attempts.Add(new LocateAttempt(IndexUrl, found.Url.Segments[^1]));
        string place = found.Url.AbsoluteUri;
        ArchiveApi.Body body = await api.GetBytesAsync(found.Url, MaxPrimaryBytes, ct).ConfigureAwait(false);
        if (body.Bytes is null)
        {
            attempts.Add(new LocateAttempt(place, body.Text));
            return ([], attempts);
        }

        if (found.Sha256 is { } digest && !string.Equals(digest, Convert.ToHexStringLower(SHA256.HashData(body.Bytes)), StringComparison.OrdinalIgnoreCase))
        {
            attempts.Add(new LocateAttempt(place, "its SHA-256 is not the one that repomd.xml has: the repository is being changed, or the transfer is broken"));
            return ([], attempts);
        }

        try
        {
            List<RpmRepositoryPackage> packages = ReadPrimary(body.Bytes, place, isWanted, ct);
            attempts.Add(new LocateAttempt(place, string.Create(CultureInfo.InvariantCulture, $"{packages.Count} packages that fit")));
            if (found.Sha256 is null) { return (packages, attempts); }
            var proof = new RepositoryIndex(new Uri(IndexUrl), index.Bytes);
            return ([.. packages.Select(package => package with { Index = proof })], attempts);
        }
        catch (Exception fault) when (fault is XmlException or InputFaultException)
        {
            attempts.Add(new LocateAttempt(place, $"cannot be read: {fault.Message.ReplaceLineEndings(" ")}"));
            return ([], attempts);
        }
    }

    /// <summary>As a candidate for the download; null when its file's name is none that we would write.</summary>
    public static PackageCandidate? CandidateOf(RpmRepositoryPackage package, string description)
    {
        string file = Uri.UnescapeDataString(package.Url.Segments[^1]);
        return !PackageCandidate.IsPlainFileName(file) ? null : new PackageCandidate(package.Url, file, description)
        {
            ByteSize = package.ByteSize,
            Sha256 = package.Sha256,
            DigestOrigin = "the repository's index",
            Index = package.Index,
        };
    }

    private (Uri Url, string? Sha256)? ReadIndex(byte[] document)
    {
        using var reader = XmlReader.Create(new MemoryStream(document, writable: false), BoundedXml.Settings(document.Length));
        string? href = null, sha256 = null;
        while (reader.ReadToFollowing("data"))
        {
            if (reader.GetAttribute("type") != "primary") { continue; }
            using XmlReader data = reader.ReadSubtree();
            while (data.Read())
            {
                if (data.NodeType != XmlNodeType.Element) { continue; }
                if (data.Name == "location") { href = data.GetAttribute("href"); }
                else if (data.Name == "checksum" && data.GetAttribute("type") == "sha256") { sha256 = data.ReadString().Trim(); }
            }

            return Resolve(href) is { } address ? (address, sha256) : null;
        }

        return null;
    }

    private List<RpmRepositoryPackage> ReadPrimary(byte[] compressed, string place, Func<string, bool> isWanted, CancellationToken ct)
    {
        using var input = new MemoryStream(compressed, writable: false);
        using Stream stream = Codecs.Detect(compressed.AsSpan(0, Math.Min(compressed.Length, Codecs.HeadSize))).Open(input, place, DecodeOptions.Default);
        using var tags = new ShortTagStream(stream, place);
        using var reader = XmlReader.Create(tags, BoundedXml.Settings(MaxPrimaryCharacters));
        List<RpmRepositoryPackage> packages = [];
        while (reader.ReadToFollowing("package"))
        {
            ct.ThrowIfCancellationRequested();
            if (ReadPackage(reader, isWanted) is not { } package) { continue; }
            if (packages.Count == MaxPackages) { throw new XmlException($"more than {MaxPackages} packages that fit"); }
            packages.Add(package);
        }

        return packages;
    }

    /// <summary>One package; null when its name is not wanted or it lacks what is needed.</summary>
    private RpmRepositoryPackage? ReadPackage(XmlReader reader, Func<string, bool> isWanted)
    {
        int depth = reader.Depth;
        string? name = null, architecture = null, version = null, release = null, sha256 = null, href = null;
        long? size = null, built = null;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType != XmlNodeType.Element || reader.Depth != depth + 1) { continue; }
            switch (reader.LocalName)
            {
                case "name":
                    name = Short(reader.ReadString());
                    // createrepo_c writes the name first: what is not wanted is passed over quickly.
                    if (name is null || !isWanted(name)) { return null; }
                    break;
                case "arch": architecture = Short(reader.ReadString()); break;
                case "version": (version, release) = (Short(reader.GetAttribute("ver")), Short(reader.GetAttribute("rel"))); break;
                case "checksum" when reader.GetAttribute("type") == "sha256":
                    string digest = reader.ReadString().Trim();
                    sha256 = digest.Length == 64 && digest.All(char.IsAsciiHexDigit) ? digest.ToLowerInvariant() : null;
                    break;
                case "size": size = Number(reader.GetAttribute("package")); break;
                case "time": built = Number(reader.GetAttribute("build")); break;
                // A package may lie elsewhere (xml:base): an index that nobody signed does not send us to other hosts.
                case "location" when reader.GetAttribute("xml:base") is null: href = Short(reader.GetAttribute("href")); break;
            }
        }

        return name is null || architecture is null || version is null || release is null || Resolve(href) is not { } address
            ? null
            : new RpmRepositoryPackage(name, version, release, architecture, sha256, size > 0 ? size : null,
                built is > 0 and < 1L << 36 ? DateTimeOffset.FromUnixTimeSeconds(built.Value) : null, address);
    }

    private static string? Short(string? text) => text is { Length: > 0 and <= MaxField } ? text : null;

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>
    /// A relative address on the repository's own host; it may climb (Amazon's packages lie in <c>../../../../blobstore/</c>). Null for all others:
    /// an index that nobody signed does not send us elsewhere.
    /// </summary>
    private Uri? Resolve(string? href)
    {
        var root = new Uri(url + "/");
        return href is { Length: > 0 and <= MaxField } && href.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '+' or '~' or '-' or '^' or '%')
            && Uri.TryCreate(root, href, out Uri? address) && address.Scheme == root.Scheme && address.Authority == root.Authority
            ? address : null;
    }
}
