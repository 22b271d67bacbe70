using System.CommandLine;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Cli.Backend;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>The options of the commands that look inside functions.</summary>
internal sealed class BodyOptions
{
    public Option<string[]> ElfFiles { get; } = new("--elf")
    {
        HelpName = "FILE",
        Description = "The debug file of vmlinux or the module, where it is not found by itself",
        AllowMultipleArgumentsPerToken = false,
    };

    public Option<bool> Inlines { get; } = new("--inlines") { Description = "Inlined copies too" };

    public Option<bool> Explain { get; } = new("--explain") { Description = "With the DIEs and location list entries that say so" };

    public IBodies Bodies(CliHost host, ParseResult parse, IOpenKernel open)
        => open.Bodies(parse.GetValue(ElfFiles) ?? [], host.Console.Environment, host.Console.Note);
}
