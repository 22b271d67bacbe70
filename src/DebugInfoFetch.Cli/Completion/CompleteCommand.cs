using System.CommandLine;
using System.CommandLine.Completions;
using DebugInfoFetch.Cli.Commands;

namespace DebugInfoFetch.Cli.Completion;

/// <summary>
/// <c>dbgfetch __complete -- WORD...</c>, called by the shells' scripts: prints what the last word may become, one a line. The words come apart
/// already, so that no quoting of one shell has to be undone here.
/// </summary>
internal static class CompleteCommand
{
    public const string Name = "__complete";

    public static Command Create(CliHost host)
    {
        var words = new Argument<string[]>("WORD") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(Name, "for the shells' completion scripts") { words };
        command.Hidden = true;
        command.SetAction(parse =>
        {
            Command root = parse.RootCommandResult.Command;
            foreach (string candidate in Candidates(host, root, parse.GetValue(words) ?? [])) { host.Console.Output.Write(candidate + "\n"); }
            return (int)ExitCode.Success;
        });
        return command;
    }

    public static IReadOnlyList<string> Candidates(CliHost host, Command root, IReadOnlyList<string> words)
    {
        string word = words.Count > 0 ? words[^1] : "";
        try
        {
            return [.. Offered(host, root, words, word).Where(candidate => candidate.StartsWith(word, StringComparison.Ordinal))];
        }
        catch (Exception)
        {
            // Nobody wants an error in the middle of the line that they are typing.
            return [];
        }
    }

    private static IEnumerable<string> Offered(CliHost host, Command root, IReadOnlyList<string> words, string word)
    {
        Command? command = words.Count > 1 ? root.Subcommands.FirstOrDefault(sub => sub.Name == words[0] && !sub.Hidden) : null;
        if (command is null) { return words.Count <= 1 ? root.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name) : []; }

        var request = new CompletionRequest(host, ValueOf(words, KernelOptions.KernelName, "-k"), ValueOf(words, KernelOptions.CacheName), word);
        Option? before = words.Count > 2 ? OptionNamed(command, words[^2]) : null;
        if (before is not null && before.Arity.MaximumNumberOfValues > 0 && before.ValueType != typeof(bool))
        {
            return before.Name == KernelOptions.KernelName
                ? NameCompletion.Kernels(request)
                : before.GetCompletions(CompletionContext.Empty).Select(item => item.Label);
        }

        if (word.StartsWith('-'))
        {
            return command.Options.Where(option => !option.Hidden).Select(option => option.Name).Append("--help");
        }

        return (command as DocumentedCommand)?.CompleteArgument?.Invoke(request) ?? [];
    }

    private static Option? OptionNamed(Command command, string name)
        => command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static string? ValueOf(IReadOnlyList<string> words, params ReadOnlySpan<string> names)
    {
        for (int i = 0; i + 1 < words.Count; i++)
        {
            if (names.Contains(words[i])) { return words[i + 1]; }
            foreach (string name in names)
            {
                if (words[i].StartsWith(name + "=", StringComparison.Ordinal)) { return words[i][(name.Length + 1)..]; }
            }
        }

        return null;
    }
}
