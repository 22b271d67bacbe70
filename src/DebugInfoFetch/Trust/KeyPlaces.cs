using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Trust;

/// <summary>A file with public keys, as bytes that gpgv reads.</summary>
public sealed record KeyFile(string Path, byte[] Keys);

/// <summary>
/// Where this machine keeps distributions' keys. Only those of the distribution in question count: a key that may sign one distribution's packages says
/// nothing of another's.
/// </summary>
public sealed class KeyPlaces
{
    /// <summary>Files or directories of the user's own, separated by colons; they count for every distribution.</summary>
    public const string Variable = "DBGFETCH_KEYRINGS";
    private const string Collection = "/usr/share/distribution-gpg-keys";
    private const string RpmKeys = "/etc/pki/rpm-gpg";
    private const string Keyrings = "/usr/share/keyrings";
    private const string PacmanKeys = "/usr/share/pacman/keyrings";
    private const string ArchKeys = "archlinux";
    /// <summary>pacman-key's list of fingerprints that no longer count, although their keys are still in the keyring.</summary>
    private const string ArchRevoked = "archlinux-revoked";
    /// <summary>Keys that a distribution no longer uses, in one of these files for old archives' sake.</summary>
    private const string Removed = "removed";
    private const int MostBytes = 4 << 20;
    private const int MostFiles = 1000;

    private readonly List<(string Folder, Func<string, bool> Wanted)> _places;

    /// <param name="distribution">Unknown: keys of all distributions count.</param>
    /// <param name="environment">Reads an environment variable; null is this process's environment.</param>
    /// <param name="root">Put before the machine's own places; for tests.</param>
    public KeyPlaces(Distribution distribution, Func<string, string?>? environment = null, string root = "")
    {
        string[] own = ((environment ?? Environment.GetEnvironmentVariable)(Variable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        _places = [.. own.Select(o => (o, (Func<string, bool>)(_ => true)))];
        bool isDebianKind = distribution is Distribution.Debian or Distribution.Ubuntu or Distribution.Unknown;
        // apt's own keyrings; whatever else is there belongs to third parties' archives.
        if (isDebianKind)
        {
            string[] names = distribution switch { Distribution.Debian => ["debian-"], Distribution.Ubuntu => ["ubuntu-"], _ => ["debian-", "ubuntu-"] };
            _places.Add((root + Keyrings, n => names.Any(name => n.StartsWith(name, StringComparison.Ordinal))));
        }

        if (distribution is Distribution.Arch or Distribution.Unknown)
        {
            _places.Add((root + PacmanKeys, n => n.StartsWith(ArchKeys, StringComparison.Ordinal)));
            // Debian's archlinux-keyring.
            if (distribution == Distribution.Arch) { _places.Add((root + Keyrings, n => n.StartsWith(ArchKeys, StringComparison.Ordinal))); }
        }

        // What the administrator has let rpm trust.
        if (distribution is not (Distribution.Debian or Distribution.Ubuntu or Distribution.Arch)) { _places.Add((root + RpmKeys, _ => true)); }
        _places.AddRange(FoldersOf(distribution).Select(f => ($"{root}{Collection}/{f}", (Func<string, bool>)(_ => true))));
    }

    /// <summary>Every place, for the message when nothing fits.</summary>
    public string Text => string.Join(", ", _places.Select(p => p.Folder));

    /// <summary>Key files, in the order of the places; what cannot be read is passed over.</summary>
    public IEnumerable<KeyFile> Files()
    {
        foreach ((string place, Func<string, bool> isWanted) in _places)
        {
            IEnumerable<string> paths = File.Exists(place) ? [place] : Directory.Exists(place) ? FilesBelow(place) : [];
            foreach (string path in paths.Where(p => isWanted(Path.GetFileName(p)) && !Path.GetFileName(p).Contains(Removed, StringComparison.Ordinal)))
            {
                if (Read(path) is { } keys) { yield return new KeyFile(path, keys); }
            }
        }
    }

    /// <summary>Arch says that the key does not count any more.</summary>
    /// <param name="fingerprint">40 hex digits, upper case.</param>
    public bool IsRevoked(string fingerprint)
        => fingerprint.Length > 0 && _places.Select(place => Path.Combine(place.Folder, ArchRevoked)).Where(File.Exists).Any(list =>
        {
            try { return File.ReadLines(list).Take(MostFiles).Any(line => line.Trim().Equals(fingerprint, StringComparison.OrdinalIgnoreCase)); }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return true; }
        });

    /// <summary>The first file that has the key; null when none has.</summary>
    /// <param name="keyId">16 hex digits, upper case.</param>
    public KeyFile? Find(string keyId) => Files().FirstOrDefault(f => OpenPgpPackets.KeyIds(f.Keys).Contains(keyId));

    private static string[] FilesBelow(string folder)
    {
        try { return [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Take(MostFiles)]; }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return []; }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.Length is > 0 and <= MostBytes ? OpenPgpArmor.Remove(File.ReadAllBytes(path)) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Folders of the package distribution-gpg-keys.
    private static string[] FoldersOf(Distribution distribution) => distribution switch
    {
        Distribution.Unknown => [.. Enum.GetValues<Distribution>().Where(d => d != Distribution.Unknown).SelectMany(FoldersOf).Distinct()],
        Distribution.Fedora => ["fedora"],
        Distribution.CentOS => ["centos"],
        Distribution.RhelLike => ["redhat", "alma", "rocky", "oraclelinux"],
        Distribution.Rhel => ["redhat"],
        Distribution.Alma => ["alma"],
        Distribution.Rocky => ["rocky"],
        Distribution.Oracle => ["oraclelinux"],
        Distribution.Amazon => ["amazon-linux"],
        Distribution.OpenSuse => ["opensuse", "suse"],
        Distribution.Debian => ["debian"],
        Distribution.Ubuntu => ["ubuntu"],
        _ => [],
    };
}
