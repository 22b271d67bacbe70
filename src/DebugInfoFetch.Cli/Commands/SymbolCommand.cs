using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Cli.Commands;

internal static class SymbolCommand
{
    private const string Kernel = "vmlinux";

    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var names = new Argument<string[]>("NAME|GLOB")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "A symbol, a function's base name (shows its .isra, .constprop, .part and .cold copies), or a glob",
        };
        var command = new DocumentedCommand("symbol", "Symbols by their real names, with what is known of them")
        {
            Examples =
            [
                "symbol --kernel 6.13.5-200.fc41 __btrfs_add_free_space_zoned",
                "symbol --kernel 6.13.5-200.fc41 'btrfs_*_space*'",
            ],
            CompleteArgument = NameCompletion.Symbols,
        };
        command.Add(names);
        options.AddTo(command);
        command.SetAction(parse =>
        {
            using IOpenKernel open = KernelAccess.Open(host, parse, options);
            bool isComplete = true;
            var answers = new List<SymbolAnswer>();
            foreach (string name in parse.GetRequiredValue(names))
            {
                int before = answers.Count;
                answers.AddRange(SymbolQuery.Find(open.Model, name));
                if (answers.Count > before) { continue; }
                isComplete = false;
                WriteMissing(host.Console, open.Model, name);
            }

            if (!isComplete && IndexedPart.Hint(open.Model) is { } part) { host.Console.Hint(part); }

            if (parse.GetValue(options.Json)) { host.Console.JsonLines(answers, (json, answer) => WriteJson(json, answer, open.Model.Kernel.IsFromBtf)); }
            else { WriteText(host.Console, answers); }
            return (int)(isComplete ? ExitCode.Success : ExitCode.Refused);
        });
        return command;
    }

    private static void WriteMissing(CliConsole console, IKernelModel model, string name)
    {
        console.Fault(model.Kernel.IsComplete ? $"{model.Kernel.Release} has no symbol {name}" : $"no symbol {name} in what is indexed of {model.Kernel.Release}");
        IReadOnlyList<string> similar = model.SimilarNames(NameKind.Symbol, name, 3);
        if (similar.Count > 0) { console.Hint($"did you mean {string.Join(" or ", similar)}?"); }
        if (model.Functions(name).Count > 0) { console.Hint($"the function {name} is in the source, but the compiler left no copy of its own"); }
    }

    private static void WriteText(CliConsole console, List<SymbolAnswer> answers)
    {
        var table = new TextTable("MODULE", ">ADDRESS", ">SIZE", "NAME", "WHAT");
        foreach ((SymbolInfo symbol, int occurrences) in answers)
        {
            List<string> words = [.. SymbolQuery.Words(symbol)];
            if (occurrences > 1) { words.Add(string.Create(CultureInfo.InvariantCulture, $"{occurrences} of this name")); }
            table.Add(
                symbol.Module, Place(symbol), symbol.ByteSize.ToString(CultureInfo.InvariantCulture), symbol.Name, string.Join(", ", words));
        }

        table.Write(console.Output, console.OutputColours, withHeadings: answers.Count > 0 && console.OutputIsTerminal);
    }

    private static string Place(SymbolInfo symbol) => symbol.Module == Kernel
        ? string.Create(CultureInfo.InvariantCulture, $"{symbol.Address:x16}")
        : string.Create(CultureInfo.InvariantCulture, $"{symbol.Section}+0x{symbol.Address:x}");

    private static void WriteJson(Utf8JsonWriter json, SymbolAnswer answer, bool isFromBtf)
    {
        SymbolInfo symbol = answer.Symbol;
        json.WriteStartObject();
        json.WriteString("name"u8, symbol.Name);
        json.WriteString("baseName"u8, symbol.BaseName);
        json.WriteString("suffix"u8, SymbolQuery.SuffixWord(symbol.Suffix));
        json.WriteString("module"u8, symbol.Module);
        json.WriteString("section"u8, symbol.Section);
        // Above 2^53 many JSON readers lose digits of a number: an address is text.
        json.WriteString("address"u8, string.Create(CultureInfo.InvariantCulture, $"0x{symbol.Address:x}"));
        json.WriteNumber("byteSize"u8, symbol.ByteSize);
        json.WriteNumber("occurrences"u8, answer.Occurrences);
        json.WriteStartArray("flags"u8);
        foreach (string word in SymbolQuery.Words(symbol)) { json.WriteStringValue(word); }
        json.WriteEndArray();
        BtfMark.Write(json, isFromBtf);
        json.WriteEndObject();
    }
}
