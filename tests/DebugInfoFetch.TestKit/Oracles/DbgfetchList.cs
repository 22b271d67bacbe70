using System.Text.Json;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>Why the program prints no line.</summary>
/// <param name="Reason">One of a closed list, as the README names them (<c>notProbeable</c>).</param>
public sealed record Refusal(string Reason, string Message);

/// <summary>What <c>dbgfetch probe --file LIST --json</c> answers to <c>F $params</c>, an object a line of the list.</summary>
public sealed partial class DbgfetchList
{
    private readonly Dictionary<(string Module, string Symbol), List<DefinitionLine>> _definitions = [];
    private readonly Dictionary<string, Refusal> _refusals = [];
    private readonly Dictionary<(string Request, string Parameter), string> _structs = [];

    /// <summary>Lines for copies under this symbol's name; several where the name is not unique.</summary>
    public IReadOnlyList<DefinitionLine> Definitions(FunctionSymbol symbol) => _definitions.GetValueOrDefault((symbol.File, symbol.Name)) ?? [];

    /// <summary>The reason, when the function was refused.</summary>
    public Refusal? Refusal(FunctionSymbol symbol) => _refusals.GetValueOrDefault(symbol.Request);

    /// <summary>The type of a parameter that a note says was left out for being a struct as a whole; null when no note says so.</summary>
    public string? LeftOutStruct(FunctionSymbol symbol, string parameter) => _structs.GetValueOrDefault((symbol.Request, parameter));

    /// <summary>All types that such notes name.</summary>
    public IEnumerable<string> StructTypes => _structs.Values.Distinct();

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

            foreach (JsonElement note in answer.GetProperty("notes").EnumerateArray())
            {
                if (LeftOut().Match(note.GetString()!) is { Success: true } left)
                {
                    answers._structs[(Text(answer, "function"), left.Groups["parameter"].Value)] = left.Groups["type"].Value;
                }
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

    [GeneratedRegex(@"^(?<parameter>\w+) is left out: \w+ is an? (?<type>.+) as a whole: name a member$")]
    private static partial Regex LeftOut();

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
