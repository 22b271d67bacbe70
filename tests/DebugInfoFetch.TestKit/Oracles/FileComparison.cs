using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What came of one function of the sample.</summary>
/// <param name="IsCompared">Both programs have a line for this very copy.</param>
/// <param name="Kinds">One entry an argument, or one for the function where there is nothing to compare argument by argument.</param>
/// <param name="Unexplained">Differences that no rule covers, in words.</param>
public sealed record FunctionComparison(bool IsCompared, IReadOnlyList<string> Kinds, IReadOnlyList<string> Unexplained);

/// <summary>Compares the answers to <c>F $params</c> of one debug file, function by function.</summary>
/// <param name="structs">Types of this file that are structs or unions, as pahole knows them.</param>
public sealed partial class FileComparison(DebugFiles files, string file, DbgfetchList ours, IReadOnlySet<string> structs)
{
    private readonly ElfSymbols _elf = files.Elf(file);

    /// <param name="perf">All lines that perf printed for the name; those of inlined copies are not ours to compare.</param>
    public FunctionComparison Compare(FunctionSymbol symbol, IReadOnlyList<DefinitionLine> perf)
    {
        IReadOnlyList<DefinitionLine> lines = ours.Definitions(symbol);
        if (lines.Count == 0)
        {
            return Refused(symbol);
        }

        if (lines.FirstOrDefault(l => _elf.Reaches(symbol, l.Symbol, l.Offset)) is not { } mine)
        {
            return new FunctionComparison(false, [], [$"no line of ours starts there: {string.Join(", ", lines.Select(l => $"{l.Symbol}+{l.Offset}"))}"]);
        }

        // Of copies under one name perf prints lines that do not tell which is which. And it fails as a whole when one copy or inlined instance
        // of the name has no parameter that it can place. Then the DIE judges alone.
        DefinitionLine? theirs = _elf.Count(symbol.Name) > 1 ? null : perf.FirstOrDefault(l => l.Symbol == symbol.Place && l.Offset == 0);
        IReadOnlyDictionary<string, DwarfEvidence> places = files.Parameters(symbol) ?? new Dictionary<string, DwarfEvidence>();
        List<ArgumentVerdict> verdicts = [];
        HashSet<string> seen = [];
        foreach (FetchPlace argument in theirs?.Arguments ?? [])
        {
            bool isRepeated = !seen.Add(argument.Name);
            verdicts.Add(Judge(symbol, argument.Name, argument, isRepeated ? null : mine.Arguments.FirstOrDefault(a => a.Name == argument.Name), places, isRepeated));
        }

        foreach (FetchPlace argument in mine.Arguments.Where(a => seen.Add(a.Name)))
        {
            verdicts.Add(theirs is null
                ? Named(argument.Name, ByConvention(symbol, argument) ?? ArgumentVerdict.FromDebugInformation(argument, places.GetValueOrDefault(argument.Name)))
                : Judge(symbol, argument.Name, null, argument, places, false));
        }

        // What the DIE places and neither line has: perf drops silently, ours may not.
        foreach (string parameter in places.Where(p => p.Value.Fetch is not null && seen.Add(p.Key)).Select(p => p.Key))
        {
            verdicts.Add(Judge(symbol, parameter, null, null, places, false));
        }

        return new FunctionComparison(
            theirs is not null, [.. verdicts.Where(v => v.Kind is not null).Select(v => v.Kind!)], [.. verdicts.Where(v => v.Kind is null).Select(v => v.Detail)]);
    }

    /// <summary>The rules that need more than the DIE stand here; all others in <see cref="ArgumentVerdict"/>.</summary>
    private ArgumentVerdict Judge(
        FunctionSymbol symbol, string name, FetchPlace? perf, FetchPlace? mine, IReadOnlyDictionary<string, DwarfEvidence> places, bool isRepeated)
    {
        DwarfEvidence? place = places.GetValueOrDefault(name);

        // A struct in a register has no fetch type, and we say so; perf prints the register as if it were an integer.
        if (mine is null && !isRepeated && ours.LeftOutStruct(symbol, name) is { } type && structs.Contains(type))
        {
            return new ArgumentVerdict("left out by us with a note: a struct as a whole", name);
        }

        // A char pointer whose value is an address of the image: the string there, reached from a symbol.
        if (mine is { Type: "string" } && place?.ConstantAddress is { } address && AtSymbol().Match(mine.Fetch) is { Success: true } at
            && _elf.AddressOf(at.Groups["symbol"].Value) + (ulong)Offset(at) == address && (perf is null || perf.Fetch == $"@{name}+0"))
        {
            return new ArgumentVerdict("ours: the string at a constant address (perf prints @PARAMETER)", name);
        }

        return Named(name, ArgumentVerdict.Of(perf, mine, place, isRepeated));
    }

    /// <summary>
    /// A function that a DIE declares and none gives code, under an unchanged name: gcc has folded it (-fipa-icf), and the psABI (x86-64, figure 3.36) says in which
    /// register its N-th integer or pointer comes.
    /// </summary>
    private ArgumentVerdict? ByConvention(FunctionSymbol symbol, FetchPlace argument)
    {
        int ordinal = symbol.IsClone || files.Parameters(symbol) is not null ? -1 : Array.IndexOf([.. files.Dwarf(file).ParametersWithoutCode(symbol.Name) ?? []], argument.Name);
        return ordinal is >= 0 and < 6 && (argument.Fetch == s_argumentRegisters[ordinal] || argument.ReadsTheStringAt(argument with { Fetch = s_argumentRegisters[ordinal] }))
            ? new ArgumentVerdict("no line of perf's, and no DIE with code; by the calling convention", argument.Name)
            : null;
    }

    private static readonly string[] s_argumentRegisters = ["%di", "%si", "%dx", "%cx", "%r8", "%r9"];

    /// <summary>A refusal needs a proof as well: what the symbol table or the DIEs say, read by tools that are not ours.</summary>
    private FunctionComparison Refused(FunctionSymbol symbol)
    {
        Refusal? refusal = ours.Refusal(symbol);
        string? proof = refusal is null ? null : RefusalProof.Of(refusal, symbol, files);
        return proof is not null
            ? new FunctionComparison(false, [$"refused by us as {refusal!.Reason}: {proof}"], [])
            : new FunctionComparison(false, [], [refusal is null ? "neither a line for this symbol nor a refusal" : $"refused without a proof: {refusal.Reason}: {refusal.Message}"]);
    }

    private static ArgumentVerdict Named(string argument, ArgumentVerdict verdict) => verdict with { Detail = $"{argument}: {verdict.Detail}" };

    private static long Offset(Match match) => match.Groups["offset"].Success ? long.Parse(match.Groups["offset"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^@(?<symbol>[^+-]+)(?<offset>[+-]\d+)?$")]
    private static partial Regex AtSymbol();
}
