using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>
/// Where arguments are at the entry of sampled functions of vmlinux and btrfs: <c>dbgfetch probe F '$params'</c> against
/// <c>perf probe -D 'F $params'</c>, and whatever differs against the debug information as llvm-dwarfdump reads it. Places are compared, not
/// types: perf prints <c>x64</c> where we print <c>u64</c>.
/// </summary>
[Trait("needs", "kernel")]
public class EntryPlaceTests(ITestOutputHelper log)
{
    private const string Seed = "entry places 1";

    /// <summary>Compared at the least, of all functions and of those that the compiler made a copy of under a suffix.</summary>
    private const int FunctionsWanted = 500, ClonesWanted = 150;

    [Fact]
    public void Every_argument_of_the_sample_is_where_perf_says_or_differs_by_a_known_fault()
    {
        IndexedKernel indexed = IndexedKernel.Shared;
        Dictionary<string, ElfSymbols> symbols = new[] { "vmlinux", "btrfs" }.ToDictionary(f => f, f => new ElfSymbols(f, indexed.Kernel.DebugFile(f)));
        IReadOnlyList<FunctionSymbol> sample = [.. Sampled(symbols["vmlinux"], 160, 150), .. Sampled(symbols["btrfs"], 60, 400)];
        DbgfetchList ours = DbgfetchList.Ask(indexed, sample);
        IReadOnlyDictionary<FunctionSymbol, IReadOnlyList<DefinitionLine>> perf = PerfProbe.Ask(indexed.Kernel, sample);

        SortedDictionary<string, int> kinds = new(StringComparer.Ordinal);
        List<string> unexplained = [];
        int functions = 0, clones = 0;
        foreach (IGrouping<string, FunctionSymbol> file in sample.GroupBy(s => s.File))
        {
            FileComparison answers = new(
                symbols[file.Key], new DwarfFunctions(indexed.Kernel.DebugFile(file.Key), file.Select(s => s.BaseName)), ours,
                PaholeOutput.StructsAmong(indexed.Kernel.DebugFile(file.Key), ours.StructTypes));
            foreach (FunctionSymbol symbol in file)
            {
                FunctionComparison comparison = answers.Compare(symbol, perf[symbol]);
                functions += comparison.IsCompared ? 1 : 0;
                clones += comparison.IsCompared && symbol.IsClone ? 1 : 0;
                foreach (string kind in comparison.Kinds)
                {
                    kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                }

                unexplained.AddRange(comparison.Unexplained.Select(u => $"{symbol.File}:{symbol.Name}: {u}"));
            }
        }

        log.WriteLine($"{functions} functions compared with perf, {clones} of them with a suffix; {sample.Count} sampled");
        foreach ((string kind, int count) in kinds)
        {
            log.WriteLine($"{count,6}  {kind}");
        }

        Assert.True(unexplained.Count == 0, $"{unexplained.Count} differences that no rule explains:\n{string.Join('\n', unexplained.Take(60))}");
        Assert.True(functions >= FunctionsWanted, $"only {functions} functions were compared");
        Assert.True(clones >= ClonesWanted, $"only {clones} functions with a suffix were compared");
    }

    private static IEnumerable<FunctionSymbol> Sampled(ElfSymbols symbols, int clones, int others)
        => FunctionSymbol.Sample(symbols.Functions.Where(s => s.IsClone), Seed, clones)
            .Concat(FunctionSymbol.Sample(symbols.Functions.Where(s => !s.IsClone), Seed, others));
}
