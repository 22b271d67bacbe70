using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Cli;

/// <summary>A command line that cannot be run: what is wrong with it, what was probably meant, and where the help is.</summary>
internal sealed record UsageFault(string Command, IReadOnlyList<string> Messages, IReadOnlyList<string> Suggestions)
{
    /// <returns>Null when the command line is fine.</returns>
    public static UsageFault? Of(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        bool isRoot = command is RootCommand;
        string name = isRoot ? "" : command.Name + " ";
        if (StrayOption(parse) is { } stray)
        {
            IEnumerable<string> known = command.Options.Where(option => !option.Hidden).Select(option => option.Name).Append("--help");
            return new(name, [$"unknown option {stray}"], SimilarName.Among(known, stray));
        }

        if (parse.Action is not ParseErrorAction) { return null; }
        if (isRoot && parse.UnmatchedTokens.Count > 0)
        {
            string typed = parse.UnmatchedTokens[0];
            IEnumerable<string> known = command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name);
            return new(name, [$"unknown command {typed}"], SimilarName.Among(known, typed));
        }

        return new(name, [.. parse.Errors.Select(error => OneLine(error.Message)).Distinct()], []);
    }

    public void Report(CliConsole console)
    {
        foreach (string message in Messages) { console.Fault(message); }
        if (Suggestions.Count > 0) { console.Hint($"did you mean {string.Join(" or ", Suggestions)}?"); }
        console.Hint($"help: dbgfetch {Command}--help");
    }

    private static string OneLine(string message) => string.Join(' ', message.Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>A mistyped option that the parser took for a positional argument; no path, symbol or fetch argument begins with two dashes.</summary>
    private static string? StrayOption(ParseResult parse)
    {
        foreach (Token token in parse.Tokens)
        {
            if (token.Type == TokenType.DoubleDash) { return null; }
            if (token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal)) { return token.Value; }
        }

        return parse.UnmatchedTokens.FirstOrDefault(token => token.StartsWith("--", StringComparison.Ordinal));
    }
}
