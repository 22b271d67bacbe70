using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>What <c>dbgfetch probe --file LIST --format definition</c> answers to <c>F $params</c>: definitions, or a refusal with its reason.</summary>
public sealed partial class DbgfetchList
{
    private readonly Dictionary<string, DefinitionLine> _definitions = [];
    private readonly Dictionary<string, string> _refusals = [];

    /// <summary>Line for the copy that starts at this symbol.</summary>
    public DefinitionLine? Definition(FunctionSymbol symbol) => _definitions.GetValueOrDefault(Key(symbol.File, symbol.Name));

    /// <summary>The reason, when the function was refused.</summary>
    public string? Refusal(FunctionSymbol symbol) => _refusals.GetValueOrDefault(symbol.Request);

    public static DbgfetchList Ask(IndexedKernel kernel, IEnumerable<FunctionSymbol> symbols)
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(list, symbols.Select(s => s.Request).Distinct().Select(request => $"{request} $params"));
            // A refusal among the answers makes the exit code 1, as documented; anything else is a fault.
            ToolResult result = kernel.Dbgfetch("probe", "--format", "definition", "--file", list);
            return result.ExitCode is 0 or 1 ? Parse(result.Lines) : throw new InvalidOperationException($"exit {result.ExitCode}: {result.Error}");
        }
        finally
        {
            File.Delete(list);
        }
    }

    /// <summary>Remarks (other lines that begin with <c>#</c>) are for people; anything else has to be a definition.</summary>
    public static DbgfetchList Parse(IEnumerable<string> lines)
    {
        DbgfetchList answers = new();
        foreach (string line in lines)
        {
            if (Refused().Match(line) is { Success: true } refused)
            {
                answers._refusals[refused.Groups["function"].Value] = refused.Groups["reason"].Value;
            }
            else if (!line.StartsWith('#'))
            {
                DefinitionLine definition = DefinitionLine.Parse(line);
                if (definition.Offset == 0)
                {
                    answers._definitions[definition.Symbol] = definition;
                }
            }
        }

        return answers;
    }

    public static string Key(string file, string symbol) => file == "vmlinux" ? symbol : $"{file}:{symbol}";

    [GeneratedRegex(@"^# refused: (?<function>\S+): (?<reason>.+)$")]
    private static partial Regex Refused();
}
