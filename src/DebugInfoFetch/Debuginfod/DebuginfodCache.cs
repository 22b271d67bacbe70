using System.Globalization;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Debuginfod;

/// <summary>
/// The client cache that every user of libdebuginfod shares (gdb, perf, drgn, readelf): <c>HEX/{debuginfo,executable,section-NAME}</c>, an empty file
/// for "nobody has it". The layout and its rules are those of elfutils' debuginfod-client.c (0.188 to 0.193).
/// </summary>
/// <param name="directory">It need not exist.</param>
public sealed class DebuginfodCache(string directory, TimeProvider? clock = null)
{
    private const string OldName = ".debuginfod_client_cache";
    private const string Name = "debuginfod_client";
    /// <summary>Seconds for which "nobody has it" is believed.</summary>
    internal const string MissFile = "cache_miss_s";
    /// <summary>Seconds between cleanings; its modification time is the last cleaning's.</summary>
    internal const string CleanFile = "cache_clean_interval_s";
    /// <summary>Seconds after which a file that nobody read goes.</summary>
    internal const string AgeFile = "max_unused_age_s";

    /// <summary>How the names of files begin that clients keep: <c>source##usr##include##x.h</c> and <c>hdr-debuginfo</c> are others' only.</summary>
    private static readonly string[] Kinds = ["debuginfo", "executable", "section-", "source", "hdr-"];
    private static readonly (string Name, string Seconds)[] Defaults = [(CleanFile, "86400"), (AgeFile, "604800"), (MissFile, "600")];

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    public string Directory { get; } = directory;

    /// <summary>
    /// <c>$DEBUGINFOD_CACHE_PATH</c>, else <c>$HOME/.debuginfod_client_cache</c> where it exists, else <c>debuginfod_client</c> in the user's cache directory.
    /// </summary>
    /// <param name="environment">Reads an environment variable; null is this process's environment.</param>
    public static DebuginfodCache FromEnvironment(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        string? Set(string variable) => environment(variable) is { Length: > 0 } value ? value : null;
        string home = Set("HOME") ?? "/";
        string old = Path.Combine(home, OldName);
        return new DebuginfodCache(Set("DEBUGINFOD_CACHE_PATH")
            ?? (Path.Exists(old) ? old : Path.Combine(Set("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), Name)));
    }

    /// <summary>Where the file is or would be.</summary>
    public string PathOf(BuildId id, DebuginfodArtifact artifact) => Path.Combine(Directory, id.Hex, artifact.FileName);

    /// <summary>The file's path when it is there, which then counts as used; null otherwise.</summary>
    public string? Find(BuildId id, DebuginfodArtifact artifact)
    {
        var file = new FileInfo(PathOf(id, artifact));
        if (!file.Exists || file.Length == 0) { return null; }
        Quietly(() => file.LastAccessTimeUtc = _clock.GetUtcNow().UtcDateTime);
        return file.FullName;
    }

    /// <summary>No server had it a short while ago: they need not be asked again yet.</summary>
    public bool IsKnownMissing(BuildId id, DebuginfodArtifact artifact)
    {
        var file = new FileInfo(PathOf(id, artifact));
        return file is { Exists: true, Length: 0 } && Age(file.LastWriteTimeUtc) <= Setting(MissFile, 600);
    }

    /// <summary>Notes that no server has it.</summary>
    public void NoteMissing(BuildId id, DebuginfodArtifact artifact)
    {
        string path = PathOf(id, artifact);
        Quietly(() =>
        {
            MakeDirectories(id);
            if (File.Exists(path) && new FileInfo(path).Length == 0) { File.Delete(path); }
            using var empty = new FileStream(path, FileMode.CreateNew);
        });
    }

    /// <summary>Begins a file of the cache; nobody sees it before <see cref="DebuginfodCacheEntry.Commit"/>.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache cannot be written.</exception>
    public DebuginfodCacheEntry Create(BuildId id, DebuginfodArtifact artifact)
    {
        Clean();
        // Another client's cleaning may take the empty directory away just then.
        for (bool isSecond = false; ; isSecond = true)
        {
            MakeDirectories(id);
            try { return new DebuginfodCacheEntry(PathOf(id, artifact), _clock); }
            catch (DirectoryNotFoundException) when (!isSecond) { }
        }
    }

    /// <summary>Lets files go that nobody has read for long, if the last cleaning is long enough ago. Never fails.</summary>
    public void Clean() => Quietly(() =>
    {
        var due = new FileInfo(Path.Combine(Directory, CleanFile));
        if (!due.Exists || Age(due.LastWriteTimeUtc) < Setting(CleanFile, 24 * 60 * 60)) { return; }
        due.LastWriteTimeUtc = _clock.GetUtcNow().UtcDateTime;
        double tooOld = Setting(AgeFile, 7 * 24 * 60 * 60);
        foreach (DirectoryInfo build in new DirectoryInfo(Directory).EnumerateDirectories().Where(d => BuildId.TryParse(d.Name, out _)))
        {
            bool isOld = Age(build.LastWriteTimeUtc) >= tooOld;
            foreach (FileInfo file in build.EnumerateFiles().Where(f => IsOurs(f.Name)))
            {
                if (Math.Min(Age(file.LastAccessTimeUtc), Age(file.LastWriteTimeUtc)) >= tooOld) { Quietly(file.Delete); }
            }

            // Fails unless it is empty.
            if (isOld) { Quietly(() => build.Delete(recursive: false)); }
        }
    });

    private static bool IsOurs(string name) => Kinds.Any(kind => name.StartsWith(kind, StringComparison.Ordinal));

    private double Age(DateTime then) => (_clock.GetUtcNow().UtcDateTime - then).TotalSeconds;

    private long Setting(string name, long otherwise)
    {
        try
        {
            using var file = new StreamReader(Path.Combine(Directory, name));
            Span<char> text = stackalloc char[24];
            int read = file.ReadBlock(text);
            ReadOnlySpan<char> number = text[..read].Trim();
            return long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) ? seconds : otherwise;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return otherwise;
        }
    }

    private void MakeDirectories(BuildId id)
    {
        Make(Directory);
        foreach ((string name, string seconds) in Defaults)
        {
            string path = Path.Combine(Directory, name);
            if (!File.Exists(path)) { Quietly(() => File.WriteAllText(path, seconds)); }
        }

        Make(Path.Combine(Directory, id.Hex));
    }

    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows()) { System.IO.Directory.CreateDirectory(path); }
        else { System.IO.Directory.CreateDirectory(path, OwnerOnly); }
    }

    /// <summary>The cache is a help, no need: where it cannot be written, there is one help less.</summary>
    private static void Quietly(Action action)
    {
        try { action(); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { }
    }
}
