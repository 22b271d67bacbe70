namespace DebugInfoFetch.Trust;

/// <summary>The system's own verifier, gpgv (Debian gpgv, Fedora gnupg2): it gets key, signature and data as files, and its status lines are read (GnuPG: doc/DETAILS).</summary>
/// <param name="program">Its name or path.</param>
public sealed class Gpgv(string program = "gpgv")
{
    private const int MostStatus = 256 * 1024;
    private const string Missing = "gpgv is not on this machine (Debian: gpgv, Fedora: gnupg2)";

    /// <summary>Verifies a signature that stands apart from what it is over.</summary>
    public Task<SignatureVerdict> VerifyAsync(KeyFile key, byte[] signature, ReadOnlyMemory<byte> data, CancellationToken ct)
        => WithFilesAsync(async folder =>
        {
            string keys = await WriteAsync(folder, "keys.gpg", key.Keys, ct).ConfigureAwait(false);
            string sig = await WriteAsync(folder, "signature", signature, ct).ConfigureAwait(false);
            string file = await WriteAsync(folder, "data", data, ct).ConfigureAwait(false);
            return Judge(await RunAsync(folder, ["--keyring", keys, sig, file], ct).ConfigureAwait(false), key);
        });

    /// <summary>Verifies a signature over a file, which is not read here.</summary>
    public Task<SignatureVerdict> VerifyFileAsync(KeyFile key, byte[] signature, string path, CancellationToken ct)
        => WithFilesAsync(async folder =>
        {
            string keys = await WriteAsync(folder, "keys.gpg", key.Keys, ct).ConfigureAwait(false);
            string sig = await WriteAsync(folder, "signature", signature, ct).ConfigureAwait(false);
            return Judge(await RunAsync(folder, ["--keyring", keys, sig, Path.GetFullPath(path)], ct).ConfigureAwait(false), key);
        });

    /// <summary>Verifies a text that is signed as a whole (RFC 9580 §7), as Debian's InRelease is.</summary>
    /// <returns>The verdict, and the part of the text that the signature covers; what stands around it is nobody's. Null unless the verdict is good.</returns>
    public Task<(SignatureVerdict Verdict, string? Signed)> VerifyTextAsync(IReadOnlyList<KeyFile> keys, byte[] text, CancellationToken ct)
        => WithFilesAsync(async folder =>
        {
            List<string> arguments = [];
            for (int i = 0; i < keys.Count; i++)
            {
                arguments.AddRange(["--keyring", await WriteAsync(folder, $"keys{i}.gpg", keys[i].Keys, ct).ConfigureAwait(false)]);
            }

            string signed = Path.Combine(folder, "signed");
            arguments.AddRange(["--output", signed, await WriteAsync(folder, "text", text, ct).ConfigureAwait(false)]);
            SignatureVerdict verdict = Judge(await RunAsync(folder, arguments, ct).ConfigureAwait(false), null);
            return (verdict, verdict.IsGood && File.Exists(signed) ? await File.ReadAllTextAsync(signed, ct).ConfigureAwait(false) : null);
        });

    private Task<SystemProgram.Output> RunAsync(string folder, IReadOnlyList<string> arguments, CancellationToken ct)
        => SystemProgram.RunAsync(program, ["--homedir", folder, "--status-fd", "1", .. arguments], MostStatus, ct);

    // A directory that only this user can look into.
    private static async Task<T> WithFilesAsync<T>(Func<string, Task<T>> action)
    {
        string folder = Directory.CreateTempSubdirectory("dbgfetch-").FullName;
        try { return await action(folder).ConfigureAwait(false); }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private static async Task<string> WriteAsync(string folder, string name, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        string path = Path.Combine(folder, name);
        await File.WriteAllBytesAsync(path, bytes, ct).ConfigureAwait(false);
        return path;
    }

    /// <summary>Of several signatures one good one is enough, as for apt; one that does not fit spoils all.</summary>
    private static SignatureVerdict Judge(SystemProgram.Output output, KeyFile? key)
    {
        if (output.ExitCode is null)
        {
            return new SignatureVerdict(SignatureKind.NotChecked, output.Error.Contains("not on this machine", StringComparison.Ordinal) ? Missing : output.Error);
        }

        var verdicts = new List<SignatureVerdict>();
        SignatureVerdict? current = null;
        foreach (string line in output.Text.Split('\n').Where(l => l.StartsWith("[GNUPG:] ", StringComparison.Ordinal)))
        {
            string[] words = line[9..].Split(' ', 3);
            string id = words.Length > 1 ? words[1] : "";
            string user = words.Length > 2 ? Shown(words[2]) : "";
            switch (words[0])
            {
                // Good only with the VALIDSIG line behind it, which has the digest's number.
                case "GOODSIG": current = new SignatureVerdict(SignatureKind.Good, $"signed by {user} (key {id}{Of(key)})", id, user); break;
                case "EXPKEYSIG": current = new SignatureVerdict(SignatureKind.Doubtful, $"signed by {user} with a key that has expired since or before (key {id}{Of(key)})", id, user); break;
                case "EXPSIG": current = new SignatureVerdict(SignatureKind.Doubtful, $"signed by {user}, the signature has expired (key {id}{Of(key)})", id, user); break;
                case "REVKEYSIG": current = new SignatureVerdict(SignatureKind.Doubtful, $"signed by {user} with a key that was revoked (key {id}{Of(key)})", id, user); break;
                case "BADSIG": verdicts.Add(new SignatureVerdict(SignatureKind.Bad, $"the signature by {user} (key {id}) does not fit: changed after it was signed", id, user)); break;
                case "NO_PUBKEY": verdicts.Add(new SignatureVerdict(SignatureKind.UnknownKey, $"signed with key {id}, which is not among this machine's", id)); break;
                case "VALIDSIG" when current is not null:
                    current = current with { PrimaryFingerprint = line.Trim().Split(' ')[^1] };
                    verdicts.Add(UsesBrokenDigest(line) ? current with { Kind = SignatureKind.Doubtful, Text = $"{current.Text}, over a broken digest (MD5 or SHA-1)" } : current);
                    current = null;
                    break;
                default: break;
            }
        }

        return verdicts.Find(v => v.Kind == SignatureKind.Bad) ?? verdicts.Find(v => v.IsGood) ?? verdicts.Find(v => v.Kind == SignatureKind.Doubtful)
            ?? verdicts.FirstOrDefault() ?? new SignatureVerdict(SignatureKind.NotChecked, "the signature is of a kind that this machine's gpgv cannot read");
    }

    // VALIDSIG fingerprint date time expiry version reserved key-algorithm hash-algorithm class …; 1 is MD5, 2 SHA-1.
    private static bool UsesBrokenDigest(string line) => line[9..].Split(' ') is not { Length: > 8 } words || words[8] is "1" or "2";

    private static string Of(KeyFile? key) => key is null ? "" : $" of {key.Path}";

    // A user ID is a text of whoever made the key.
    private static string Shown(string user) => new([.. user.Where(c => !char.IsControl(c)).Take(200)]);
}
