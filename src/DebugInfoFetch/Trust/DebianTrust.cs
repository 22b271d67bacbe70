using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace DebugInfoFetch.Trust;

/// <summary>
/// Who vouches for a deb, which carries no signature itself: the archive's signed InRelease has the digest of the package index, and that has the deb's
/// (Debian: SecureApt). Both are looked for among the lists that this machine's apt has brought.
/// </summary>
/// <param name="lists">apt's directory of lists.</param>
public sealed class DebianTrust(KeyPlaces keys, Gpgv? gpgv = null, string lists = DebianTrust.AptLists)
{
    public const string AptLists = "/var/lib/apt/lists";
    private const string AptHelper = "/usr/lib/apt/apt-helper";
    private const string InRelease = "_InRelease";
    private const int MostRelease = 16 << 20;

    private readonly Gpgv _gpgv = gpgv ?? new Gpgv();

    /// <param name="sha256">Of the deb, computed from its bytes.</param>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<SignatureVerdict> JudgeAsync(string sha256, CancellationToken ct)
    {
        var problem = new SignatureVerdict(SignatureKind.Unsigned, "not signed: no signed index of apt's on this machine has its digest, and debs carry no signature of their own");
        foreach (string release in Lists("*" + InRelease))
        {
            string prefix = Path.GetFileName(release)[..^InRelease.Length];
            foreach (string index in Lists($"{prefix}_*_Packages*").Where(i => new FileInfo(i).Length > 0))
            {
                Index? read = await ReadIndexAsync(index, sha256, ct).ConfigureAwait(false);
                if (read is not { Names: true }) { continue; }
                SignatureVerdict verdict = await JudgeIndexAsync(release, prefix, index, read, ct).ConfigureAwait(false);
                if (verdict.IsGood) { return verdict; }
                problem = verdict;
            }
        }

        return problem;
    }

    private async Task<SignatureVerdict> JudgeIndexAsync(string release, string prefix, string index, Index read, CancellationToken ct)
    {
        string name = Path.GetFileName(release);
        if (new FileInfo(release).Length > MostRelease) { return new SignatureVerdict(SignatureKind.NotChecked, $"{name}: longer than any InRelease"); }
        byte[] text = await File.ReadAllBytesAsync(release, ct).ConfigureAwait(false);
        // deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4 is main/binary-amd64/Packages of that release.
        SignatureVerdict verdict = await JudgeAsync(text, Path.GetFileName(index)[(prefix.Length + 1)..].Split(".", 2)[0].Replace('_', '/'), read.Sha256, ct).ConfigureAwait(false);
        return verdict.Kind == SignatureKind.Bad ? verdict with { Text = $"{name}: {verdict.Text}; apt-get update brings both anew" }
            : verdict.IsGood ? verdict : verdict with { Text = $"{name}: {verdict.Text}" };
    }

    /// <summary>Judges the index that names a package, wherever both came from.</summary>
    /// <param name="inRelease">The signed list of its suite's indexes.</param>
    /// <param name="index">As that has it: <c>main/binary-amd64/Packages.xz</c>.</param>
    /// <param name="sha256">Of the index, computed from its bytes.</param>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<SignatureVerdict> JudgeAsync(byte[] inRelease, string index, string sha256, CancellationToken ct)
    {
        KeyFile[] files = [.. keys.Files()];
        if (files.Length == 0) { return new SignatureVerdict(SignatureKind.UnknownKey, $"there is no key for its signature in {keys.Text}"); }
        (SignatureVerdict verdict, string? signed) = await _gpgv.VerifyTextAsync(files, inRelease, ct).ConfigureAwait(false);
        return signed is null ? verdict
            : HasDigest(signed, index, sha256) ? verdict with { Text = $"archive {verdict.Text}: InRelease, {index}, SHA-256 of the package" }
            : new SignatureVerdict(SignatureKind.Bad, $"{index} is not the one that it has signed");
    }

    // SHA256:\n <hex> <size> <name> (deb822(5); Debian: DebianRepository/Format, "MD5Sum, SHA1, SHA256").
    private static bool HasDigest(string release, string name, string sha256)
    {
        bool isSha256 = false;
        foreach (string line in release.Split('\n'))
        {
            if (line.Length > 0 && line[0] != ' ') { isSha256 = line.StartsWith("SHA256:", StringComparison.OrdinalIgnoreCase); }
            else if (isSha256 && line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var digest, _, var file]
                && file == name && digest.Equals(sha256, StringComparison.OrdinalIgnoreCase)) { return true; }
        }

        return false;
    }

    /// <param name="Sha256">Of the uncompressed index.</param>
    /// <param name="Names">It has a package with the digest asked for.</param>
    private sealed record Index(string Sha256, bool Names);

    private static async Task<Index?> ReadIndexAsync(string path, string wanted, CancellationToken ct)
    {
        Index? index = null;
        async Task ReadAsync(Stream stream, CancellationToken token) => index = await ReadIndexAsync(stream, wanted, token).ConfigureAwait(false);
        try
        {
            switch (Path.GetExtension(path))
            {
                case "":
                    using (FileStream plain = File.OpenRead(path)) { await ReadAsync(plain, ct).ConfigureAwait(false); }
                    return index;
                case ".gz":
                    using (var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress)) { await ReadAsync(gzip, ct).ConfigureAwait(false); }
                    return index;
                default:
                    // lz4, xz, zst: apt reads its own.
                    SystemProgram.Output output = await SystemProgram.ReadAsync(AptHelper, ["cat-file", path], ReadAsync, ct).ConfigureAwait(false);
                    return output.ExitCode == 0 ? index : null;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    private static async Task<Index> ReadIndexAsync(Stream stream, string wanted, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] field = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\nSHA256: {wanted.ToLowerInvariant()}\n"));
        byte[] buffer = new byte[(1 << 20) + field.Length];
        bool names = false;
        int kept = 0, read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(kept), ct).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer, kept, read);
            int held = kept + read;
            names |= buffer.AsSpan(0, held).IndexOf(field) >= 0;
            // The field may lie across two reads.
            kept = Math.Min(held, field.Length - 1);
            buffer.AsSpan(held - kept, kept).CopyTo(buffer);
        }

        return new Index(Convert.ToHexStringLower(hash.GetHashAndReset()), names);
    }

    private string[] Lists(string pattern)
    {
        try { return Directory.Exists(lists) ? [.. Directory.EnumerateFiles(lists, pattern).Order(StringComparer.Ordinal)] : []; }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return []; }
    }
}
