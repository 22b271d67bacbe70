using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>Where functions are called (<c>probe --callers</c>), against what <c>objdump -d</c> decodes: all of btrfs, and a stretch of vmlinux.</summary>
[Trait("needs", "kernel")]
public partial class CallPlaceTests(ITestOutputHelper log)
{
    private const string Seed = "callers 1";
    private const int Functions = 150;
    /// <summary>The program covers no more calls of a function.</summary>
    private const int Limit = 128;
    private const ulong Stretch = 2 << 20;

    [Theory]
    [InlineData("btrfs", 300)]
    [InlineData("vmlinux", 150)]
    public void Every_call_that_objdump_decodes_is_covered_or_its_refusal_told_and_no_other(string file, int callsWanted)
    {
        IndexedKernel indexed = IndexedKernel.Shared;
        string path = indexed.Kernel.DebugFile(file);
        var symbols = new ElfSymbols(file, path);
        (ulong start, ulong stop) = (0, ulong.MaxValue);
        if (file == "vmlinux")
        {
            start = symbols.AddressOf("vfs_read") ?? throw new InvalidOperationException("no vfs_read");
            stop = start + Stretch;
        }

        ILookup<string, string> decoded = Calls(path, start, stop, symbols).ToLookup(c => c.Callee, c => c.Place);
        FunctionSymbol[] sample = [.. FunctionSymbol.Sample(
            symbols.Functions.Where(f => symbols.Count(f.Name) == 1 && decoded[f.Name].Any()).GroupBy(f => f.BaseName).Where(g => g.Count() == 1).Select(g => g.First()), Seed, Functions)];
        int calls = 0, functions = 0;
        List<string> wrong = [];
        foreach ((FunctionSymbol function, JsonElement answer) in sample.Zip(Ask(indexed, sample.Select(f => f.Request))))
        {
            HashSet<string>? ours = Places(answer);
            // Beyond the limit there is no telling which are meant; a name that several functions have is another test's.
            if (ours is null || ours.Count >= Limit) { continue; }
            functions++;
            string prefix = file == "vmlinux" ? "" : $"{file}:";
            HashSet<string> theirs = [.. decoded[function.Name].Select(p => prefix + p)];
            calls += theirs.Count;
            wrong.AddRange(theirs.Except(ours).Select(p => $"{function.Place} is called at {p}: {answer}"));
            wrong.AddRange(ours.Where(p => IsIn(p[prefix.Length..], symbols, start, stop)).Except(theirs).Select(p => $"{function.Place} is not called at {p}"));
        }

        log.WriteLine($"{file}: {calls} calls of {functions} functions");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
        Assert.InRange(calls, callsWanted, int.MaxValue);
    }

    private static bool IsIn(string place, ElfSymbols symbols, ulong start, ulong stop)
        => stop == ulong.MaxValue || (symbols.AddressOf(place.Split('+')[0]) is { } address && address >= start && address < stop);

    /// <summary>Places of the lines and of those that are refused; null where the answer is about something else.</summary>
    private static HashSet<string>? Places(JsonElement answer)
    {
        if (answer.TryGetProperty("refused", out JsonElement refused))
        {
            // All of them take no probe: each is named.
            if (refused.GetProperty("reason").GetString() != "notProbeable") { return null; }
            string[] messages = [refused.GetProperty("message").GetString()!, .. refused.GetProperty("hints").EnumerateArray().Select(h => h.GetString()!)];
            return [.. messages.SelectMany(m => NotProbeable().Matches(m)).Select(m => m.Groups[1].Value)];
        }

        string[] notes = [.. answer.GetProperty("notes").EnumerateArray().Select(n => n.GetString()!)];
        // Calls in code without debug information are counted, not named.
        if (notes.Any(n => n.Contains("without debug information", StringComparison.Ordinal))) { return null; }
        IEnumerable<string> anchored = notes.Select(n => Anchored().Match(n)).Where(m => m.Success).Select(m => m.Groups[1].Value);
        return [.. answer.GetProperty("definitions").EnumerateArray().Select(d => d.GetProperty("place").GetString()!),
            .. notes.SelectMany(n => NotProbeable().Matches(n)).Select(m => m.Groups[1].Value), .. anchored];
    }

