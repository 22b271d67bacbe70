using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DebugInfoFetch.Debuginfod;

/// <summary>
/// The signature over a whole file that a distribution's RPM carries for the kernel's IMA, and that debuginfod hands on in hex: type 3, version 2,
/// hash, key ID (the last four bytes of the certificate's subject key identifier), length, signature (ima-evm-utils: signature_v2_hdr; security/integrity/integrity.h).
/// </summary>
internal sealed class ImaSignature
{
    private const int HeaderSize = 9;
    private const int MostHexDigits = 2048;

    private readonly byte[] _signature;
    private readonly HashAlgorithmName _hash;
    private readonly uint _keyId;

    private ImaSignature(byte[] signature, HashAlgorithmName hash, uint keyId) => (_signature, _hash, _keyId) = (signature, hash, keyId);

    /// <summary>How the check ended; <paramref name="IsValid"/> only if a certificate of this machine confirms the signature.</summary>
    /// <param name="Text">For a person.</param>
    internal readonly record struct Verdict(bool IsValid, string Text);

    /// <param name="hex">The header's value; null when the server sent none.</param>
    /// <param name="folders">Directories of certificates.</param>
    public static Verdict Check(string? hex, Stream file, IReadOnlyList<string> folders)
    {
        if (string.IsNullOrWhiteSpace(hex)) { return new Verdict(false, "the server sent no IMA signature"); }
        if (Parse(hex.Trim()) is not { } signature) { return new Verdict(false, "the server sent an IMA signature that cannot be read"); }
        string key = $"{signature._keyId:x8}";
        X509Certificate2? certificate = Certificates(folders).FirstOrDefault(c => signature.IsOf(c));
        if (certificate is null) { return new Verdict(false, $"no certificate for IMA key {key} in {string.Join(", ", folders)}"); }
        using (certificate)
        {
            file.Position = 0;
            byte[] digest = signature._hash.Name switch
            {
                nameof(HashAlgorithmName.SHA384) => SHA384.HashData(file),
                nameof(HashAlgorithmName.SHA512) => SHA512.HashData(file),
                _ => SHA256.HashData(file),
            };
            return signature.IsValid(certificate, digest)
                ? new Verdict(true, $"IMA signature of key {key} ({certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)})")
                : new Verdict(false, $"the IMA signature of key {key} does not fit the file");
        }
    }

    private static ImaSignature? Parse(string hex)
    {
        if (hex.Length > MostHexDigits || hex.Length % 2 != 0 || !hex.All(char.IsAsciiHexDigit)) { return null; }
        byte[] bytes = Convert.FromHexString(hex);
        if (bytes.Length <= HeaderSize || bytes[0] != 3 || bytes[1] != 2) { return null; }
        // include/uapi/linux/hash_info.h; weaker ones are not taken.
        HashAlgorithmName? hash = bytes[2] switch { 4 => HashAlgorithmName.SHA256, 5 => HashAlgorithmName.SHA384, 6 => HashAlgorithmName.SHA512, _ => null };
        int size = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(7));
        return hash is { } known && size == bytes.Length - HeaderSize
            ? new ImaSignature(bytes[HeaderSize..], known, BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(3)))
            : null;
    }

    private bool IsOf(X509Certificate2 certificate)
        => certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes is { Length: >= 4 } id
            && BinaryPrimitives.ReadUInt32BigEndian(id.Span[^4..]) == _keyId;

    private bool IsValid(X509Certificate2 certificate, byte[] digest)
    {
        try
        {
            using RSA? rsa = certificate.GetRSAPublicKey();
            if (rsa is not null) { return rsa.VerifyHash(digest, _signature, _hash, RSASignaturePadding.Pkcs1); }
            using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
            return ecdsa?.VerifyHash(digest, _signature, DSASignatureFormat.Rfc3279DerSequence) == true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static IEnumerable<X509Certificate2> Certificates(IReadOnlyList<string> folders)
    {
        foreach (string path in folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f)))
        {
            if (Path.GetExtension(path) is not (".der" or ".pem" or ".crt" or ".cer")) { continue; }
            X509Certificate2? certificate = null;
            try { certificate = X509CertificateLoader.LoadCertificateFromFile(path); }
            catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException) { }
            if (certificate is not null) { yield return certificate; }
        }
    }
}
