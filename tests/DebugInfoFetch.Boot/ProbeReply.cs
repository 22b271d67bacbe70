using System.Text.Json;

namespace DebugInfoFetch.Boot;

/// <summary>One answer of <c>probe --json</c>: lines, or the reason why there are none.</summary>
/// <param name="Function">FUNCTION as it was asked for.</param>
/// <param name="Reason">Null where there are lines.</param>
internal sealed record ProbeReply(string Function, IReadOnlyList<string> Lines, string? Reason, string Message, IReadOnlyList<string> Hints)
{
    public static ProbeReply Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement reply = document.RootElement;
        string function = reply.GetProperty("function").GetString()!;
        return reply.TryGetProperty("refused", out JsonElement refused)
            ? new ProbeReply(function, [], refused.GetProperty("reason").GetString()!, refused.GetProperty("message").GetString()!, Texts(refused.GetProperty("hints")))
            : new ProbeReply(function, [.. reply.GetProperty("definitions").EnumerateArray().Select(d => d.GetProperty("definition").GetString()!)], null, "", []);
    }

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];
}
