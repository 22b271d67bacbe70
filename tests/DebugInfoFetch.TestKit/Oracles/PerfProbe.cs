using System.Collections.Concurrent;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What <c>perf probe -D 'F $params'</c> answers offline (checked with perf 6.1): no root, no kernel, only the debug file.</summary>
public static class PerfProbe
{
    /// <summary>One call's functions of a module; of vmlinux, a call's start is nothing beside the half second of CPU that each of its functions takes.</summary>
    private const int FunctionsOfACall = 12;

    /// <summary>
    /// Asks about each function by its source name, two calls at a time. A function that perf cannot answer makes it drop all others of the same call, which then is
    /// split. So leave out those without parameters: <c>$params</c> fails for them. (A pattern, <c>'vfs_* $params'</c>, goes through the file once, but ends at
    /// the first function that it cannot answer.)
    /// </summary>
    /// <returns>By symbol: every line that perf prints for its source name, also those of inlined copies; none where it fails.</returns>
    public static IReadOnlyDictionary<FunctionSymbol, IReadOnlyList<DefinitionLine>> Ask(DebianKernel kernel, IEnumerable<FunctionSymbol> symbols)
    {
        ConcurrentDictionary<(string File, string Function), IReadOnlyList<DefinitionLine>> answers = new();
        FunctionSymbol[] all = [.. symbols];
        IEnumerable<(string File, string[] Functions)> calls = all.GroupBy(symbol => symbol.File)
            .SelectMany(file => file.Select(symbol => symbol.BaseName).Distinct().Chunk(file.Key == "vmlinux" ? 1 : FunctionsOfACall).Select(functions => (file.Key, functions)));
        Parallel.ForEach(calls, new ParallelOptions { MaxDegreeOfParallelism = 2 }, call => Ask(kernel, call.File, call.Functions));
        return all.ToDictionary(symbol => symbol, symbol => answers[(symbol.File, symbol.BaseName)]);

        void Ask(DebianKernel kernel, string file, string[] functions)
        {
            string[] where = file == "vmlinux" ? [$"--vmlinux={kernel.Vmlinux}"] : ["-m", kernel.Module(file)];
            ToolResult result = ToolRun.Run("perf", ["probe", .. where, .. functions.SelectMany(function => (string[])["-D", $"{function} $params"])]);
            if (result.ExitCode != 0 && functions.Length > 1)
            {
                foreach (string[] half in functions.Chunk((functions.Length + 1) / 2)) { Ask(kernel, file, half); }
                return;
            }

            // Every line is named by the function that was asked for.
            ILookup<string, DefinitionLine> lines = result.ExitCode == 0
                ? result.Lines.ToLookup(line => EventOf(line), DefinitionLine.Parse)
                : Enumerable.Empty<string>().ToLookup(line => line, DefinitionLine.Parse);
            foreach (string function in functions) { answers[(file, function)] = [.. lines[function]]; }
        }
    }

    /// <summary><c>p:probe/vfs_read vfs_read+0 ...</c></summary>
    private static string EventOf(string line) => line.Split(' ', 2)[0].Split('/')[^1];
}
