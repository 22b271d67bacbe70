using System.Text.Json;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

/// <param name="Function">FUNCTION as it was asked for.</param>
internal sealed record ProbeReply(string Function, ProbeAnswer Answer);

/// <summary>What a person, a script or the kernel reads of a probe's answer.</summary>
internal sealed class ProbeRendering(CliConsole console, bool asEcho)
{
    /// <summary>Lines to standard output, what must be known of them to standard error; a refusal is an error with what works instead.</summary>
    public void WriteOne(ProbeReply reply)
    {
        switch (reply.Answer)
        {
            case ProbeAnswer.Lines lines:
                WriteDefinitions(lines);
                console.Flush();
                foreach (string note in lines.Notes) { console.Note(note); }
                break;
            case ProbeAnswer.Refused refused:
                console.Fault(refused.Message);
                foreach (string hint in refused.Hints) { console.Hint(hint); }
                break;
        }
    }

    /// <summary>An answer for each of a list, in order; a refusal is a comment, so that the whole can be written to <c>kprobe_events</c>.</summary>
    public void WriteList(IReadOnlyList<ProbeReply> replies)
    {
        foreach (ProbeReply reply in replies)
        {
            switch (reply.Answer)
            {
                case ProbeAnswer.Lines lines:
                    WriteDefinitions(lines);
                    break;
                case ProbeAnswer.Refused refused:
                    console.Output.Write($"# refused: {OneLine(reply.Function)}: {OneLine(refused.Message)}\n");
                    break;
            }
        }

        console.Flush();
        foreach (ProbeReply reply in replies)
        {
            if (reply.Answer is not ProbeAnswer.Lines lines) { continue; }
            foreach (string note in lines.Notes) { console.Note($"{reply.Function}: {note}"); }
        }
    }

    public static void WriteJson(Utf8JsonWriter json, ProbeReply reply, bool isFromBtf)
    {
        json.WriteStartObject();
        json.WriteString("function"u8, reply.Function);
        switch (reply.Answer)
        {
            case ProbeAnswer.Lines lines:
                json.WriteStartArray("definitions"u8);
                foreach (ProbeDefinition definition in lines.Definitions) { WriteDefinition(json, definition); }
                json.WriteEndArray();
                WriteStrings(json, "notes", lines.Notes);
                break;
            case ProbeAnswer.Refused refused:
                json.WriteStartObject("refused"u8);
                json.WriteString("reason"u8, JsonNamingPolicy.CamelCase.ConvertName(refused.Reason.ToString()));
                json.WriteString("message"u8, refused.Message);
                WriteStrings(json, "hints", refused.Hints);
                json.WriteEndObject();
                break;
        }

        BtfMark.Write(json, isFromBtf);
        json.WriteEndObject();
    }

    private void WriteDefinitions(ProbeAnswer.Lines lines)
    {
        foreach (ProbeDefinition definition in lines.Definitions)
        {
            console.Output.Write(asEcho ? definition.ToEcho() : definition.ToDefinition());
            console.Output.Write('\n');
        }
    }

    private static void WriteDefinition(Utf8JsonWriter json, ProbeDefinition definition)
    {
        json.WriteStartObject();
        json.WriteString("definition"u8, definition.ToDefinition());
        json.WriteString("echo"u8, definition.ToEcho());
        json.WriteString("group"u8, definition.Event.Group);
        json.WriteString("event"u8, definition.Event.Name);
        json.WriteString("place"u8, definition.Point.ToString());
        json.WriteString("module"u8, definition.Module);
        json.WriteString("symbol"u8, definition.Symbol);
        if (definition.Function?.DeclaredAt is { } at) { WriteDeclaration(json, at); }
        json.WriteStartArray("arguments"u8);
        foreach (ProbeArgument argument in definition.Arguments)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, argument.Name);
            json.WriteString("source"u8, argument.Source);
            json.WriteString("fetch"u8, argument.Fetch.Expression.Render());
            json.WriteString("type"u8, argument.EffectiveType);
            json.WriteString("cType"u8, argument.CType);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDeclaration(Utf8JsonWriter json, SourceLocation at)
    {
        json.WriteString("file"u8, at.File);
        json.WriteNumber("line"u8, at.Line);
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) { json.WriteStringValue(value); }
        json.WriteEndArray();
    }

    // A comment ends at its line's end: what follows it would be read as a definition.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
