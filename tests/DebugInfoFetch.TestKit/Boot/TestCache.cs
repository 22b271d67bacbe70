namespace DebugInfoFetch.TestKit.Boot;

/// <summary>
/// Where tests keep what is costly to get (packages, indexed kernels) from one run to the next: <c>DBGFETCH_TEST_CACHE</c>, else
/// <c>$XDG_CACHE_HOME/dbgfetch-tests</c>, else <c>~/.cache/dbgfetch-tests</c>.
/// </summary>
public static class TestCache
{
    public static string Root { get; } = Locate();

    /// <summary>The <c>--cache</c> of every test that indexes a real kernel, so that it is indexed once.</summary>
    public static string IndexedKernels => Subdirectory("kernels");

    /// <summary>A folder of the cache; made when it is not there.</summary>
    public static string Subdirectory(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    private static string Locate()
    {
        if (Environment.GetEnvironmentVariable("DBGFETCH_TEST_CACHE") is { Length: > 0 } given) { return Path.GetFullPath(given); }
        string caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/root", ".cache");
        return Path.Combine(caches, "dbgfetch-tests");
    }
}
