using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>
/// Places inside functions: where the code of a line begins and where variables are there, against <c>perf probe -D 'F:LINE $vars'</c>; where instructions begin,
/// against <c>objdump -d</c>.
/// </summary>
[Trait("needs", "kernel")]
public partial class InsidePlaceTests(ITestOutputHelper log)
{
    private const string Seed = "inside places 1";
    /// <summary>perf refuses a line that shares its address with any other line of the unit, as more than half of a sample do.</summary>
    private const int LinesWanted = 40, VariablesWanted = 150, OffsetsWanted = 2000;

    [Fact]
    public void A_line_of_the_sample_begins_where_perf_says_and_its_variables_are_where_perf_says()
    {
        IndexedKernel indexed = IndexedKernel.Shared;
        string[] requests = [.. Sample(indexed, "vmlinux", 90).Concat(Sample(indexed, "btrfs", 50)).Select(s => LineOf(indexed, s)).OfType<string>()];
        SortedDictionary<string, int> kinds = new(StringComparer.Ordinal);
        List<string> wrong = [];
        List<(string Request, string Variable)> unsaid = [];
        foreach ((string request, JsonElement answer) in Ask(indexed, requests.Select(r => $"{r} $vars")))
        {
            Dictionary<string, Dictionary<string, string>> perf = Perf(indexed, request);
            string kind = answer.TryGetProperty("refused", out JsonElement refused) ? $"refused: {refused.GetProperty("reason").GetString()}" : perf.Count == 0 ? "perf has no answer" : "compared";
            Count(kinds, kind);
            if (kind != "compared") { continue; }
            foreach (JsonElement definition in answer.GetProperty("definitions").EnumerateArray()) { Compare(request, definition, Notes(answer), perf, kinds, wrong, unsaid); }
        }

        wrong.AddRange(NotOfInlined(indexed, unsaid, kinds));
        foreach ((string kind, int count) in kinds) { log.WriteLine($"{count,6}  {kind}"); }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        Assert.True(kinds.GetValueOrDefault("compared") >= LinesWanted, $"only {kinds.GetValueOrDefault("compared")} lines were compared");
        Assert.True(kinds.GetValueOrDefault("variable: same") >= VariablesWanted, $"only {kinds.GetValueOrDefault("variable: same")} variables were compared");
    }

    [Fact]
    public void Instructions_begin_where_objdump_says()
    {
        IndexedKernel indexed = IndexedKernel.Shared;
        int offsets = 0;
        List<string> wrong = [];
        foreach (FunctionSymbol symbol in Sample(indexed, "vmlinux", 30).Concat(Sample(indexed, "btrfs", 20)))
        {
            HashSet<ulong> starts = InstructionStarts(indexed, symbol);
            if (starts.Count < 2) { continue; }
            ulong size = starts.Max();
            string[] requests = [.. Enumerable.Range(1, (int)Math.Min(size, 400)).Select(o => string.Create(CultureInfo.InvariantCulture, $"{symbol.Request}+{o}"))];
            foreach ((string request, JsonElement answer) in Ask(indexed, requests))
            {
                ulong offset = ulong.Parse(request[(request.LastIndexOf('+') + 1)..], CultureInfo.InvariantCulture);
                string message = answer.TryGetProperty("refused", out JsonElement refused) ? refused.GetProperty("message").GetString()! : "";
                bool isInside = message.Contains("inside an instruction", StringComparison.Ordinal);
                // Refused for another reason: nothing is said about instructions.
                if (message.Length > 0 && !isInside) { continue; }
                offsets++;
                if (isInside == starts.Contains(offset)) { wrong.Add($"{request}: {(isInside ? message : "accepted, but objdump has no instruction there")}"); }
            }
        }

        log.WriteLine($"{offsets} offsets compared");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        Assert.True(offsets >= OffsetsWanted, $"only {offsets} offsets were compared");
    }

