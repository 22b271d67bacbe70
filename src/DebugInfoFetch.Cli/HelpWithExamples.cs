using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DebugInfoFetch.Cli.Commands;

namespace DebugInfoFetch.Cli;

/// <summary>A command's help, with its examples at the end.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly string[] MainJob =
    [
        "fetch --kernel 6.13.5-200.fc41",
        "offset --kernel 6.13.5-200.fc41 btrfs_block_group.length",
        "probe --kernel 6.13.5-200.fc41 vfs_read '$params'",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        IReadOnlyList<string> examples = (parseResult.CommandResult.Command as DocumentedCommand)?.Examples ?? MainJob;
        output.Write("Examples:\n");
        foreach (string example in examples) { output.Write($"  dbgfetch {example}\n"); }
        output.Write('\n');
        return (int)ExitCode.Success;
    }
}
