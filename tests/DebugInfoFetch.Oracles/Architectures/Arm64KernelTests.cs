using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.Oracles.Arguments;
using DebugInfoFetch.Oracles.Layouts;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Story;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Architectures;

/// <summary>Debian's own arm64 kernel: arguments as llvm-dwarfdump reads the same file, struct members as pahole does.</summary>
[Trait("needs", "kernel")]
public class Arm64KernelTests(ITestOutputHelper log)
{
    private const string Seed = "arm64 1";
    private const int Sampled = 400;

    /// <summary>Bytes of NOPs between a symbol and its DIE: none, or two instructions.</summary>
    private static readonly ulong[] s_nops = [0, 8];

    [Fact]
    public void Arguments_and_members_of_an_arm64_kernel_are_where_its_debug_information_says()
    {
        DebianKernel kernel = DebianKernel.Arm64;
        using ScratchFolder folder = new();
        string[] cached = ["--kernel", kernel.Release, "--cache", folder.Path];
        DbgfetchProgram.Run(["fetch", .. cached, "--package", kernel.DownloadPackage(), "--module", "btrfs"]).OrThrow();

        foreach (string file in (string[])["vmlinux", "btrfs"]) { CompareArguments(file, kernel.DebugFile(file), cached, folder["list"]); }
        LayoutComparison layouts = LayoutComparison.Of(
            "btrfs", StructJson.Parse(DbgfetchProgram.Run(["struct", .. cached, "--all", "--json"]).OrThrow().Lines), PaholeOutput.Of(kernel.DebugFile("btrfs"), out _));
        log.WriteLine($"btrfs: {layouts.Members} members of {layouts.Types} types agree, {layouts.Differences.Count} differ");
        Assert.True(layouts.Differences.Count == 0, string.Join('\n', layouts.Differences.Take(50)));
        Assert.InRange(layouts.Members, 7_000, int.MaxValue);
    }

    /// <summary>At one instruction of each function, drawn by its address. What the frame has is another oracle's: CallFrameTests.</summary>
    [Fact]
    public void Parameters_inside_functions_are_where_the_debug_information_says()
    {
        DebianKernel kernel = DebianKernel.Arm64;
        using ScratchFolder folder = new();
        string[] cached = ["--kernel", kernel.Release, "--arch", "aarch64", "--cache", folder.Path];
        string path = kernel.DebugFile("vmlinux");
        DbgfetchProgram.Run(["fetch", .. cached, "--elf", path]).OrThrow();
        FunctionSymbol[] sample = [.. FunctionSymbol.Sample(new ElfSymbols("vmlinux", path).Functions.Where(f => f.ByteSize > 40 && !f.IsClone), Seed, Sampled)];
        ulong Offset(FunctionSymbol f) => 12 + (f.Address / 4 * 2654435761 % ((f.ByteSize - 12) / 4) * 4);
        File.WriteAllLines(folder["list"], sample.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Request}+{Offset(f)} $params")));
        string[] answers = [.. DbgfetchProgram.Run(["probe", .. cached, "--bare", "--json", "--file", folder["list"]]).Lines];
        Assert.Equal(sample.Length, answers.Length);
        var dwarf = new DwarfFunctions(path, sample.Select(symbol => symbol.BaseName), DwarfMachine.Arm64);

        int arguments = 0;
        List<string> wrong = [];
        foreach ((FunctionSymbol symbol, string answer) in sample.Zip(answers))
        {
            ulong offset = Offset(symbol);
            JsonElement root = JsonDocument.Parse(answer).RootElement;
            if (!root.TryGetProperty("definitions", out JsonElement definitions) || definitions.GetArrayLength() != 1) { continue; }
            if (s_nops.Select(nops => dwarf.ParametersAt(symbol, nops, symbol.Address + offset)).FirstOrDefault(p => p is not null) is not { } places) { continue; }
            DefinitionLine line = DefinitionLine.Parse(definitions[0].GetProperty("definition").GetString()!);
            // Of several copies another may be the one that takes a probe that far behind its entry.
            if (line.Symbol != symbol.Name) { continue; }
            Dictionary<string, string> ours = line.Arguments.ToDictionary(a => a.Name, a => a.Fetch);
            string notes = root.GetProperty("notes").ToString();
            foreach ((string name, DwarfEvidence evidence) in places.Where(p => p.Value.AtEntry is not { } text || !text.Contains("fbreg", StringComparison.Ordinal)))
            {
                string? fetch = ours.GetValueOrDefault(name);
                bool isSame = fetch is not null && (fetch == evidence.Fetch || fetch == $"+0({evidence.Fetch})");
                // An expression for the whole function is not believed everywhere (KPROBES.md §4.2): left out, and said so.
                bool isLeftOut = fetch is null && notes.Contains($"{name} is left out", StringComparison.Ordinal)
                    && (evidence.Fetch is null || evidence.IsWholeFunction || notes.Contains("as a whole", StringComparison.Ordinal));
                if (isSame) { arguments++; }
                else if (!isLeftOut) { wrong.Add($"{symbol.Name}+{offset}: {name} is {fetch ?? "left out"}, llvm-dwarfdump has {evidence.AtEntry ?? "nothing"}"); }
            }
        }

        log.WriteLine($"{arguments} parameters inside functions are where llvm-dwarfdump says; {wrong.Count} are not");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        Assert.InRange(arguments, Sampled / 2, int.MaxValue);
    }