    private static List<JsonElement> Ask(IndexedKernel indexed, IEnumerable<string> requests)
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(list, requests);
            ToolResult result = indexed.Dbgfetch("probe", "--elf", indexed.Kernel.Vmlinux, "--elf", indexed.Kernel.Module("btrfs"), "--callers", "--json", "--file", list);
            return result.ExitCode is 0 or 1 ? [.. result.Lines.Select(l => JsonDocument.Parse(l).RootElement)] : throw new InvalidOperationException($"exit {result.ExitCode}: {result.Error}");
        }
        finally
        {
            File.Delete(list);
        }
    }

    /// <summary>Calls and jumps from one symbol to the first byte of another.</summary>
    private static IEnumerable<(string Callee, string Place)> Calls(string path, ulong start, ulong stop, ElfSymbols symbols)
    {
        string[] range = stop == ulong.MaxValue ? [] : [$"--start-address=0x{start:x}", $"--stop-address=0x{stop:x}"];
        // Local functions are called by relocations that count from the section.
        Dictionary<(string, ulong), string> names = symbols.Functions.GroupBy(f => (f.Section, f.Address)).ToDictionary(g => g.Key, g => g.First().Name);
        string function = "", pending = "";
        ulong functionAt = 0;
        string callee = "";
        foreach (string line in ToolRun.Run("objdump", ["-dr", "--no-show-raw-insn", .. range, path]).OrThrow().Lines)
        {
            if (Relocated().Match(line) is { Success: true } relocation)
            {
                ulong addend = Hex(relocation.Groups["addend"].Value);
                callee = relocation.Groups["symbol"].Value is var symbol && symbol.StartsWith('.')
                    ? names.GetValueOrDefault((symbol, relocation.Groups["sign"].Value == "+" ? addend + 4 : unchecked(4 - addend)), "")
                    : relocation.Groups["sign"].Value == "-" && addend == 4 ? symbol : "";
                continue;
            }

            if (pending.Length > 0 && callee.Length > 0) { yield return (callee, pending); }
            (pending, callee) = ("", "");
            if (Symbol().Match(line) is { Success: true } begin) { (functionAt, function) = (Hex(begin.Groups[1].Value), begin.Groups[2].Value); }
            else if (Instruction().Match(line) is { Success: true } call)
            {
                pending = string.Create(CultureInfo.InvariantCulture, $"{function}+{Hex(call.Groups["at"].Value) - functionAt}");
                // Into the middle of a function, or a loop to its own start: no call. A relocation on the next line says better.
                callee = call.Groups["offset"].Success || (call.Groups["op"].Value == "jmp" && call.Groups["symbol"].Value == function) ? "" : call.Groups["symbol"].Value;
            }
        }

        if (pending.Length > 0 && callee.Length > 0) { yield return (callee, pending); }
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([0-9a-f]+) <([^>]+)>:$")]
    private static partial Regex Symbol();

    [GeneratedRegex(@"^\s*(?<at>[0-9a-f]+):\t(?<op>call|jmp) +[0-9a-f]+ <(?<symbol>[^>+]+)(?<offset>\+0x[0-9a-f]+)?>$")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^\s+[0-9a-f]+: R_X86_64_(PLT32|PC32)\t(?<symbol>[^\s+-]+)(?<sign>[+-])0x(?<addend>[0-9a-f]+)$")]
    private static partial Regex Relocated();

    [GeneratedRegex(@"(\S+\+\d+): (?:notrace|noinstr|init code|in a section|the kernel forbids)")]
    private static partial Regex NotProbeable();

    [GeneratedRegex(@"^(\S+\+\d+): .* is the same place$")]
    private static partial Regex Anchored();
}
