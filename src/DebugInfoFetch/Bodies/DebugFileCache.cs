using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Bodies;

/// <summary>
/// Debug files by build ID, in the layout of elfutils' debuginfod client (<c>HEX/debuginfo</c>), so that gdb, perf, drgn and this program
/// share one copy.
/// </summary>
public sealed class DebugFileCache(string directory)
{
    private const string FileName = "debuginfo";

    public string Directory { get; } = directory;

    /// <summary>
    /// Where the client keeps its cache (debuginfod_find_debuginfo(3)): <c>$DEBUGINFOD_CACHE_PATH</c>, else
    /// <c>~/.debuginfod_client_cache</c> where that is, else <c>${XDG_CACHE_HOME:-~/.cache}/debuginfod_client</c>.
    /// </summary>
    public static string DefaultDirectory(Func<string, string?> environment)
    {
        if (environment("DEBUGINFOD_CACHE_PATH") is { Length: > 0 } set) { return Path.GetFullPath(set); }
        string home = environment("HOME") is { Length: > 0 } at ? at : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string old = Path.Combine(home, ".debuginfod_client_cache");
        if (System.IO.Directory.Exists(old)) { return old; }
        string cache = environment("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg) ? xdg : Path.Combine(home, ".cache");
        return Path.Combine(cache, "debuginfod_client");
    }

    /// <summary>The file of a build ID; null when there is none. An empty file is the client's note that no server had it.</summary>
    public string? Find(string buildId)
    {
        if (!IsBuildId(buildId)) { return null; }
        string path = PathOf(buildId);
        return File.Exists(path) && new FileInfo(path).Length > 0 ? path : null;
    }

    /// <summary>Keeps a file under its build ID: written beside its place, then renamed. Nothing is left of a write that fails.</summary>
    /// <param name="write">Writes the content.</param>
    /// <returns>The file's path.</returns>
    public string Keep(string buildId, Action<Stream> write)
    {
        if (!IsBuildId(buildId)) { throw new InputFaultException($"'{buildId}' is no build ID"); }
        string path = PathOf(buildId);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string partial = $"{path}.{Guid.NewGuid():N}"[..(path.Length + 7)];
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write)) { write(file); }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        return path;
    }

    private string PathOf(string buildId) => Path.Combine(Directory, buildId, FileName);

    /// <summary>A build ID comes out of a file and becomes a directory's name: hex digits and nothing else.</summary>
    private static bool IsBuildId(string text) => text.Length is >= 4 and <= 128 && text.All(char.IsAsciiHexDigitLower);
}
