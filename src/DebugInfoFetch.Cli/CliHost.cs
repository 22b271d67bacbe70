using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;

namespace DebugInfoFetch.Cli;

/// <summary>What the commands work with; tests put their own in its place.</summary>
/// <param name="OpenStore">The cache in that directory. It need not exist.</param>
/// <param name="Fetcher">Made when a command needs it, so that queries don't load what downloads take.</param>
public sealed record CliHost(CliConsole Console, Func<string, IKernelStore> OpenStore, Func<IKernelFetcher> Fetcher)
{
    /// <summary>Made when a command needs it.</summary>
    public Func<IKernelFinder> Finder { get; init; } = KernelBackend.CreateFinder;

    /// <summary><c>--cache</c>, else <c>DBGFETCH_CACHE</c>, else <c>$XDG_CACHE_HOME/dbgfetch</c>, else <c>~/.cache/dbgfetch</c>.</summary>
    public string CacheDirectory(string? option)
    {
        if (!string.IsNullOrEmpty(option)) { return Path.GetFullPath(option); }
        if (Console.Environment("DBGFETCH_CACHE") is { Length: > 0 } set) { return Path.GetFullPath(set); }
        // The XDG base directory specification: a relative path in the variable is to be ignored.
        if (Console.Environment("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg)) { return Path.Combine(xdg, "dbgfetch"); }
        string home = Console.Environment("HOME") is { Length: > 0 } set2 ? set2 : System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
        return Path.Combine(home, ".cache", "dbgfetch");
    }
}
