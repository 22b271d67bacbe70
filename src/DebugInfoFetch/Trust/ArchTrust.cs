namespace DebugInfoFetch.Trust;

/// <summary>
/// Who signed a package of Arch Linux: its packager, over the whole file, beside which the signature lies. The keyring has the packagers' keys that Arch's own have
/// vouched for; those that it has withdrawn stand in a list beside it (pacman-key(8)).
/// </summary>
public sealed class ArchTrust(KeyPlaces keys, Gpgv? gpgv = null)
{
    private readonly Gpgv _gpgv = gpgv ?? new Gpgv();

    /// <param name="signature">The file's bytes.</param>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<SignatureVerdict> JudgeAsync(string path, byte[] signature, CancellationToken ct)
    {
        if (OpenPgpPackets.IssuerOf(signature) is not { } issuer) { return new SignatureVerdict(SignatureKind.NotChecked, "a signature of a kind that is not known here"); }
        if (keys.Find(issuer) is not { } key) { return new SignatureVerdict(SignatureKind.UnknownKey, $"signed with key {issuer}, which is in none of {keys.Text}", issuer); }
        SignatureVerdict verdict = await _gpgv.VerifyFileAsync(key, signature, path, ct).ConfigureAwait(false);
        return verdict.IsGood && keys.IsRevoked(verdict.PrimaryFingerprint)
            ? verdict with { Kind = SignatureKind.Doubtful, Text = $"{verdict.Text}, a key that Arch has withdrawn" }
            : verdict;
    }
}
