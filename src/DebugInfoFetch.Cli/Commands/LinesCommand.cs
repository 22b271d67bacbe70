using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

internal static class LinesCommand
{
    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var inside = new BodyOptions();
        var function = new Argument<string>("FUNCTION") { Description = "[MOD:]NAME[@SOURCE], as the source calls it" };
        var command = new DocumentedCommand("lines", "Which lines of a function can be probed, and where their code begins")
        {
            Examples = ["lines --kernel 6.13.5-200.fc41 vfs_read", "lines --kernel 6.13.5-200.fc41 --inlines fsnotify_access"],
            CompleteArgument = NameCompletion.Functions,
        };
        command.Add(function);
        command.Add(inside.Inlines);
        command.Add(inside.ElfFiles);
        options.AddTo(command);
        command.SetAction(parse =>
        {
            using IOpenKernel open = KernelAccess.Open(host, parse, options);
            string name = parse.GetRequiredValue(function);
            LinesAnswer answer = new LinesReport(open.Model, inside.Bodies(host, parse, open)).Lines(name, parse.GetValue(inside.Inlines));
            if (parse.GetValue(options.Json)) { host.Console.Json(json => WriteJson(json, name, answer)); }
            else { WriteText(host.Console, answer); }
            return (int)(answer is LinesAnswer.Found ? ExitCode.Success : ExitCode.Refused);
        });
        return command;
    }

    private static void WriteText(CliConsole console, LinesAnswer answer)
    {
        if (answer is LinesAnswer.Refused refused) { FunctionRendering.WriteRefusal(console, refused.Message, refused.Hints); }
        if (answer is not LinesAnswer.Found found) { return; }
        foreach (CopyLines copy in found.Copies)
        {
            console.Output.Write($"{console.OutputColours.Bold(copy.Label)}{(copy.DeclaredAt is { } at ? $"  {at}" : "")}\n");
            var table = new TextTable(">", ">", "", "");
            foreach (FunctionLine line in copy.Lines)
            {
                foreach (LinePlace place in line.Places)
                {
                    table.Add($"  :{line.Relative.ToString(CultureInfo.InvariantCulture)}", line.Line.ToString(CultureInfo.InvariantCulture), place.Label, Why(place));
                }
            }

            table.Write(console.Output, console.OutputColours, withHeadings: false);
        }

        console.Flush();
        foreach (string note in found.Notes) { console.Note(note); }
    }

    // The label stands in the column before.
    private static string Why(LinePlace place) => place.Refusal is not { } why ? ""
        : "not: " + (why.StartsWith(place.Label + ": ", StringComparison.Ordinal) ? why[(place.Label.Length + 2)..] : why);

    private static void WriteJson(Utf8JsonWriter json, string asked, LinesAnswer answer)
    {
        json.WriteStartObject();
        json.WriteString("function"u8, asked);
        if (answer is LinesAnswer.Refused refused) { FunctionRendering.WriteRefusal(json, refused.Message, refused.Hints); }
        if (answer is LinesAnswer.Found found)
        {
            json.WriteStartArray("copies"u8);
            foreach (CopyLines copy in found.Copies)
            {
                json.WriteStartObject();
                json.WriteString("place"u8, copy.Label);
                json.WriteString("file"u8, copy.DeclaredAt?.File);
                json.WriteStartArray("lines"u8);
                foreach (FunctionLine line in copy.Lines) { WriteLine(json, line); }
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            FunctionRendering.WriteStrings(json, "notes", found.Notes);
        }

        json.WriteEndObject();
    }

    private static void WriteLine(Utf8JsonWriter json, FunctionLine line)
    {
        json.WriteStartObject();
        json.WriteNumber("relative"u8, line.Relative);
        json.WriteNumber("line"u8, line.Line);
        json.WriteStartArray("places"u8);
        foreach (LinePlace place in line.Places)
        {
            json.WriteStartObject();
            json.WriteString("place"u8, place.Label);
            json.WriteString("refusal"u8, place.Refusal);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
