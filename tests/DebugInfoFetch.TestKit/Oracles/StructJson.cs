using System.Text.Json;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>Reads what <c>dbgfetch struct --json</c> prints: one object a line, as the README documents it.</summary>
public static class StructJson
{
    /// <exception cref="FormatException">A line that is no such object; the message quotes it.</exception>
    public static IReadOnlyList<TypeLayout> Parse(IEnumerable<string> lines)
    {
        List<TypeLayout> types = [];
        foreach (string line in lines)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                JsonElement type = document.RootElement;
                List<MemberLayout> members = [];
                Flatten(type, "", members);
                types.Add(new TypeLayout(
                    type.GetProperty("kind").GetString()!, type.GetProperty("name").GetString()!, Long(type, "byteSize"), members, type.GetProperty("module").GetString()!));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new FormatException($"{e.Message}: {(line.Length > 400 ? line[..400] + "…" : line)}", e);
            }
        }

        return types;
    }

    private static void Flatten(JsonElement holder, string prefix, List<MemberLayout> into)
    {
        if (!holder.TryGetProperty("members", out JsonElement members) || members.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        foreach (JsonElement member in members.EnumerateArray())
        {
            string path = prefix + member.GetProperty("name").GetString();
            // An array of open length has no size of its own; pahole counts it as 0.
            long size = Long(member, "byteSize") ?? 0;
            into.Add(Long(member, "bitSize") is { } width
                ? new MemberLayout(path, null, size, Long(member, "bitOffset"), (int)width)
                : new MemberLayout(path, Long(member, "byteOffset"), size));
            Flatten(member, path + ".", into);
        }
    }

    private static long? Long(JsonElement element, string name)
        => element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : null;
}