    /// <summary>Its boot image is memory without sections, and its kallsyms count from a word that only a relocation has.</summary>
    [Fact]
    public void Quick_mode_has_the_layouts_and_symbols_of_its_debug_information()
    {
        DebianKernel kernel = DebianKernel.Arm64;
        using ScratchFolder folder = new();
        string[] cached = ["--kernel", kernel.Release, "--cache", folder.Path];
        DbgfetchProgram.Run(["fetch", "--quick", .. cached, "--package", kernel.DownloadImage(), "--module", "vmlinux"]).OrThrow();

        ILookup<(string, string), TypeLayout> dwarf = StructJson.Parse(DbgfetchProgram.Run(["struct", "--elf", kernel.Vmlinux, "--all", "--json"]).OrThrow().Lines).ToLookup(t => t.Key);
        IReadOnlyList<TypeLayout> ours = StructJson.Parse(DbgfetchProgram.Run(["struct", .. cached, "--all", "--json"]).OrThrow().Lines);
        string[] wrong = [.. ours.Where(t => !dwarf[t.Key].Any(d => d.DifferenceFrom(t) is null)).Select(t => $"{t.Kind} {t.Name}")];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Take(50)));
        Assert.Equal(dwarf.Select(t => t.Key).Order(), ours.Select(t => t.Key).Distinct().Order());

        Dictionary<string, List<string>> theirs = ToolRun.Run("nm", [kernel.Vmlinux]).OrThrow().Lines.Select(line => line.Split(' ')).Where(w => w is [_, "t" or "T", _])
            .GroupBy(w => w[2]).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Select(w => $"0x{w[0]}").ToList());
        int compared = 0;
        foreach (string line in DbgfetchProgram.Run(["symbol", .. cached, "--json", "*"]).OrThrow().Lines)
        {
            using JsonDocument symbol = JsonDocument.Parse(line);
            // Data may have a function's name.
            if (!symbol.RootElement.GetProperty("section").GetString()!.Contains("text", StringComparison.Ordinal) || !theirs.TryGetValue(symbol.RootElement.GetProperty("name").GetString()!, out List<string>? at)) { continue; }
            Assert.Equal(at[0], symbol.RootElement.GetProperty("address").GetString());
            compared++;
        }

        log.WriteLine($"{ours.Count} types with {ours.Sum(t => t.Members.Count)} members, and {compared} functions, are as debug information has them");
        Assert.InRange(compared, 40_000, int.MaxValue);
    }

    private void CompareArguments(string file, string path, string[] cached, string list)
    {
        FunctionSymbol[] sample = [.. FunctionSymbol.Sample(new ElfSymbols(file, path).Functions, Seed, Sampled)];
        File.WriteAllLines(list, sample.Select(symbol => $"{symbol.Request} $params").Distinct());
        ToolResult asked = DbgfetchProgram.Run(["probe", .. cached, "--json", "--file", list]);
        DbgfetchList ours = DbgfetchList.Parse(asked.Lines);
        var dwarf = new DwarfFunctions(path, sample.Select(symbol => symbol.BaseName), DwarfMachine.Arm64);

        int functions = 0, arguments = 0;
        List<string> contradictions = [];
        foreach (FunctionSymbol symbol in sample)
        {
            if (s_nops.Select(nops => dwarf.Parameters(symbol, nops)).FirstOrDefault(p => p is not null) is not { } places) { continue; }
            foreach (DefinitionLine line in ours.Definitions(symbol).Where(line => line.Symbol == symbol.Place).Take(1))
            {
                functions++;
                foreach (FetchPlace argument in line.Arguments)
                {
                    arguments++;
                    ArgumentVerdict verdict = ArgumentVerdict.FromDebugInformation(argument, places.GetValueOrDefault(argument.Name));
                    if (verdict.Kind is null) { contradictions.Add($"{symbol.Place}: {argument.Name}: {verdict.Detail}"); }
                }

                // What the DIE places and the line has not: only what no fetch type holds may be left out.
                contradictions.AddRange(places.Where(p => p.Value.Fetch is not null && !line.Arguments.Any(a => a.Name == p.Key) && ours.LeftOutStruct(symbol, p.Key) is null)
                    .Select(p => $"{symbol.Place}: {p.Key} is at {p.Value.Fetch}, and the line has it not"));
            }
        }

        log.WriteLine($"{file}: {arguments} arguments of {functions} functions are where llvm-dwarfdump says; {contradictions.Count} are not");
        Assert.True(contradictions.Count == 0, string.Join('\n', contradictions.Take(40)));
        Assert.InRange(functions, Sampled / 2, Sampled);
    }
}
