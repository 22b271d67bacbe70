using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>One function of the sample.</summary>
/// <param name="IsCompared">Both programs have a line for this very copy.</param>
/// <param name="Kinds">One entry an argument, or one for the function where there is nothing to compare argument by argument.</param>
/// <param name="Unexplained">Differences that no rule covers, in words.</param>
public sealed record FunctionComparison(bool IsCompared, IReadOnlyList<string> Kinds, IReadOnlyList<string> Unexplained)
{
    /// <param name="perf">All lines that perf printed for the name; those of inlined copies are not ours to compare.</param>
    /// <param name="dwarf">The parameters of the DIE at the symbol's address; null when there is none.</param>
    public static FunctionComparison Of(
        FunctionSymbol symbol, DbgfetchList ours, IReadOnlyList<DefinitionLine> perf, IReadOnlyDictionary<string, DwarfEvidence>? dwarf)
    {
        DefinitionLine? mine = ours.Definition(symbol);
        DefinitionLine? theirs = perf.FirstOrDefault(l => l.Symbol == DbgfetchList.Key(symbol.File, symbol.Name) && l.Offset == 0);
        if (mine is null)
        {
            return ours.Refusal(symbol) is { } reason
                ? new FunctionComparison(false, [$"refused by us: {Class(reason)}"], [])
                : new FunctionComparison(false, [], ["neither a line for this symbol nor a refusal"]);
        }

        if (theirs is null)
        {
            // perf fails as a whole when one copy or inlined instance of the name has no parameter that it can place: the DIE judges alone.
            List<ArgumentVerdict> alone = [.. mine.Arguments.Select(a => Named(a.Name, ArgumentVerdict.FromDebugInformation(a, dwarf?.GetValueOrDefault(a.Name))))];
            return Of(false, alone);
        }

        List<ArgumentVerdict> verdicts = [];
        HashSet<string> seen = [];
        foreach (FetchPlace argument in theirs.Arguments)
        {
            bool isRepeated = !seen.Add(argument.Name);
            FetchPlace? mineOfName = isRepeated ? null : mine.Arguments.FirstOrDefault(a => a.Name == argument.Name);
            verdicts.Add(Named(argument.Name, ArgumentVerdict.Of(argument, mineOfName, dwarf?.GetValueOrDefault(argument.Name), isRepeated)));
        }

        verdicts.AddRange(mine.Arguments.Where(a => !seen.Contains(a.Name))
            .Select(a => Named(a.Name, ArgumentVerdict.Of(null, a, dwarf?.GetValueOrDefault(a.Name), false))));
        return Of(true, verdicts);
    }

    private static FunctionComparison Of(bool isCompared, IReadOnlyList<ArgumentVerdict> verdicts) => new(
        isCompared, [.. verdicts.Where(v => v.Kind is not null).Select(v => v.Kind!)], [.. verdicts.Where(v => v.Kind is null).Select(v => v.Detail)]);

    private static ArgumentVerdict Named(string argument, ArgumentVerdict verdict) => verdict with { Detail = $"{argument}: {verdict.Detail}" };

    /// <summary>A refusal's reason without what is particular to the function.</summary>
    private static string Class(string reason) => reason.Split([',', ';', ':', '('], 2)[0].Trim();
}
