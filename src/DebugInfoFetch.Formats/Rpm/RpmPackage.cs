using System.Security.Cryptography;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Formats.Rpm;

/// <summary>
/// The parts of an RPM before its payload: lead, signature header, main header; read from a stream that then stands at the payload.
/// The main header is verified against the digest that the signature header keeps of it.
/// </summary>
public sealed class RpmPackage
{
    /// <summary>Bytes of the lead, which says nothing but that this is an RPM.</summary>
    public const int LeadSize = 96;

    private static readonly byte[] LeadMagic = [0xED, 0xAB, 0xEE, 0xDB];

    private RpmPackage(RpmHeader signature, RpmHeader header, long payloadOffset, string headerDigest)
    {
        Signature = signature;
        Header = header;
        PayloadOffset = payloadOffset;
        VerifiedHeaderDigest = headerDigest;
        Files = RpmFileList.Read(header);
        Name = Required(RpmTag.Name);
        Version = Required(RpmTag.Version);
        Release = Required(RpmTag.Release);
        Architecture = Required(RpmTag.Arch);
    }

    public RpmHeader Signature { get; }
    public RpmHeader Header { get; }
    public RpmFileList Files { get; }
    public string Name { get; }
    public string Version { get; }
    public string Release { get; }
    public string Architecture { get; }

    /// <summary>Bytes from the file's start.</summary>
    public long PayloadOffset { get; }

    /// <summary>Which digest of the main header was found true (<c>SHA-256</c>, <c>SHA-1</c>); empty when the package keeps none.</summary>
    public string VerifiedHeaderDigest { get; }

    /// <summary>64 hex digits: the SHA-256 of the main header, which was found true; null when the package keeps none.</summary>
    public string? HeaderSha256 => Signature.String((int)RpmSignatureTag.Sha256)?.ToLowerInvariant();

    /// <summary>Whether somebody signed the header. Who, and whether truly, is not asked here.</summary>
    public bool IsSigned => Signature.Has((int)RpmSignatureTag.Rsa) || Signature.Has((int)RpmSignatureTag.Dsa)
        || Signature.Has((int)RpmSignatureTag.OpenPgp) || Signature.Has((int)RpmSignatureTag.Pgp) || Signature.Has((int)RpmSignatureTag.Gpg);

    /// <summary>Bytes of the compressed payload; null when the package does not tell.</summary>
    public long? PayloadSize
    {
        get
        {
            ulong? size = Signature.Integer((int)RpmSignatureTag.LongSize) ?? Signature.Integer((int)RpmSignatureTag.Size);
            if (size is null) { return null; }

            return size >= (ulong)Header.Bytes.Length && size <= long.MaxValue
                ? (long)size - Header.Bytes.Length
                : throw Signature.Fault((int)RpmSignatureTag.Size, $"header and payload of {size} bytes, the header alone has {Header.Bytes.Length}");
        }
    }

    /// <summary>What the header announces; null when it says nothing.</summary>
    /// <exception cref="InputFaultException">A word that is not known.</exception>
    public CompressionFormat? Compressor => Header.String((int)RpmTag.PayloadCompressor) switch
    {
        null => null,
        "gzip" => CompressionFormat.Gzip,
        "bzip2" => CompressionFormat.Bzip2,
        "lzma" => CompressionFormat.LzmaAlone,
        "xz" => CompressionFormat.Xz,
        "zstd" => CompressionFormat.Zstd,
        "none" or "ufdio" => CompressionFormat.None,
        var other => throw Header.Fault((int)RpmTag.PayloadCompressor,
            $"unknown payload compressor \"{other}\"; known are gzip, bzip2, lzma, xz, zstd and none"),
    };

    public static bool IsRpm(ReadOnlySpan<byte> head) => head.StartsWith(LeadMagic);

    /// <param name="stream">Stands at the file's first byte; at the payload's afterwards.</param>
    /// <exception cref="InputFaultException">Truncated, damaged, or larger than rpm allows.</exception>
    public static RpmPackage Read(Stream stream, string displayName)
    {
        Span<byte> lead = stackalloc byte[LeadSize];
        int read = stream.ReadAtLeast(lead, LeadSize, throwOnEndOfStream: false);
        if (!IsRpm(lead)) { throw InputFaultException.At(displayName, "lead", 0, "not an RPM: it does not begin edabeedb"); }

        if (read < LeadSize)
        {
            throw InputFaultException.At(displayName, "lead", read, "truncated: the file ends inside the lead; fetch it anew");
        }

        // Packages of format 6 carry major 4 (rpm's format description, "Lead").
        if (lead[4] is not (3 or 4))
        {
            throw InputFaultException.At(displayName, "lead", 4, $"RPM format {lead[4]} is not known; known are 3 and 4");
        }

        if (lead[7] == 1) { throw InputFaultException.At(displayName, "lead", 6, "a source package; the debuginfo is in binary packages"); }

        var signature = RpmHeader.Read(stream, displayName, "signature header", LeadSize);
        int padding = -signature.Bytes.Length & 7;
        Span<byte> skipped = stackalloc byte[padding];
        if (stream.ReadAtLeast(skipped, padding, throwOnEndOfStream: false) < padding)
        {
            throw InputFaultException.At(displayName, "signature header", signature.Bytes.Length, "truncated: the file ends behind it; fetch it anew");
        }

        long headerOffset = LeadSize + signature.Bytes.Length + padding;
        var header = RpmHeader.Read(stream, displayName, "main header", headerOffset);
        string digest = VerifyHeader(signature, header, displayName);
        var package = new RpmPackage(signature, header, headerOffset + header.Bytes.Length, digest);
        string format = header.String((int)RpmTag.PayloadFormat) ?? "cpio";
        return format == "cpio" ? package : throw header.Fault((int)RpmTag.PayloadFormat, $"payload format \"{format}\"; known is cpio");
    }

    // SHA256 since rpm 4.14, SHA1 before; both are over the header from its magic on.
    private static string VerifyHeader(RpmHeader signature, RpmHeader header, string displayName)
    {
        if (signature.String((int)RpmSignatureTag.Sha256) is { } sha256)
        {
            Compare(sha256, SHA256.HashData(header.Bytes), "SHA-256", displayName);
            return "SHA-256";
        }

        if (signature.String((int)RpmSignatureTag.Sha1) is { } sha1)
        {
#pragma warning disable CA5350 // What old packages have; it guards against damage, not against forgery.
            Compare(sha1, SHA1.HashData(header.Bytes), "SHA-1", displayName);
#pragma warning restore CA5350
            return "SHA-1";
        }

        return "";
    }

    private static void Compare(string expected, byte[] found, string algorithm, string displayName)
    {
        if (!expected.Equals(Convert.ToHexStringLower(found), StringComparison.OrdinalIgnoreCase))
        {
            throw InputFaultException.At(displayName, "main header", 0,
                $"damaged: its {algorithm} is {Convert.ToHexStringLower(found)}, the package keeps {expected}; fetch it anew");
        }
    }

    private string Required(RpmTag tag)
        => Header.String((int)tag) is { Length: > 0 } value ? value : throw Header.Fault((int)tag, $"no {tag}");
}
