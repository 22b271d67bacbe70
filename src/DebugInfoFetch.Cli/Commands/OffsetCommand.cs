using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Cli.Commands;

internal static class OffsetCommand
{
    public static Command Create(CliHost host)
    {
        var options = KernelOptions.OfTypes();
        var paths = new Argument<string[]>("PATH")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "struct.member, with more of .member, [N] and ->member; struct@fs/file.c.member where layouts differ",
        };
        var command = new DocumentedCommand("offset", "Byte offsets of struct members")
        {
            Examples =
            [
                "offset --kernel 6.13.5-200.fc41 btrfs_block_group.length btrfs_block_group.alloc_offset",
                "offset --kernel 6.13.5-200.fc41 'task_struct.mm->pgd' 'task_struct.comm[4]'",
                "offset --elf vmlinux task_struct.pid",
            ],
            CompleteArgument = NameCompletion.MemberPaths,
        };
        command.Add(paths);
        options.AddTo(command);
        command.SetAction(parse =>
        {
            using IOpenTypes open = KernelAccess.OpenTypes(host, parse, options);
            var query = new OffsetQuery(open.Types);
            OffsetAnswer[] answers = [.. parse.GetRequiredValue(paths).Select(query.Answer)];
            if (parse.GetValue(options.Json)) { host.Console.JsonLines(answers, (json, answer) => WriteJson(json, answer, BtfMark.IsBtf(open))); }
            else { WriteText(host.Console, answers); }
            if (open is IOpenKernel { Model: var model } && answers.Any(answer => answer is OffsetAnswer.NotFound) && IndexedPart.Hint(model) is { } part) { host.Console.Hint(part); }
            return (int)(answers.All(answer => answer is OffsetAnswer.Found) ? ExitCode.Success : ExitCode.Refused);
        });
        return command;
    }

    private static void WriteText(CliConsole console, OffsetAnswer[] answers)
    {
        var table = new TextTable("PATH", ">OFFSET", ">SIZE", "TYPE");
        foreach (OffsetAnswer.Found found in answers.OfType<OffsetAnswer.Found>())
        {
            table.Add(found.Path, OffsetText(found.Place), SizeText(found.Place), found.Place.Type);
        }

        bool hasRows = answers.Any(answer => answer is OffsetAnswer.Found);
        table.Write(console.Output, console.OutputColours, withHeadings: hasRows && console.OutputIsTerminal);
        console.Flush();
        foreach (OffsetAnswer answer in answers) { WriteFault(console, answer); }
    }

    private static void WriteFault(CliConsole console, OffsetAnswer answer)
    {
        switch (answer)
        {
            case OffsetAnswer.NotFound none:
                console.Fault(none.Message);
                if (none.Suggestions.Count > 0) { console.Hint($"did you mean {string.Join(" or ", none.Suggestions)}?"); }
                break;
            case OffsetAnswer.Ambiguous several:
                console.Fault(several.Message);
                foreach (LayoutCandidate candidate in several.Candidates)
                {
                    string place = candidate.Place is { } at ? $"offset {OffsetText(at)}" : "no such member";
                    string size = candidate.ByteSize is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes, ") : "";
                    console.Hint($"{candidate.Name} at {candidate.DeclaredAt?.ToString() ?? "an unknown place"} ({size}{candidate.Module}): {place}");
                }

                break;
        }
    }

    /// <summary><c>32</c>; behind pointers, as a fetch argument nests: <c>+8(+32(p))</c>; of a bit-field its first bit too: <c>126 bit 3</c>.</summary>
    private static string OffsetText(MemberPlace place)
    {
        if (place.CrossesPointer)
        {
            string chain = "p";
            foreach (long offset in place.Offsets) { chain = string.Create(CultureInfo.InvariantCulture, $"+{offset}({chain})"); }
            return chain + BitText(place);
        }

        return place.ByteOffset.ToString(CultureInfo.InvariantCulture) + BitText(place);
    }

    private static string BitText(MemberPlace place)
        => place.BitOffset is { } bit ? string.Create(CultureInfo.InvariantCulture, $" bit {bit - (place.ByteOffset * 8)}") : "";

    private static string SizeText(MemberPlace place) => (place.BitSize, place.ByteSize) switch
    {
        ({ } bits, _) => string.Create(CultureInfo.InvariantCulture, $"{bits} bit"),
        (_, { } bytes) => bytes.ToString(CultureInfo.InvariantCulture),
        _ => "-",
    };

    private static void WriteJson(Utf8JsonWriter json, OffsetAnswer answer, bool isFromBtf)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, answer.Path);
        switch (answer)
        {
            case OffsetAnswer.Found found:
                WritePlace(json, found.Place);
                break;
            case OffsetAnswer.NotFound none:
                json.WriteString("error"u8, none.Message);
                json.WriteStartArray("suggestions"u8);
                foreach (string suggestion in none.Suggestions) { json.WriteStringValue(suggestion); }
                json.WriteEndArray();
                break;
            case OffsetAnswer.Ambiguous several:
                json.WriteString("error"u8, several.Message);
                json.WriteStartArray("candidates"u8);
                foreach (LayoutCandidate candidate in several.Candidates) { WriteCandidate(json, candidate); }
                json.WriteEndArray();
                break;
        }

        BtfMark.Write(json, isFromBtf);
        json.WriteEndObject();
    }

    private static void WriteCandidate(Utf8JsonWriter json, LayoutCandidate candidate)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, candidate.Name);
        json.WriteString("module"u8, candidate.Module);
        WriteDeclaration(json, candidate.DeclaredAt);
        if (candidate.Place is { } place)
        {
            json.WriteStartObject("place"u8);
            WritePlace(json, place);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter json, MemberPlace place)
    {
        json.WriteNumber("byteOffset"u8, place.ByteOffset);
        if (place.ByteSize is { } size) { json.WriteNumber("byteSize"u8, size); }
        else { json.WriteNull("byteSize"u8); }
        json.WriteString("type"u8, place.Type);
        json.WriteStartArray("offsets"u8);
        foreach (long offset in place.Offsets) { json.WriteNumberValue(offset); }
        json.WriteEndArray();
        if (place.BitSize is { } bits)
        {
            json.WriteNumber("bitOffset"u8, place.BitOffset ?? place.ByteOffset * 8);
            json.WriteNumber("bitSize"u8, bits);
        }

        WriteDeclaration(json, place.DeclaredAt);
    }

    private static void WriteDeclaration(Utf8JsonWriter json, SourceLocation? declaredAt)
    {
        if (declaredAt is not { } at) { return; }
        json.WriteString("file"u8, at.File);
        json.WriteNumber("line"u8, at.Line);
    }
}
