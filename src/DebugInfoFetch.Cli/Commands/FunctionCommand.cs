using System.CommandLine;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

internal static class FunctionCommand
{
    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var inside = new BodyOptions();
        var function = new Argument<string>("FUNCTION") { Description = "[MOD:]NAME[@SOURCE], as the source calls it" };
        var command = new DocumentedCommand("function", "What became of a function and of each of its parameters, copy by copy")
        {
            Examples =
            [
                "function --kernel 6.13.5-200.fc41 vfs_read",
                "function --kernel 6.13.5-200.fc41 --explain btrfs:__btrfs_add_free_space_zoned",
            ],
            CompleteArgument = NameCompletion.Functions,
        };
        command.Add(function);
        command.Add(inside.Explain);
        command.Add(inside.ElfFiles);
        options.AddTo(command);
        command.SetAction(parse =>
        {
            using IOpenKernel open = KernelAccess.Open(host, parse, options);
            string name = parse.GetRequiredValue(function);
            FunctionAnswer answer = new FunctionReport(open.Model, inside.Bodies(host, parse, open)).Function(name, parse.GetValue(inside.Explain));
            return (int)new FunctionRendering(host.Console).Write(name, answer, parse.GetValue(options.Json), BtfMark.IsBtf(open));
        });
        return command;
    }
}
