using System.Text.Json;

namespace DebugInfoFetch.Boot;

/// <summary>A line for <c>kprobe_events</c>.</summary>
/// <param name="Symbol">The symbol that the probe is in.</param>
internal sealed record ProbeLine(string Definition, string? Symbol)
{
    /// <summary>What stands in front of <c>:</c> in its place; empty for the kernel itself.</summary>
    public string Module => Definition.Split(' ')[1].Split(':') is [var module, _] ? module : "";

    /// <summary>Whether it is in another function's code.</summary>
    public bool IsInlined(string function) => Symbol?.Split('.')[0] != function;
}

/// <summary>One answer of <c>probe --json</c>: lines, or the reason why there are none.</summary>
/// <param name="Function">FUNCTION as it was asked for.</param>
/// <param name="Reason">Null where there are lines.</param>
/// <param name="Hints">What works instead.</param>
/// <param name="Notes">What goes with the lines.</param>
/// <param name="Json">The answer as it was printed.</param>
internal sealed record ProbeReply(
    string Function, IReadOnlyList<ProbeLine> Definitions, string? Reason, string Message, IReadOnlyList<string> Hints, IReadOnlyList<string> Notes, string Json)
{
    public IReadOnlyList<string> Lines => [.. Definitions.Select(line => line.Definition)];

    /// <summary>The name alone, without module, source file and what of the function was asked for.</summary>
    public string Name => Function.Split('@')[0].Replace("%return", "", StringComparison.Ordinal).Split(':')[^1];

    public static ProbeReply Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement reply = document.RootElement;
        string function = reply.GetProperty("function").GetString()!;
        return reply.TryGetProperty("refused", out JsonElement refused)
            ? new ProbeReply(function, [], refused.GetProperty("reason").GetString()!, refused.GetProperty("message").GetString()!, Texts(refused.GetProperty("hints")), [], json)
            : new ProbeReply(function, [.. reply.GetProperty("definitions").EnumerateArray().Select(DefinitionOf)], null, "", [], Texts(reply.GetProperty("notes")), json);
    }

    private static ProbeLine DefinitionOf(JsonElement definition) => new(definition.GetProperty("definition").GetString()!, definition.GetProperty("symbol").GetString());

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];
}
