using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Deb;
using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch;

/// <summary>Who vouches for a package, before anything of it is believed.</summary>
/// <param name="isRequired">Only a good signature will do.</param>
internal sealed class PackageTrust(HttpClient http, IFetchProgress progress, bool isRequired)
{
    private const int MostSignature = 1 << 20;

    /// <summary>Judges a package that lies here whole.</summary>
    /// <returns>The same, with its digest, and the verdict at the head of its verification.</returns>
    /// <exception cref="InputFaultException">The signature does not fit: the package was changed.</exception>
    /// <exception cref="UntrustedPackageException">A good signature is required and there is none.</exception>
    public async Task<DownloadedPackage> CheckAsync(DownloadedPackage package, KernelRelease release, CancellationToken ct)
    {
        byte[] head = new byte[RpmPackage.LeadSize];
        using FileStream file = File.OpenRead(package.Path);
        int there = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        RpmPackage? rpm = RpmPackage.IsRpm(head.AsSpan(0, there)) ? RpmPackage.Read(file, package.Candidate.FileName) : null;
        // Reading hundreds of megabytes once more only to name them takes long: an RPM's header, with the digest of its payload, stands for the file.
        package = package.Sha256.Length == 0 && rpm is { HeaderSha256: { } headerSha256 } && KeepsPayloadDigest(rpm)
            ? package with { HeaderSha256 = headerSha256 }
            : await PackageDownloader.WithDigestAsync(package, ct).ConfigureAwait(false);
        SignatureVerdict verdict = rpm is not null ? await JudgeAsync(rpm, package.Candidate, release, ct).ConfigureAwait(false)
            : ArReader.IsAr(head.AsSpan(0, there)) ? await new DebianTrust(new KeyPlaces(release.Distribution)).JudgeAsync(package.Sha256, ct).ConfigureAwait(false)
            : await JudgeBesideAsync(package, release, ct).ConfigureAwait(false);
        if (verdict.Kind == SignatureKind.Unsigned && package.Candidate is { Sha256: not null, Index: { } index })
        {
            verdict = await JudgeIndexAsync(index, verdict, release, ct).ConfigureAwait(false);
        }

        Tell(verdict, package.Candidate);
        // A deb's archive and Arch's packagers sign all of it; an RPM's signature is over its header, which has the digests of the rest.
        return package with { IsFileSigned = verdict.IsGood && rpm is null, Signature = verdict.Kind, Verification = $"{verdict.Text}; {package.Verification}" };
    }

    private static bool KeepsPayloadDigest(RpmPackage package)
    {
        using var verifier = new RpmPayloadVerifier(package, package.Name);
        return verifier.IsStrong;
    }

    /// <summary>Judges an RPM by its headers alone, which are all that its signature is over.</summary>
    /// <param name="package">Null for a deb: its archive's signature is over the whole file, which is not there.</param>
    /// <exception cref="InputFaultException">The signature does not fit: the package was changed.</exception>
    /// <exception cref="UntrustedPackageException">A good signature is required and there is none.</exception>
    public SignatureVerdict CheckPart(RpmPackage? package, PackageCandidate candidate, KernelRelease release, CancellationToken ct)
    {
        SignatureVerdict verdict = package is null
            ? new SignatureVerdict(SignatureKind.Unsigned, candidate.Sha256 is null && candidate.Sha1 is null
                ? "not signed: a part of a deb, and what archives sign is the whole"
                : $"not signed: a part of a deb, and only of the whole there is a digest ({candidate.DigestOrigin})")
            : JudgeAsync(package, candidate, release, ct).GetAwaiter().GetResult();
        Tell(verdict, candidate);
        return verdict;
    }

