using System.Text.Json;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>A layout as one JSON object, keys in the order that the README documents.</summary>
public static class StructLayoutJson
{
    /// <param name="from">What it was read from, when that is not debug information.</param>
    public static void Write(Utf8JsonWriter json, StructLayout layout, string? from = null)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, Word(layout.Kind));
        json.WriteString("name"u8, layout.Name);
        json.WriteNumber("byteSize"u8, layout.ByteSize);
        if (layout.DeclaredAt is { } at)
        {
            json.WriteString("file"u8, at.File);
            json.WriteNumber("line"u8, at.Line);
        }
        else
        {
            json.WriteNull("file"u8);
            json.WriteNull("line"u8);
        }

        json.WriteString("module"u8, layout.Module);
        if (layout.Type.Kind == TypeKind.Enum) { WriteEnumerators(json, layout.Type); }
        else { WriteMembers(json, layout.Members); }
        if (from is not null) { json.WriteString("from"u8, from); }
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<LayoutMember> members)
    {
        json.WriteStartArray("members"u8);
        for (int i = 0; i < members.Count; i++)
        {
            LayoutMember member = members[i];
            json.WriteStartObject();
            json.WriteString("name"u8, member.Name);
            json.WriteNumber("byteOffset"u8, member.ByteOffset);
            json.WriteNumber("byteSize"u8, member.ByteSize);
            json.WriteString("type"u8, member.Type);
            if (member.BitSize is { } bitSize)
            {
                json.WriteNumber("bitOffset"u8, member.BitOffset ?? member.ByteOffset * 8);
                json.WriteNumber("bitSize"u8, bitSize);
            }

            if (member.Inline is not null) { WriteMembers(json, member.Members); }
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteEnumerators(Utf8JsonWriter json, TypeInfo type)
    {
        json.WriteStartArray("enumerators"u8);
        foreach (EnumeratorInfo enumerator in type.Enumerators)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, enumerator.Name);
            json.WriteNumber("value"u8, enumerator.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Word(TypeKind kind) => kind switch
    {
        TypeKind.Struct => "struct",
        TypeKind.Union => "union",
        TypeKind.Enum => "enum",
        _ => "typedef",
    };
}
