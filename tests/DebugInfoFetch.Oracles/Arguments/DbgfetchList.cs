using System.Text.Json;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>Why the program prints no line.</summary>
/// <param name="Reason">One of a closed list, as the README names them (<c>notProbeable</c>).</param>
public sealed record Refusal(string Reason, string Message);

/// <summary>What <c>dbgfetch probe --file LIST --json</c> answers to <c>F $params</c>, an object a line of the list.</summary>
public sealed class DbgfetchList
{
    private readonly Dictionary<(string Module, string Symbol), List<DefinitionLine>> _definitions = [];
    private readonly Dictionary<string, Refusal> _refusals = [];

    /// <summary>Lines for copies under this symbol's name; several where the name is not unique.</summary>
    public IReadOnlyList<DefinitionLine> Definitions(FunctionSymbol symbol) => _definitions.GetValueOrDefault((symbol.File, symbol.Name)) ?? [];

    /// <summary>The reason, when the function was refused.</summary>
    public Refusal? Refusal(FunctionSymbol symbol) => _refusals.GetValueOrDefault(symbol.Request);

    public static DbgfetchList Ask(IndexedKernel kernel, IEnumerable<FunctionSymbol> symbols)
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(list, symbols.Select(s => s.Request).Distinct().Select(request => $"{request} $params"));
            // A refusal among the answers makes the exit code 1, as documented; anything else is a fault.
            ToolResult result = kernel.Dbgfetch("probe", "--json", "--file", list);
            return result.ExitCode is 0 or 1 ? Parse(result.Lines) : throw new InvalidOperationException($"exit {result.ExitCode}: {result.Error}");
        }
        finally
        {
            File.Delete(list);
        }
    }

    public static DbgfetchList Parse(IEnumerable<string> lines)
    {
        DbgfetchList answers = new();
        foreach (string line in lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement answer = document.RootElement;
            if (answer.TryGetProperty("refused", out JsonElement refused))
            {
                answers._refusals[Text(answer, "function")] = new Refusal(Text(refused, "reason"), Text(refused, "message"));
                continue;
            }

            foreach (JsonElement definition in answer.GetProperty("definitions").EnumerateArray())
            {
                (string, string) key = (Text(definition, "module"), Text(definition, "symbol"));
                (answers._definitions.TryGetValue(key, out List<DefinitionLine>? known) ? known : answers._definitions[key] = [])
                    .Add(DefinitionLine.Parse(Text(definition, "definition")));
            }
        }

        return answers;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