    private static void Compare(string request, JsonElement definition, string[] notes, Dictionary<string, Dictionary<string, string>> perf, SortedDictionary<string, int> kinds, List<string> wrong, List<(string Request, string Variable)> unsaid)
    {
        string place = definition.GetProperty("place").GetString()!;
        if (!perf.TryGetValue(place, out Dictionary<string, string>? theirs))
        {
            wrong.Add($"{request}: {place} is none of perf's {string.Join(", ", perf.Keys)}");
            return;
        }

        Count(kinds, "place: same");
        var ours = definition.GetProperty("arguments").EnumerateArray().ToDictionary(a => a.GetProperty("name").GetString()!, a => a.GetProperty("fetch").GetString()!);
        foreach ((string name, string fetch) in ours)
        {
            string? kind = !theirs.TryGetValue(name, out string? their) ? "perf cannot say it"
                : fetch == their ? "same"
                : fetch == $"+0({their})" ? "same, and its text is read"
                // perf writes a static by its name in the source, which several have, or none (saved_val.0).
                : fetch.StartsWith('@') && their == $"@{name}+0" ? "perf names a static by its source name"
                : null;
            if (kind is null) { wrong.Add($"{request}: {place}: {name} is {fetch}, perf says {their}"); } else { Count(kinds, $"variable: {kind}"); }
        }

        foreach (string name in theirs.Keys.Where(n => !ours.ContainsKey(n)))
        {
            if (notes.Any(n => n.StartsWith($"{name} is left out", StringComparison.Ordinal))) { Count(kinds, "variable: left out by us, with a note"); }
            else { unsaid.Add((request, name)); }
        }
    }

    /// <summary>
    /// Where a line's code begins with an inlined copy, perf also names what is that copy's. A name is only that when llvm-dwarfdump shows no variable of it in
    /// the function itself, outside of DW_TAG_inlined_subroutine; any other should have been told.
    /// </summary>
    private static IEnumerable<string> NotOfInlined(IndexedKernel indexed, List<(string Request, string Variable)> unsaid, SortedDictionary<string, int> kinds)
    {
        foreach (IGrouping<string, (string Request, string Variable)> file in unsaid.GroupBy(u => u.Request.StartsWith("btrfs:", StringComparison.Ordinal) ? "btrfs" : "vmlinux"))
        {
            string Function(string request) => request[(file.Key == "btrfs" ? "btrfs:".Length : 0)..request.LastIndexOf(':')];
            ToolResult dump = ToolRun.Run("llvm-dwarfdump", [.. file.Select(u => $"--name={Function(u.Request)}").Distinct(), "--show-children", indexed.Kernel.DebugFile(file.Key)]).OrThrow();
            HashSet<(string Function, string Variable)> own = OwnVariables(dump.Lines);
            foreach ((string request, string variable) in file)
            {
                if (own.Contains((Function(request), variable))) { yield return $"{request}: nothing is said about {variable}"; }
                else { Count(kinds, "variable: perf names one of a copy that is inlined there"); }
            }
        }
    }

    private static HashSet<(string Function, string Variable)> OwnVariables(IEnumerable<string> lines)
    {
        HashSet<(string, string)> own = [];
        string function = "", tag = "";
        int inlinedAt = int.MaxValue, depth = 0;
        foreach (string line in lines)
        {
            if (DieLine().Match(line) is { Success: true } die)
            {
                (depth, tag) = (die.Groups["indent"].Length, die.Groups["tag"].Value);
                if (depth <= inlinedAt) { inlinedAt = tag == "inlined_subroutine" ? depth : int.MaxValue; }
                if (depth == 1) { function = ""; }
            }
            else if (NameLine().Match(line) is { Success: true } name)
            {
                if (depth == 1 && function.Length == 0) { function = name.Groups["name"].Value; }
                else if (tag is "variable" or "formal_parameter" && inlinedAt == int.MaxValue) { own.Add((function, name.Groups["name"].Value)); }
            }
        }

        return own;
    }

    private static string[] Notes(JsonElement answer) => [.. answer.GetProperty("notes").EnumerateArray().Select(n => n.GetString()!)];

    private static void Count(SortedDictionary<string, int> kinds, string kind) => kinds[kind] = kinds.GetValueOrDefault(kind) + 1;

