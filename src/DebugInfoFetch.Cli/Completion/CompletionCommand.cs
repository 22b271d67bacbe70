using System.CommandLine;
using DebugInfoFetch.Cli.Commands;

namespace DebugInfoFetch.Cli.Completion;

internal static class CompletionCommand
{
    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", CompletionScripts.Shells) };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);
        var command = new DocumentedCommand("completion", "Print a shell's completion script")
        {
            Examples = ["completion bash > /etc/bash_completion.d/dbgfetch", "completion fish > ~/.config/fish/completions/dbgfetch.fish"],
            CompleteArgument = _ => CompletionScripts.Shells,
        };
        command.Add(shell);
        command.SetAction(parse =>
        {
            host.Console.Output.Write(CompletionScripts.For(parse.GetRequiredValue(shell)));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
