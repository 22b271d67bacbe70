using System.Security.Cryptography;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Rpm;

/// <summary>
/// Verifies a payload as it is read, by the strongest digest that the package keeps of it: PAYLOADDIGEST over the compressed bytes,
/// else PAYLOADDIGESTALT over the decoded ones, else the signature header's MD5 over main header and payload.
/// </summary>
public sealed class RpmPayloadVerifier : IDisposable
{
    private readonly RpmPackage _package;
    private readonly string _displayName;
    private readonly IncrementalHash? _digest;
    private readonly string _expected = "";
    private readonly string _what = "";

    public RpmPayloadVerifier(RpmPackage package, string displayName)
    {
        _package = package;
        _displayName = displayName;
        var header = package.Header;
        var algorithm = RpmDigestAlgorithm.Name(header.Integer((int)RpmTag.PayloadDigestAlgo) ?? RpmDigestAlgorithm.Sha256);
        if (algorithm is { } name && header.String((int)RpmTag.PayloadDigest) is { } digest)
        {
            (_expected, _what) = (digest, $"{Display(name)} of the payload");
            _digest = IncrementalHash.CreateHash(name);
        }
        else if (algorithm is { } alternative && header.String((int)RpmTag.PayloadDigestAlt) is { } decodedDigest)
        {
            (_expected, _what) = (decodedDigest, $"{Display(alternative)} of the decoded payload");
            _digest = IncrementalHash.CreateHash(alternative);
            IsOverDecodedBytes = true;
        }
        else if (package.Signature.Binary((int)RpmSignatureTag.Md5) is { Length: 16 } md5)
        {
            (_expected, _what) = (Convert.ToHexStringLower(md5), "MD5 of header and payload");
            _digest = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            _digest.AppendData(header.Bytes);
        }
    }

    /// <summary>Feed it the decoded bytes, all of them; otherwise the compressed ones.</summary>
    public bool IsOverDecodedBytes { get; }

    /// <summary>The package keeps no digest of its payload that can be computed here.</summary>
    public bool HasDigest => _digest is not null;

    /// <summary>It can, and is more than MD5.</summary>
    public bool IsStrong => _digest is not null && _digest.AlgorithmName != HashAlgorithmName.MD5;

    /// <summary>Null when there is nothing to feed.</summary>
    public IncrementalHash? Digest => _digest;

    /// <summary>Once the payload has been read to its end.</summary>
    /// <returns>What was verified, for provenance.</returns>
    /// <exception cref="InputFaultException">The digest differs from what the package keeps.</exception>
    public string Finish()
    {
        if (_digest is not null)
        {
            string found = Convert.ToHexStringLower(_digest.GetHashAndReset());
            if (!found.Equals(_expected, StringComparison.OrdinalIgnoreCase))
            {
                throw InputFaultException.At(_displayName, "payload", 0, $"damaged: {_what} is {found}, the package keeps {_expected}; fetch it anew");
            }
        }

        return Describe();
    }

    public void Dispose() => _digest?.Dispose();

    private string Describe()
    {
        string header = _package.VerifiedHeaderDigest.Length > 0 ? $"{_package.VerifiedHeaderDigest} of the main header" : "";
        return (header, _what) switch
        {
            ("", "") => "the package keeps no digest of header and payload",
            ("", _) => _what,
            (_, "") => $"{header}; the package keeps no digest of the payload",
            _ => $"{header}, {_what}",
        };
    }

    private static string Display(HashAlgorithmName name)
        => name.Name!.StartsWith("SHA", StringComparison.Ordinal) ? $"SHA-{name.Name[3..]}" : name.Name;
}
