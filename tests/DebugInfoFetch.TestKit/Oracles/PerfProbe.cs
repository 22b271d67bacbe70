using System.Collections.Concurrent;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What <c>perf probe -D 'F $params'</c> answers offline (checked with perf 6.1): no root, no kernel, only the debug file.</summary>
public static class PerfProbe
{
    /// <summary>
    /// Asks about each function by its source name, two at a time: perf looks through the whole file for every one (0.8 s on a vmlinux), and a
    /// function that it cannot answer makes it drop all others of the same call.
    /// </summary>
    /// <returns>By symbol: every line that perf prints, also those of inlined copies; none where it fails.</returns>
    public static IReadOnlyDictionary<FunctionSymbol, IReadOnlyList<DefinitionLine>> Ask(DebianKernel kernel, IEnumerable<FunctionSymbol> symbols)
    {
        ConcurrentDictionary<FunctionSymbol, IReadOnlyList<DefinitionLine>> answers = new();
        Parallel.ForEach(symbols, new ParallelOptions { MaxDegreeOfParallelism = 2 }, symbol =>
        {
            string[] file = symbol.File == "vmlinux" ? [$"--vmlinux={kernel.Vmlinux}"] : ["-m", kernel.Module(symbol.File)];
            ToolResult result = ToolRun.Run("perf", ["probe", .. file, "-D", $"{symbol.BaseName} $params"]);
            answers[symbol] = result.ExitCode == 0 ? [.. result.Lines.Select(DefinitionLine.Parse)] : [];
        });
        return answers;
    }
}