    /// <summary>One line of a function, drawn by the seed: <c>btrfs:f:12</c>; null when it has none.</summary>
    private static string? LineOf(IndexedKernel indexed, FunctionSymbol symbol)
    {
        ToolResult result = indexed.Dbgfetch("lines", [.. Files(indexed), "--json", symbol.Request]);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        if (!document.RootElement.TryGetProperty("copies", out JsonElement copies)) { return null; }
        var all = copies.EnumerateArray().SelectMany(c => c.GetProperty("lines").EnumerateArray())
            .Select(l => (Line: l.GetProperty("relative").GetInt32(), Place: l.GetProperty("places")[0].GetProperty("place").GetString()!)).ToArray();
        // perf answers for the first of several lines that begin at one address only.
        int[] lines = [.. all.Where(l => l.Line > 0 && all.Count(o => o.Place == l.Place) == 1).Select(l => l.Line)];
        return lines.Length == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{symbol.Request}:{lines[(int)(symbol.Address % (ulong)lines.Length)]}");
    }

    private static List<(string Request, JsonElement Answer)> Ask(IndexedKernel indexed, IEnumerable<string> requests)
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(list, requests);
            ToolResult result = indexed.Dbgfetch("probe", [.. Files(indexed), "--bare", "--json", "--file", list]);
            if (result.ExitCode is not (0 or 1)) { throw new InvalidOperationException($"exit {result.ExitCode}: {result.Error}"); }
            return [.. result.Lines.Select(l => JsonDocument.Parse(l).RootElement).Select(a => (a.GetProperty("function").GetString()!, a))];
        }
        finally
        {
            File.Delete(list);
        }
    }

    private static IEnumerable<string> Files(IndexedKernel indexed) => ["--elf", indexed.Kernel.Vmlinux, "--elf", indexed.Kernel.Module("btrfs")];

    /// <summary>perf's lines by their places, <c>+0</c> left out.</summary>
    private static Dictionary<string, Dictionary<string, string>> Perf(IndexedKernel indexed, string request)
    {
        string function = request[(request.StartsWith("btrfs:", StringComparison.Ordinal) ? "btrfs:".Length : 0)..];
        string[] file = function.Length == request.Length ? [$"--vmlinux={indexed.Kernel.Vmlinux}"] : ["-m", indexed.Kernel.Module("btrfs")];
        ToolResult result = ToolRun.Run("perf", ["probe", .. file, "-D", $"{function} $vars"]);
        // Where no variable can be had, perf fails; the place is compared all the same.
        if (result.ExitCode != 0) { result = ToolRun.Run("perf", ["probe", .. file, "-D", function]); }
        var lines = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (string line in result.Lines.Where(l => l.StartsWith("p:", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ');
            string place = words[1].EndsWith("+0", StringComparison.Ordinal) ? words[1][..^2] : words[1];
            var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (string word in words.Skip(2))
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal), colon = word.LastIndexOf(':');
                arguments.TryAdd(word[..equals], colon > equals ? word[(equals + 1)..colon] : word[(equals + 1)..]);
            }

            lines[place] = arguments;
        }

        return lines;
    }

    private static HashSet<ulong> InstructionStarts(IndexedKernel indexed, FunctionSymbol symbol)
    {
        ToolResult dump = ToolRun.Run("objdump", ["-d", "--no-show-raw-insn", $"--disassemble={symbol.Name}", indexed.Kernel.DebugFile(symbol.File)]);
        ulong[] addresses = [.. dump.Lines.Select(l => Instruction().Match(l)).Where(m => m.Success).Select(m => ulong.Parse(m.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        return addresses.Length == 0 ? [] : [.. addresses.Select(a => a - addresses[0])];
    }

    /// <summary>Functions whose name is one symbol's only.</summary>
    private static IEnumerable<FunctionSymbol> Sample(IndexedKernel indexed, string file, int count)
    {
        var symbols = new ElfSymbols(file, indexed.Kernel.DebugFile(file));
        return FunctionSymbol.Sample(symbols.Functions.Where(s => !s.IsClone).GroupBy(s => s.Name).Where(g => g.Count() == 1).Select(g => g.First()), Seed, count);
    }

    [GeneratedRegex(@"^0x[0-9a-f]+:(?<indent> +)DW_TAG_(?<tag>\w+)")]
    private static partial Regex DieLine();

    [GeneratedRegex(@"^ +DW_AT_(name|abstract_origin)\t\([^""]*""(?<name>[^""]+)""\)")]
    private static partial Regex NameLine();

    [GeneratedRegex(@"^\s*([0-9a-f]+):\t")]
    private static partial Regex Instruction();
}
