using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Download;

/// <summary>What the bytes of a partial file are part of: enough to know whether a server's rest fits them.</summary>
/// <param name="ETag">A strong one, quotes included (RFC 9110 §8.8.3); null when the server gave none.</param>
/// <param name="LastModified">Null when the server gave none that is a strong validator.</param>
/// <param name="Total">Bytes of the whole; null when unknown.</param>
/// <param name="Digest">The digest that the whole is to have (<c>sha256:…</c>, <c>sha1:…</c>); null when none is known.</param>
internal sealed record PartialOrigin(string Url, string? ETag, DateTimeOffset? LastModified, long? Total, string? Digest)
{
    public static PartialOrigin Of(PackageCandidate candidate, HttpResponseMessage response, long? total)
    {
        EntityTagHeaderValue? tag = response.Headers.ETag;
        DateTimeOffset? modified = response.Content.Headers.LastModified;
        // RFC 9110 §8.8.2.2: a date is a strong validator only if the file did not change in the second of the answer.
        bool isStrongDate = modified is { } at && response.Headers.Date is { } now && now - at >= TimeSpan.FromSeconds(60);
        return new PartialOrigin(candidate.Place, tag is { IsWeak: false } ? tag.ToString() : null, isStrongDate ? modified : null, total,
            DigestOf(candidate));
    }

    private static string? DigestOf(PackageCandidate candidate)
        => candidate.Sha256 is { } sha256 ? "sha256:" + sha256 : candidate.Sha1 is { } sha1 ? "sha1:" + sha1 : null;

    /// <summary>The bytes may be a beginning of <paramref name="candidate"/>, and there is a way to find out.</summary>
    public bool CanContinue(PackageCandidate candidate)
        => HasSameDigest(candidate) || (Url == candidate.Place && Digest == DigestOf(candidate) && Validator is not null);

    private bool HasSameDigest(PackageCandidate candidate) => Digest is not null && Digest == DigestOf(candidate);

    /// <summary>
    /// For <c>If-Range</c>. Null when there is none or it is another server's: then only the digest of the whole proves that the parts fit.
    /// </summary>
    public RangeConditionHeaderValue? ValidatorFor(PackageCandidate candidate) => Url == candidate.Place ? Validator : null;

    /// <summary>The rest that the server offers is of another file, by what its answer says of it.</summary>
    public bool Contradicts(PackageCandidate candidate, HttpResponseMessage rest)
        => (Total is { } total && rest.Content.Headers.ContentRange?.Length is { } told && told != total)
            || (Url == candidate.Place && ETag is not null && rest.Headers.ETag is { } tag && tag.ToString() != ETag)
            || (Url == candidate.Place && LastModified is { } modified && rest.Content.Headers.LastModified is { } now && now != modified);

    private RangeConditionHeaderValue? Validator
        => ETag is not null && EntityTagHeaderValue.TryParse(ETag, out EntityTagHeaderValue? tag) ? new RangeConditionHeaderValue(tag)
            : LastModified is { } modified ? new RangeConditionHeaderValue(modified) : null;

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, PartialOriginJson.Default.PartialOrigin));

    /// <summary>Null when there is none, or it cannot be understood: then nothing is resumed.</summary>
    public static PartialOrigin? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), PartialOriginJson.Default.PartialOrigin);
        }
        catch (Exception fault) when (fault is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>Reads and writes it without reflection, which code compiled ahead of time has not.</summary>
[JsonSerializable(typeof(PartialOrigin))]
internal sealed partial class PartialOriginJson : JsonSerializerContext;
