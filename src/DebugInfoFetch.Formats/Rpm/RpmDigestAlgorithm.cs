using System.Security.Cryptography;

namespace DebugInfoFetch.Formats.Rpm;

/// <summary>Digest algorithms by the numbers of OpenPGP (RFC 9580 §9.5), as rpm's headers give them.</summary>
internal static class RpmDigestAlgorithm
{
    public const ulong Md5 = 1;
    public const ulong Sha256 = 8;

    /// <summary>Null: not known here.</summary>
    public static HashAlgorithmName? Name(ulong number) => number switch
    {
        Md5 => HashAlgorithmName.MD5,
        2 => HashAlgorithmName.SHA1,
        Sha256 => HashAlgorithmName.SHA256,
        9 => HashAlgorithmName.SHA384,
        10 => HashAlgorithmName.SHA512,
        _ => null,
    };
}
