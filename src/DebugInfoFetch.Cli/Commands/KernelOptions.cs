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
        Description = "The kernel: what `uname -r` prints there, a beginning of it, or a text with it (/proc/version, an oops; - reads one)",
    };

    public Option<string?> Architecture { get; } = new("--arch")
    {
        HelpName = "A",
        Description = "Its machine (x86_64, aarch64, …) where the release leaves it open",
    };

    /// <summary><c>--elf</c>, for commands that ask types only; null for the others.</summary>
    public Option<string[]>? ElfFiles { get; private init; }

    public Option<string?> Cache { get; } = CreateCache();
    public Option<bool> Json { get; } = CreateJson();

    /// <summary>Options of a command that asks types only: these can come straight from ELF files.</summary>
    public static KernelOptions OfTypes()
    {
        var options = new KernelOptions
        {
            ElfFiles = new Option<string[]>("--elf")
            {
                HelpName = "FILE",
                Description = "Look in your own build in the place of a cached kernel: vmlinux or a module (again for more)",
            },
        };
        options.Kernel.Required = false;
        return options;
    }

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
        if (ElfFiles is not { } elf) { return; }
        command.Add(elf);
        command.Validators.Add(result =>
        {
            bool hasKernel = result.GetValue(Kernel) is not null, hasElf = result.GetValue(elf) is { Length: > 0 };
            if (hasKernel == hasElf) { result.AddError($"{command.Name} takes either --kernel RELEASE or --elf FILE"); }
        });
    }
}
