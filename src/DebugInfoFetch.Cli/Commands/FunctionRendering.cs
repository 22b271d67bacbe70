using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>What a person or a script reads of <c>function</c> and <c>vars</c>.</summary>
internal sealed class FunctionRendering(CliConsole console)
{
    private const int SitesShown = 8;

    /// <param name="asked">As it was asked for.</param>
    /// <param name="isFromBtf">The places at its entry are.</param>
    public ExitCode Write(string asked, FunctionAnswer answer, bool asJson, bool isFromBtf)
    {
        if (asJson) { console.Json(json => WriteJson(json, asked, answer, isFromBtf)); }
        else if (answer is FunctionAnswer.Found found) { WriteText(found); }
        else if (answer is FunctionAnswer.Refused refused) { WriteRefusal(console, refused.Message, refused.Hints); }
        return answer is FunctionAnswer.Found ? ExitCode.Success : ExitCode.Refused;
    }

    public static void WriteRefusal(CliConsole console, string message, IReadOnlyList<string> hints)
    {
        console.Fault(message);
        foreach (string hint in hints) { console.Hint(hint); }
    }

    private void WriteText(FunctionAnswer.Found found)
    {
        console.Output.Write($"{found.Prototype}{(found.DeclaredAt is { } at ? $"  {at}" : "")}\n");
        foreach (PlaceVerdict place in found.Places)
        {
            string size = place.ByteSize > 0 ? string.Create(CultureInfo.InvariantCulture, $", {place.ByteSize} bytes") : "";
            console.Output.Write($"{console.OutputColours.Bold(place.Label)}{size}{(place.Refusal is { } why ? ": cannot be probed" : "")}\n");
            var table = new TextTable("", "", "");
            foreach (VariableVerdict variable in place.Variables) { table.Add($"  {variable.Name}", variable.Text, variable.CType); }
            table.Write(console.Output, console.OutputColours, withHeadings: false);
            foreach (VariableVerdict variable in place.Variables.Where(v => v.Evidence is not null)) { console.Output.Write($"    {variable.Name}: {variable.Evidence}\n"); }
        }

        if (found.Places.Count == 0) { console.Output.Write("no code of its own\n"); }
        WriteSites(found.InlineSites);
        console.Flush();
        foreach (PlaceVerdict place in found.Places.Where(p => p.Refusal is not null)) { console.Note(place.Refusal!); }
        foreach (string note in found.Notes) { console.Note(note); }
    }

    private void WriteSites(IReadOnlyList<string> sites)
    {
        if (sites.Count == 0) { return; }
        console.Output.Write(string.Create(CultureInfo.InvariantCulture, $"inlined {(sites.Count == 1 ? "once" : $"in {sites.Count} places")}:\n"));
        foreach (string site in sites.Take(SitesShown)) { console.Output.Write($"  {site}\n"); }
        if (sites.Count > SitesShown) { console.Output.Write(string.Create(CultureInfo.InvariantCulture, $"  … and {sites.Count - SitesShown} more (--json lists all)\n")); }
    }

    private static void WriteJson(Utf8JsonWriter json, string asked, FunctionAnswer answer, bool isFromBtf)
    {
        json.WriteStartObject();
        json.WriteString("function"u8, asked);
        if (answer is FunctionAnswer.Refused refused) { WriteRefusal(json, refused.Message, refused.Hints); }
        if (answer is FunctionAnswer.Found found)
        {
            json.WriteString("name"u8, found.Name);
            json.WriteString("prototype"u8, found.Prototype);
            json.WriteString("file"u8, found.DeclaredAt?.File);
            if (found.DeclaredAt is { } at) { json.WriteNumber("line"u8, at.Line); } else { json.WriteNull("line"u8); }
            json.WriteStartArray("places"u8);
            foreach (PlaceVerdict place in found.Places) { WritePlace(json, place); }
            json.WriteEndArray();
            WriteStrings(json, "inlineSites", found.InlineSites);
            WriteStrings(json, "notes", found.Notes);
        }

        BtfMark.Write(json, isFromBtf);
        json.WriteEndObject();
    }

    public static void WriteRefusal(Utf8JsonWriter json, string message, IReadOnlyList<string> hints)
    {
        json.WriteString("error"u8, message);
        WriteStrings(json, "hints", hints);
    }

    public static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) { json.WriteStringValue(value); }
        json.WriteEndArray();
    }

    private static void WritePlace(Utf8JsonWriter json, PlaceVerdict place)
    {
        json.WriteStartObject();
        json.WriteString("place"u8, place.Label);
        json.WriteString("module"u8, place.Module);
        json.WriteString("symbol"u8, place.Symbol);
        json.WriteNumber("byteSize"u8, place.ByteSize);
        json.WriteString("refusal"u8, place.Refusal);
        json.WriteStartArray("variables"u8);
        foreach (VariableVerdict variable in place.Variables)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, variable.Name);
            json.WriteBoolean("isParameter"u8, variable.IsParameter);
            json.WriteString("cType"u8, variable.CType);
            json.WriteString("verdict"u8, JsonNamingPolicy.CamelCase.ConvertName(variable.Kind.ToString()));
            json.WriteString("fetch"u8, variable.Fetch);
            json.WriteString("text"u8, variable.Text);
            if (variable.Evidence is { } evidence) { json.WriteString("evidence"u8, evidence); }
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
