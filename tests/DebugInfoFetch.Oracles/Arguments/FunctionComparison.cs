using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Oracles.Arguments;

/// <summary>One function of the sample.</summary>
/// <param name="IsCompared">Both programs have a line for this very copy.</param>
/// <param name="Kinds">One entry an argument, or one for the function where there is nothing to compare argument by argument.</param>
/// <param name="Unexplained">Differences that no rule covers, in words.</param>
public sealed record FunctionComparison(bool IsCompared, IReadOnlyList<string> Kinds, IReadOnlyList<string> Unexplained)
{
    /// <param name="perf">All lines that perf printed for the name; those of inlined copies are not ours to compare.</param>
    /// <param name="evidence">The parameters in every out-of-line copy's DIE.</param>
    public static FunctionComparison Of(
        FunctionSymbol symbol, ElfSymbols elf, DbgfetchList ours, IReadOnlyList<DefinitionLine> perf,
        IReadOnlyDictionary<(string Function, ulong Entry), IReadOnlyDictionary<string, DwarfEvidence>> evidence)
    {
        IReadOnlyDictionary<string, DwarfEvidence>? dwarf = evidence.GetValueOrDefault((symbol.BaseName, symbol.Address));
        IReadOnlyList<DefinitionLine> lines = ours.Definitions(symbol);
        if (lines.Count == 0)
        {
            return Refused(symbol, elf, ours.Refusal(symbol), dwarf, evidence.Keys.Count(k => k.Function == symbol.BaseName));
        }

        if (lines.FirstOrDefault(l => elf.Reaches(symbol, l.Symbol, l.Offset)) is not { } mine)
        {
            return new FunctionComparison(false, [], [$"no line of ours starts there: {string.Join(", ", lines.Select(l => $"{l.Symbol}+{l.Offset}"))}"]);
        }

        // Of copies under one name perf prints lines that do not tell which is which.
        DefinitionLine? theirs = elf.Count(symbol.Name) > 1 ? null : perf.FirstOrDefault(l => l.Symbol == symbol.Place && l.Offset == 0);
        if (theirs is null)
        {
            // perf fails as a whole when one copy or inlined instance of the name has no parameter that it can place: the DIE judges alone.
            List<ArgumentVerdict> alone = [.. mine.Arguments.Select(a => Named(a.Name, ArgumentVerdict.FromDebugInformation(a, dwarf?.GetValueOrDefault(a.Name))))];
            return Of(false, [.. alone, .. Omitted(mine, [], dwarf)]);
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
        return Of(true, [.. verdicts, .. Omitted(mine, seen, dwarf)]);
    }

    private static FunctionComparison Of(bool isCompared, IReadOnlyList<ArgumentVerdict> verdicts) => new(
        isCompared, [.. verdicts.Where(v => v.Kind is not null).Select(v => v.Kind!)], [.. verdicts.Where(v => v.Kind is null).Select(v => v.Detail)]);

    /// <summary>Parameters that the DIE places at the entry and that neither line has: perf drops silently, ours may not.</summary>
    private static IEnumerable<ArgumentVerdict> Omitted(DefinitionLine mine, HashSet<string> judged, IReadOnlyDictionary<string, DwarfEvidence>? dwarf)
        => (dwarf ?? new Dictionary<string, DwarfEvidence>()).Where(p => p.Value.Fetch is not null && !judged.Contains(p.Key) && mine.Arguments.All(a => a.Name != p.Key))
            .Select(p => new ArgumentVerdict(null, $"{p.Key}: omitted, but the debug information has it in {p.Value.Fetch}"));

    private static ArgumentVerdict Named(string argument, ArgumentVerdict verdict) => verdict with { Detail = $"{argument}: {verdict.Detail}" };

    /// <summary>A refusal needs a proof as well: what the symbol table or the DIEs say, read by tools that are not ours.</summary>
    private static FunctionComparison Refused(FunctionSymbol symbol, ElfSymbols elf, Refusal? refusal, IReadOnlyDictionary<string, DwarfEvidence>? dwarf, int copies)
    {
        string? proof = refusal?.Reason switch
        {
            "notProbeable" => elf.Obstacle(symbol),
            "ambiguousFunction" => copies > 1 ? "several copies of that name" : null,
            "notAddressable" => elf.Count(symbol.Name) > 1 ? "several symbols of that name" : null,
            "unknownFunction" or "noCode" => dwarf is null ? "no DIE at that address" : null,
            "parameterUnavailable" => dwarf is not null && dwarf.Values.All(p => p.Fetch is null) ? "no parameter has a place at the entry" : null,
            _ => null,
        };
        return proof is not null
            ? new FunctionComparison(false, [$"refused by us as {refusal!.Reason}: {proof}"], [])
            : new FunctionComparison(false, [], [refusal is null ? "neither a line for this symbol nor a refusal" : $"refused without a proof: {refusal.Reason}: {refusal.Message}"]);
    }
}
