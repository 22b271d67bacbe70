using System.Text.Json;

namespace DebugInfoFetch.Sources.Http;

/// <summary>Fields of an answer that may have any shape: what is not there, or is something else, is nothing.</summary>
internal static class JsonFields
{
    private const int MaxEntries = 100_000;
    private const int MaxText = 500;

    public static JsonElement Member(this JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    /// <summary>Elements of an array, up to a bound.</summary>
    public static IEnumerable<JsonElement> Entries(this JsonElement array)
        => array.ValueKind == JsonValueKind.Array ? array.EnumerateArray().Take(MaxEntries) : [];

    /// <summary>A text that is neither empty nor longer than names and addresses are.</summary>
    public static string? Text(this JsonElement element, string name)
        => element.Member(name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 and <= MaxText } text ? text : null;

    /// <summary>A number of bytes.</summary>
    public static long? Size(this JsonElement element, string name)
        => element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long bytes) && bytes > 0 ? bytes : null;
}
