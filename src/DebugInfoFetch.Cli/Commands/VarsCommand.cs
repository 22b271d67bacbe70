using System.CommandLine;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

internal static class VarsCommand
{
    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var inside = new BodyOptions();
        var place = new Argument<string>("PLACE") { Description = "[MOD:]NAME[@SOURCE][+OFF|:LINE], or FILE:LINE" };
        var command = new DocumentedCommand("vars", "Parameters and variables at a place in code, and how to fetch them there")
        {
            Examples =
            [
                "vars --kernel 6.13.5-200.fc41 vfs_read:12",
                "vars --kernel 6.13.5-200.fc41 --explain vfs_read+0x35",
                "vars --kernel 6.13.5-200.fc41 fs/read_write.c:561",
                "vars --kernel 6.13.5-200.fc41 --inlines fsnotify_access",
            ],
            CompleteArgument = NameCompletion.Functions,
        };
        command.Add(place);
        command.Add(inside.Inlines);
        command.Add(inside.Explain);
        command.Add(inside.ElfFiles);
        options.AddTo(command);
        command.SetAction(parse =>
        {
            using IOpenKernel open = KernelAccess.Open(host, parse, options);
            string text = parse.GetRequiredValue(place);
            FunctionAnswer answer = new FunctionReport(open.Model, inside.Bodies(host, parse, open)).Variables(text, parse.GetValue(inside.Inlines), parse.GetValue(inside.Explain));
            return (int)new FunctionRendering(host.Console).Write(text, answer, parse.GetValue(options.Json), BtfMark.IsBtf(open));
        });
        return command;
    }
}