    private async Task<SignatureVerdict> JudgeAsync(RpmPackage package, PackageCandidate candidate, KernelRelease release, CancellationToken ct)
    {
        var trust = new RpmTrust(new KeyPlaces(release.Distribution));
        SignatureVerdict verdict = await trust.JudgeAsync(package, ct).ConfigureAwait(false);
        if (verdict.Kind != SignatureKind.Unsigned || candidate.SignatureUrl is not { } apart) { return verdict; }
        ArchiveApi.Body signature = await new ArchiveApi(http).GetBytesAsync(apart, MostSignature, ct).ConfigureAwait(false);
        string name = candidate.FileName + ".sig";
        if (signature.Bytes is null) { return verdict with { Text = $"{verdict.Text} ({name}: {signature.Text})" }; }
        try { return await trust.JudgeAsync(package, signature.Bytes, name, ct).ConfigureAwait(false); }
        catch (InputFaultException fault) { return verdict with { Text = $"{verdict.Text} ({fault.Message})" }; }
    }

    /// <summary>A package of which only the digest is signed, by way of an index.</summary>
    /// <param name="own">Of the package itself, which has no signature.</param>
    private async Task<SignatureVerdict> JudgeIndexAsync(DigestChain chain, SignatureVerdict own, KernelRelease release, CancellationToken ct)
    {
        Uri url = chain.SignatureUrl;
        string name = url.Segments[^1];
        ArchiveApi.Body body = await new ArchiveApi(http).GetBytesAsync(url, MostSignature, ct).ConfigureAwait(false);
        if (body.Bytes is not { } signed) { return own with { Text = $"{own.Text} ({name}: {body.Text})" }; }
        var keys = new KeyPlaces(release.Distribution);
        SignatureVerdict verdict = chain switch
        {
            SuiteIndex index => await new DebianTrust(keys).JudgeAsync(signed, index.Name, index.Sha256, ct).ConfigureAwait(false),
            RepositoryIndex index => await new RpmTrust(keys).JudgeIndexAsync(index.Bytes, signed, ct).ConfigureAwait(false),
            _ => own,
        };
        return verdict.IsGood ? verdict : verdict with { Text = $"{own.Text}; {name}: {verdict.Text}" };
    }

    /// <summary>A package whose signature is a file beside it.</summary>
    private async Task<SignatureVerdict> JudgeBesideAsync(DownloadedPackage package, KernelRelease release, CancellationToken ct)
    {
        string beside = package.Path + ".sig";
        (byte[]? signature, string answer) = (null, "no signature beside it");
        if (package.Candidate.Url.IsFile && File.Exists(beside) && new FileInfo(beside).Length <= MostSignature) { signature = await File.ReadAllBytesAsync(beside, ct).ConfigureAwait(false); }
        else if (package.Candidate.SignatureUrl is { } url)
        {
            ArchiveApi.Body body = await new ArchiveApi(http).GetBytesAsync(url, MostSignature, ct).ConfigureAwait(false);
            (signature, answer) = (body.Bytes, $"{Path.GetFileName(url.LocalPath)}: {body.Text}");
        }

        return signature is null ? new SignatureVerdict(SignatureKind.Unsigned, $"not signed ({answer})")
            : await new ArchTrust(new KeyPlaces(release.Distribution)).JudgeAsync(package.Path, signature, ct).ConfigureAwait(false);
    }

    private void Tell(SignatureVerdict verdict, PackageCandidate candidate)
    {
        if (verdict.Kind == SignatureKind.Bad) { throw new InputFaultException($"{candidate.FileName}: {verdict.Text}; do not use it, and fetch it from another place"); }
        if (isRequired && !verdict.IsGood)
        {
            throw new UntrustedPackageException($"{candidate.FileName}: {verdict.Text}; --require-signature takes only a good signature by a key of this machine");
        }

        // What lies here already is the user's own affair.
        bool isNews = !candidate.Url.IsFile || verdict.Kind is SignatureKind.Doubtful or SignatureKind.UnknownKey;
        if (isNews) { progress.Note($"{candidate.FileName}: {verdict.Text}"); }
    }
}
