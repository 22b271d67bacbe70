using System.Collections.Concurrent;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>
/// Where tests on real kernels keep what costs time to get: packages, unpacked debug files, the indexed kernel. Content is only ever added
/// under a temporary name and renamed, so that an interrupted run leaves nothing that looks whole; tests that run side by side wait for what another makes.
/// </summary>
public static class TestCache
{
    /// <summary><c>DBGFETCH_TEST_CACHE</c>, by default <c>dbgfetch-tests</c> in the user's cache directory. Created when missing.</summary>
    public static string Root { get; } = Directory.CreateDirectory(Locate()).FullName;

    /// <summary>A directory in it, created when missing.</summary>
    public static string Folder(params string[] names) => Directory.CreateDirectory(Path.Combine([Root, .. names])).FullName;

    /// <summary>The <c>--cache</c> directory that all projects with real kernels share.</summary>
    public static string DbgfetchCache => Folder("dbgfetch");

    /// <summary>Makes a file once: <paramref name="make"/> writes to the temporary path that it is given.</summary>
    public static string FileOnce(string path, Action<string> make)
    {
        lock (Making(path))
        {
            if (File.Exists(path)) { return path; }
            string folder = Scratch(path);
            string partial = Path.Combine(folder, Path.GetFileName(path));
            make(partial);
            File.Move(partial, path, overwrite: true);
            Directory.Delete(folder, recursive: true);
        }

        return path;
    }

    /// <summary>Makes a directory once: <paramref name="make"/> fills the temporary one that it is given.</summary>
    public static string FolderOnce(string path, Action<string> make)
    {
        lock (Making(path))
        {
            if (Directory.Exists(path)) { return path; }
            string partial = Scratch(path);
            make(partial);
            Directory.Move(partial, path);
        }

        return path;
    }

    private static readonly ConcurrentDictionary<string, Lock> Locks = new(StringComparer.Ordinal);

    private static Lock Making(string path) => Locks.GetOrAdd(path, _ => new Lock());

    /// <summary>An empty directory beside <paramref name="path"/>; what an interrupted run left there is gone.</summary>
    private static string Scratch(string path)
    {
        string partial = $"{path}.partial";
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }

        return Directory.CreateDirectory(partial).FullName;
    }

    private static string Locate()
    {
        if (Environment.GetEnvironmentVariable("DBGFETCH_TEST_CACHE") is { Length: > 0 } chosen)
        {
            return chosen;
        }

        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(string.IsNullOrEmpty(cache) ? Path.Combine(home, ".cache") : cache, "dbgfetch-tests");
    }
}
