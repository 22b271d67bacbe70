using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>A symbol with how often its name occurs among all that the running kernel can load; more than once, a probe by name is refused.</summary>
public sealed record SymbolAnswer(SymbolInfo Symbol, int Occurrences);

/// <summary>Finds symbols by exact name, by base name (all suffixed copies), or by glob.</summary>
public static class SymbolQuery
{
    public static IEnumerable<SymbolAnswer> Find(IKernelModel model, string nameOrGlob)
    {
        if (nameOrGlob.AsSpan().ContainsAny('*', '?', '[')) { return WithOccurrences(model, model.SymbolsMatching(nameOrGlob)); }

        var found = new List<SymbolInfo>(model.Symbols(nameOrGlob));
        foreach (SymbolInfo copy in model.SymbolsByBaseName(nameOrGlob))
        {
            if (!found.Contains(copy)) { found.Add(copy); }
        }

        return WithOccurrences(model, found);
    }

    /// <summary>Of what the compiler made the copy: <c>isra</c>, <c>part</c>, …; empty for the function itself.</summary>
    public static string SuffixWord(SuffixKind suffix) => suffix switch
    {
        SuffixKind.Isra => "isra",
        SuffixKind.Constprop => "constprop",
        SuffixKind.Part => "part",
        SuffixKind.Cold => "cold",
        SuffixKind.Llvm => "llvm",
        SuffixKind.Other => "suffixed",
        _ => "",
    };

    /// <summary>What is known about the symbol, in the words that people use of it.</summary>
    public static IReadOnlyList<string> Words(SymbolInfo symbol)
    {
        var words = new List<string>();
        if (symbol.Suffix != SuffixKind.None) { words.Add(SuffixWord(symbol.Suffix)); }
        foreach ((SymbolFlags flag, string word) in FlagWords)
        {
            if (symbol.Flags.HasFlag(flag)) { words.Add(word); }
        }

        const SymbolFlags function = SymbolFlags.Text | SymbolFlags.Function;
        bool isTraceable = (symbol.Flags & (SymbolFlags.HasFtraceSite | SymbolFlags.FtraceUnknown)) != 0;
        if ((symbol.Flags & function) == function && !isTraceable) { words.Add("notrace"); }
        return words;
    }

    private static readonly (SymbolFlags Flag, string Word)[] FlagWords =
    [
        (SymbolFlags.Object, "data"),
        (SymbolFlags.Local, "local"),
        (SymbolFlags.Weak, "weak"),
        (SymbolFlags.PerCpu, "per-CPU"),
        (SymbolFlags.Init, "init"),
        (SymbolFlags.NotLoaded, "not loaded"),
        (SymbolFlags.Blacklisted, "blacklisted"),
        (SymbolFlags.NoInstrument, "noinstr"),
        (SymbolFlags.Preamble, "preamble"),
    ];

    private static IEnumerable<SymbolAnswer> WithOccurrences(IKernelModel model, IEnumerable<SymbolInfo> symbols)
    {
        string lastName = "";
        int lastCount = 0;
        foreach (SymbolInfo symbol in symbols)
        {
            if (symbol.Name != lastName)
            {
                lastName = symbol.Name;
                lastCount = model.Symbols(symbol.Name).Count(other => !other.Flags.HasFlag(SymbolFlags.NotLoaded));
            }

            yield return new(symbol, lastCount);
        }
    }
}
