using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Trust;

/// <summary>
/// Who signed an RPM. The signature is over the main header, from its magic to its end; the header has the digests of payload and files, so that whoever checks
/// those checks everything (rpm: docs/manual/signatures_digests.md).
/// </summary>
public sealed class RpmTrust(KeyPlaces keys, Gpgv? gpgv = null)
{
    private readonly Gpgv _gpgv = gpgv ?? new Gpgv();

    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<SignatureVerdict> JudgeAsync(RpmPackage package, CancellationToken ct)
    {
        List<byte[]> signatures = SignaturesOf(package.Signature);
        return signatures.Count > 0 ? await JudgeAsync(signatures, package.Header.Bytes.ToArray(), ct).ConfigureAwait(false)
            : package.IsSigned ? new SignatureVerdict(SignatureKind.NotChecked, "signed in the old way, over header and payload, which is not checked")
            : new SignatureVerdict(SignatureKind.Unsigned, "not signed");
    }

    /// <summary>
    /// For an unsigned copy whose signature lies elsewhere: koji's <c>data/sigcache/KEY/ARCH/FILE.sig</c> is the signature header of the signed copy
    /// (koji: splice_rpm_sighdr).
    /// </summary>
    /// <param name="signatureHeader">The file's bytes.</param>
    /// <exception cref="InputFaultException">It is no signature header.</exception>
    public async Task<SignatureVerdict> JudgeAsync(RpmPackage package, byte[] signatureHeader, string displayName, CancellationToken ct)
    {
        using var stream = new MemoryStream(signatureHeader, writable: false);
        List<byte[]> signatures = SignaturesOf(RpmHeader.Read(stream, displayName, "signature header", 0));
        return signatures.Count > 0
            ? await JudgeAsync(signatures, package.Header.Bytes.ToArray(), ct).ConfigureAwait(false)
            : new SignatureVerdict(SignatureKind.Unsigned, $"{displayName} holds no signature over the header");
    }

    /// <summary>
    /// For a package that is not signed itself, in a repository whose index is: from <c>repomd.xml</c> digests lead to it, as they do in Debian's archives.
    /// </summary>
    /// <param name="signature"><c>repomd.xml.asc</c>, armoured or not.</param>
    public async Task<SignatureVerdict> JudgeIndexAsync(byte[] index, byte[] signature, CancellationToken ct)
    {
        if (OpenPgpArmor.Remove(signature) is not { } bytes) { return new SignatureVerdict(SignatureKind.NotChecked, "a signature that is damaged"); }
        SignatureVerdict verdict = await JudgeAsync([bytes], index, ct).ConfigureAwait(false);
        return verdict.IsGood ? verdict with { Text = $"repository {verdict.Text}: repomd.xml, list of packages, SHA-256 of the package" } : verdict;
    }

    private async Task<SignatureVerdict> JudgeAsync(List<byte[]> signatures, ReadOnlyMemory<byte> header, CancellationToken ct)
    {
        var verdicts = new List<SignatureVerdict>();
        foreach (byte[] signature in signatures)
        {
            if (OpenPgpPackets.IssuerOf(signature) is not { } issuer)
            {
                verdicts.Add(new SignatureVerdict(SignatureKind.NotChecked, "a signature of a kind that is not known here"));
                continue;
            }

            verdicts.Add(keys.Find(issuer) is { } key
                ? await _gpgv.VerifyAsync(key, signature, header, ct).ConfigureAwait(false)
                : new SignatureVerdict(SignatureKind.UnknownKey, $"signed with key {issuer}, which is in none of {keys.Text}", issuer));
        }

        return verdicts.Find(v => v.Kind == SignatureKind.Bad) ?? verdicts.Find(v => v.IsGood) ?? verdicts.MinBy(v => v.Kind)!;
    }

    // One signature is in 268 or 267, by its algorithm; several, since rpm 6, in 278 as base64.
    private static List<byte[]> SignaturesOf(RpmHeader signature)
    {
        var found = new List<byte[]>();
        if (signature.Has((int)RpmSignatureTag.OpenPgp))
        {
            found.AddRange(signature.Strings((int)RpmSignatureTag.OpenPgp).Select(OpenPgpArmor.Decode).OfType<byte[]>());
        }

        foreach (RpmSignatureTag tag in new[] { RpmSignatureTag.Rsa, RpmSignatureTag.Dsa })
        {
            if (found.Count == 0 && signature.Has((int)tag)) { found.Add(signature.Binary((int)tag).ToArray()); }
        }

        return found;
    }
}
