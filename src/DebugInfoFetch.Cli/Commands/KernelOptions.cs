using System.CommandLine;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>The options of every command that asks one kernel. One instance a command.</summary>
internal sealed class KernelOptions
{
    public const string KernelName = "--kernel";
    public const string CacheName = "--cache";

    public Option<string> Kernel { get; } = new(KernelName, "-k")
    {
        Required = true,
        HelpName = "RELEASE",
        Description = "The kernel: what `uname -r` prints there, or an unambiguous beginning of it",
    };

    public Option<string?> Architecture { get; } = new("--arch")
    {
        HelpName = "A",
        Description = "Its machine (x86_64, aarch64, …) where the release leaves it open",
    };

    public Option<string?> Cache { get; } = CreateCache();
    public Option<bool> Json { get; } = CreateJson();

    public static Option<string?> CreateCache() => new(CacheName)
    {
        HelpName = "DIR",
        Description = "The cache's directory [default: $DBGFETCH_CACHE, $XDG_CACHE_HOME/dbgfetch or ~/.cache/dbgfetch]",
    };

    public static Option<bool> CreateJson() => new("--json") { Description = "Answer in JSON, one object a line (see README.md)" };

    public void AddTo(Command command)
    {
        command.Add(Kernel);
        command.Add(Architecture);
        command.Add(Cache);
        command.Add(Json);
    }
}
