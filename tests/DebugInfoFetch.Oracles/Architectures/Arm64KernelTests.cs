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
