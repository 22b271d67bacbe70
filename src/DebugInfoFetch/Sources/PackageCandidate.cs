using System.Buffers;

namespace DebugInfoFetch.Sources;

/// <summary>A package at one address, and what is known of it before it is there.</summary>
public sealed record PackageCandidate
{
    private static readonly SearchValues<char> FileNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-:%=@,^");

    /// <param name="url"><c>http</c>, <c>https</c> or <c>file</c>.</param>
    /// <param name="fileName">The name to keep it under: one plain path component.</param>
    /// <exception cref="ArgumentException">The name is not one plain path component, or the scheme is another.</exception>
    public PackageCandidate(Uri url, string fileName, string description)
    {
        if (!IsPlainFileName(fileName))
        {
            throw new ArgumentException("a package's name must be one plain path component", nameof(fileName));
        }

        if (!IsSupported(url))
        {
            throw new ArgumentException("only http, https and file are supported", nameof(url));
        }

        Url = url;
        FileName = fileName;
        Description = description;
    }

    public Uri Url { get; }
    public string FileName { get; }
    /// <summary>What this place is, in a few words (<c>koji, signed with key e99d6ad1</c>).</summary>
    public string Description { get; }
    /// <summary>Bytes, when an index told.</summary>
    public long? ByteSize { get; init; }
    /// <summary>64 hex digits, when an index told.</summary>
    public string? Sha256 { get; init; }
    /// <summary>40 hex digits, when an index told; the snapshot archive has no better.</summary>
    public string? Sha1 { get; init; }
    /// <summary>Where the digest is from, which is what makes it worth something (<c>the signed package index that apt checked</c>).</summary>
    public string DigestOrigin { get; init; } = "";

    /// <summary>Where the signature lies when it is not in the package; null when there is none (koji's <c>data/sigcache</c>, Arch's <c>.sig</c>).</summary>
    public Uri? SignatureUrl { get; init; }

    /// <summary>The index that leads to <see cref="Sha256"/>, whose signature may be asked for; null when there is none.</summary>
    public DigestChain? Index { get; init; }

    /// <summary>The address for a person: a password that a mirror's address may carry is left out.</summary>
    public string Place => PlaceOf(Url);

    public static string PlaceOf(Uri url)
        => url.IsFile ? url.LocalPath : url.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped);

    public static bool IsSupported(Uri url) => url is { IsAbsoluteUri: true, Scheme: "http" or "https" or "file" };

    public static bool IsPlainFileName(string name)
        => name.Length is > 0 and <= 200 && name[0] is not '.' and not '-' && !name.AsSpan().ContainsAnyExcept(FileNameCharacters);
}

/// <summary>What leads to a package's digest, over digests all the way from something that may be signed. A closed list.</summary>
public abstract record DigestChain
{
    /// <summary>Where the signature is looked for.</summary>
    public abstract Uri SignatureUrl { get; }
}

/// <summary>A repository's <c>repomd.xml</c>, which has the digest of the list that has the packages' digests.</summary>
/// <param name="Url">Its signature, where there is one, lies at the same address with <c>.asc</c> behind it.</param>
public sealed record RepositoryIndex(Uri Url, byte[] Bytes) : DigestChain
{
    public override Uri SignatureUrl => new(Url.AbsoluteUri + ".asc");
}

/// <summary>A package index of a suite of Debian's.</summary>
/// <param name="InRelease">The suite's signed list of its indexes.</param>
/// <param name="Name">As that list has it: <c>main/binary-amd64/Packages.xz</c>.</param>
/// <param name="Sha256">Of the index, computed from its bytes.</param>
public sealed record SuiteIndex(Uri InRelease, string Name, string Sha256) : DigestChain
{
    public override Uri SignatureUrl => InRelease;
}
