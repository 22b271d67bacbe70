using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>From the name of a function to its copies in this kernel.</summary>
internal sealed class FunctionFinder(IKernelModel model)
{
    private const int ListLimit = 8;
    private const int SuggestionLimit = 3;
    private readonly BtfLimits _limits = new(model);

    /// <param name="inlines">Inlined copies are wanted too: a function that has no other is found as well.</param>
    public Outcome<FoundFunction> Find(FunctionSpec spec, bool inlines = false)
    {
        if (CheckModule(spec.Module) is { } refusal) { return refusal; }

        IReadOnlyList<Candidate> candidates = Candidates(spec);
        if (_limits.Hold && spec.Source is not null) { return _limits.Needs($"{spec.Name}@{spec.Source}: BTF has no source files"); }
        if (candidates.Count == 0) { return _limits.Hold && _limits.IsOnlyCloned(spec) ? _limits.WithoutArguments(spec) : FromSymbols(spec); }

        Candidate[] here = [.. candidates.Select(c => c.Narrow(spec)).OfType<Candidate>()];
        if (here.Length == 0) { return _limits.Hold && _limits.IsOnlyCloned(spec) ? _limits.WithoutArguments(spec) : NotThere(spec, candidates); }

        // Functions of which nothing was compiled cannot be meant, nor can the code of an overridden weak function: the linker leaves it in
        // place, under no symbol, and nothing calls it.
        Candidate[] compiled = [.. here.Where(c => c.Targets.Length > 0 || c.InlineSites.Length > 0)];
        if (compiled.Any(c => !c.IsNameless)) { compiled = [.. compiled.Where(c => !c.IsNameless)]; }
        return compiled switch
        {
            [] => _limits.Hold ? _limits.WithoutArguments(spec) : FromSymbols(spec),
            [{ Targets.Length: 0 } bare] => WithoutCode(spec, bare, inlines),
            [var only] => new FoundFunction(only.Name, only.Targets, only.InlineSites, [.. Notes(spec, only, inlines), .. Elsewhere(spec)]),
            _ => Ambiguous(spec, compiled),
        };
    }

    private Refusal? CheckModule(string? module)
    {
        if (module is null) { return null; }
        ModuleInfo? known = model.Modules.FirstOrDefault(m => m.Name == module);
        if (known is { IsIndexed: true }) { return null; }
        if (known is not null)
        {
            return new Refusal(RefusalReason.UnknownModule, $"module {module} is not indexed",
                $"dbgfetch fetch --kernel {model.Kernel.Release} --module {module}");
        }

        return new Refusal(RefusalReason.UnknownModule, $"no module {module} in what is known of {model.Kernel.Release}",
            [.. DidYouMean(model.SimilarNames(NameKind.Module, module, SuggestionLimit)), .. IndexedPart.Hint(model) is { } part ? (string[])[part] : []]);
    }

    /// <summary>Functions of the source, one a place of declaration: a header's function is one, whichever units compiled it.</summary>
    private List<Candidate> Candidates(FunctionSpec spec)
    {
        IReadOnlyList<FunctionInfo> functions = model.Functions(spec.Name);
        string? exactSymbol = null;
        int dot = spec.Name.IndexOf('.', StringComparison.Ordinal);
        if (functions.Count == 0 && dot > 0)
        {
            exactSymbol = spec.Name;
            functions = model.Functions(spec.Name[..dot]);
        }

        return [.. functions
            .GroupBy(f => (f.DeclaredAt, Alone: f.DeclaredAt is null ? f.Id.Value : 0))
            .Select(g => Candidate.Of(g, model, exactSymbol))
            .Where(c => exactSymbol is null || c.Targets.Length > 0)];
    }

    private Outcome<FoundFunction> FromSymbols(FunctionSpec spec)
    {
        SymbolInfo[] symbols = [.. model.Symbols(spec.Name)
            .Where(s => s.Flags.HasFlag(SymbolFlags.Text) || s.Flags.HasFlag(SymbolFlags.Function))
            .Where(s => spec.Module is null || s.Module == spec.Module)];
        if (spec.Source is not null && symbols.Length > 0)
        {
            return new Refusal(RefusalReason.UnknownFunction,
                $"{spec.Name} has no debug information, so its source file is not known: leave @{spec.Source} out");
        }

        switch (symbols)
        {
            case [{ Suffix: SuffixKind.Cold } cold]:
                return new Refusal(RefusalReason.NotProbeable, $"{cold.Name} is the unlikely part of {cold.BaseName}, no entry",
                    $"probe {cold.BaseName}");
            case [var symbol]:
                (ProbeTarget target, string note) = BySymbol(symbol, symbol.Name == spec.Name ? Only(model.Functions(spec.Name)) : null);
                return new FoundFunction(symbol.BaseName, [target], [], [note, .. Elsewhere(spec)]);
            case { Length: > 1 }:
                return new Refusal(RefusalReason.AmbiguousFunction,
                    $"{symbols.Length} symbols are named {spec.Name}, none with debug information to tell them apart",
                    [.. symbols.Take(ListLimit).Select(s => $"{s.Module}:{s.Name} in {s.Section}")]);
        }

        if (model.Functions(spec.Name).Count > 0)
        {
            return new Refusal(RefusalReason.NoCode,
                $"{spec.Name} is known to the source, but nothing was compiled of it in what is indexed of {model.Kernel.Release}");
        }

        IReadOnlyList<string> similar = model.SimilarNames(NameKind.Function, spec.Name, SuggestionLimit);
        string[] unindexed = IndexedPart.Hint(model) is { } part ? [part]
            : model.Modules.Any(m => !m.IsIndexed) ? ["modules that are not indexed may have it: fetch --module NAME"] : [];
        const string Macro = "a macro leaves no trace in debug information: if it is one, probe what it expands to";
        return new Refusal(RefusalReason.UnknownFunction, $"no function {spec.Name} in what is indexed of {model.Kernel.Release}",
            [.. DidYouMean(similar), .. unindexed, Macro, .. _limits.Hold ? [$"BTF does not list what is inlined everywhere; {_limits.Needs("that").Hints[0]} gets debuginfo"] : Array.Empty<string>()]);
    }

    /// <summary>Of a kernel that is indexed in part nobody knows whether the name is the only one.</summary>
    private IEnumerable<string> Elsewhere(FunctionSpec spec)
        => spec.Module is null && IndexedPart.Hint(model) is { } part ? [$"whether another {spec.Name} is in a module is not known; {part}"] : [];

    /// <summary>
    /// A function of which no DIE has code is inlined everywhere, unless the symbol table has it: code that is the same as another function's gcc describes only
    /// once, as the other's (-fipa-icf).
    /// </summary>
    private Outcome<FoundFunction> WithoutCode(FunctionSpec spec, Candidate bare, bool inlines)
    {
        HashSet<string> modules = [.. bare.InlineSites.Select(site => site.Module)];
        IReadOnlyList<FunctionInfo> named = model.Functions(spec.Name);
        EntryInfo[] described = [.. named.SelectMany(f => model.Entries(f.Id))];
        // What a DIE gives to another function of the name is not this one's; of several that no DIE gives code, nobody knows whose a symbol is.
        bool isOne = named.Where(f => model.Entries(f.Id).Count == 0).Select(f => f.DeclaredAt).Distinct().Count() == 1;
        (ProbeTarget Target, string Note)[] copies =
        [
            .. model.SymbolsByBaseName(spec.Name)
                .Where(s => isOne && modules.Contains(s.Module) && s.Flags.HasFlag(SymbolFlags.Function)
                    && (s.Suffix is SuffixKind.None or SuffixKind.Isra or SuffixKind.Constprop or SuffixKind.Part)
                    && !described.Any(e => e.Module == s.Module && e.Section == s.Section && e.Address == s.Address))
                .Select(s => BySymbol(s, Only(named))),
        ];
        if (copies.Length == 0 && !inlines) { return InlinedEverywhere(spec, bare); }
        Candidate found = bare with { Targets = [.. copies.Select(copy => copy.Target)] };
        return new FoundFunction(bare.Name, found.Targets, found.InlineSites, [.. Notes(spec, found, inlines), .. copies.Select(copy => copy.Note), .. Elsewhere(spec)]);
    }

    private static FunctionInfo? Only(IReadOnlyList<FunctionInfo> functions) => functions is [var only] ? only : null;

    /// <summary>
    /// What has a symbol and no DIE with code. Where another name of the same code has one, that says where parameters are; else the psABI does, which only clones
    /// depart from.
    /// </summary>
    /// <param name="function">The only function of the source that has the name; null where there are several, or none.</param>
    private (ProbeTarget Target, string Note) BySymbol(SymbolInfo symbol, FunctionInfo? function)
    {
        foreach (SymbolInfo other in model.SymbolsInSection(symbol.Module, symbol.Section).Where(s => s.Address == symbol.Address && s.Name != symbol.Name))
        {
            foreach (FunctionInfo same in model.Functions(other.BaseName))
            {
                if (model.Entries(same.Id).FirstOrDefault(e => e.Module == symbol.Module && e.Section == symbol.Section && e.Address == symbol.Address) is { } entry)
                {
                    return (ProbeTarget.Of(same, entry) with { Symbol = symbol }, $"{symbol.Name} is the same code as {other.Name}: calls of either are met, and parameters are named as there");
                }
            }
        }

        if (!_limits.Hold && symbol.Suffix == SuffixKind.None && function is not null && IsDefinedIn(symbol, function) && ConventionalPlaces.Of(function, model) is { } places)
        {
            return (ProbeTarget.Of(symbol) with { Function = function, Conventional = places },
                $"{symbol.Name} is described without its code, as functions are that gcc found to be the same as another; its parameters are where the calling convention has them");
        }

        return (ProbeTarget.Of(symbol), $"{symbol.Name} has no debug information: registers can be read, parameters are not known");
    }

    /// <summary>A name of external linkage means one function; a static one is its file's.</summary>
    private bool IsDefinedIn(SymbolInfo symbol, FunctionInfo function)
        => (function.IsExternal && !symbol.Flags.HasFlag(SymbolFlags.Local)) || (function.DeclaredAt is { } at && model.UnitFiles(at.File).Contains((symbol.Module, at.File)));

    private static Refusal NotThere(FunctionSpec spec, IReadOnlyList<Candidate> candidates)
        => new(RefusalReason.UnknownFunction, $"{spec.Name}: no copy of it {Where(spec)}",
            [.. candidates.Take(ListLimit).Select(c => c.Describe())]);

    private static string Where(FunctionSpec spec) => (spec.Module, spec.Source) switch
    {
        ({ } module, { } source) => $"in module {module} from {source}",
        ({ } module, null) => $"in {(module == ProbeTarget.Vmlinux ? module : $"module {module}")}",
        _ => $"from {spec.Source}",
    };

    private static Refusal Ambiguous(FunctionSpec spec, Candidate[] candidates)
    {
        string how = candidates.Select(c => c.DeclaredAt?.File).Distinct().Count() == candidates.Length
            ? $"choose one with {spec.Name}@SOURCE"
            : $"choose one with {spec.Name}@SOURCE or MOD:{spec.Name}";
        string[] more = candidates.Length > ListLimit
            ? [string.Create(CultureInfo.InvariantCulture, $"and {candidates.Length - ListLimit} more")]
            : [];
        return new Refusal(RefusalReason.AmbiguousFunction, $"{candidates.Length} different functions are named {spec.Name}: {how}",
            [.. candidates.Take(ListLimit).Select(c => c.Describe()), .. more]);
    }

    private static Refusal InlinedEverywhere(FunctionSpec spec, Candidate candidate)
    {
        string[] more = candidate.InlineSites.Length > ListLimit
            ? [string.Create(CultureInfo.InvariantCulture, $"and {candidate.InlineSites.Length - ListLimit} more")]
            : [];
        return new Refusal(RefusalReason.InlinedEverywhere,
            string.Create(CultureInfo.InvariantCulture,
                $"{spec.Name} has no code of its own: it is inlined in {candidate.InlineSites.Length} places"),
            [$"probe --inlines {spec.Name} covers them all", .. candidate.InlineSites.Take(ListLimit).Select(InlineSiteText.Describe), .. more]);
    }

    private static IEnumerable<string> Notes(FunctionSpec spec, Candidate found, bool inlines)
    {
        string[] names = [.. found.Targets.Select(t => t.Symbol?.Name).OfType<string>().Distinct(StringComparer.Ordinal)];
        if (names.Length > 0 && !names.Contains(spec.Name))
        {
            yield return $"{spec.Name} exists in this kernel only as {string.Join(", ", names)}";
        }

        foreach (SymbolInfo part in found.Targets.Select(t => t.Symbol).OfType<SymbolInfo>().Where(s => s.Suffix == SuffixKind.Part)
            .DistinctBy(s => s.Name))
        {
            yield return $"{part.Name} is the later part of {part.BaseName}: calls that return early never reach it";
        }

        if (found.InlineSites.Length > 0 && !inlines)
        {
            yield return InlineSiteText.NotCovered(found.Name, found.InlineSites);
        }
    }

    private static string[] DidYouMean(IReadOnlyList<string> names) => names.Count > 0 ? [$"did you mean {string.Join(", ", names)}?"] : [];

    /// <summary>A function of the source with what was compiled of it.</summary>
    private sealed record Candidate(string Name, SourceLocation? DeclaredAt, ProbeTarget[] Targets, InlineSiteInfo[] InlineSites)
    {
        public bool IsNameless => Targets.Length > 0 && InlineSites.Length == 0 && Targets.All(t => t.Symbol is null);

        public static Candidate Of(IEnumerable<FunctionInfo> group, IKernelModel model, string? exactSymbol)
        {
            FunctionInfo[] functions = [.. group];
            ProbeTarget[] targets = [.. functions
                .SelectMany(f => model.Entries(f.Id).Select(e => ProbeTarget.Of(f, e)))
                .Where(t => t.Symbol?.Suffix != SuffixKind.Cold && (exactSymbol is null || t.Symbol?.Name == exactSymbol))
                .DistinctBy(t => (t.Module, t.Section, t.Address))
                .OrderBy(t => t.IsInModule).ThenBy(t => t.Module, StringComparer.Ordinal).ThenBy(t => t.Address)];
            InlineSiteInfo[] sites = exactSymbol is null ? [.. functions.SelectMany(f => model.InlineSites(f.Id))] : [];
            return new Candidate(functions[0].Name, functions[0].DeclaredAt, targets, sites);
        }

        /// <summary>What of it MOD: and @SOURCE leave; null for nothing.</summary>
        public Candidate? Narrow(FunctionSpec spec)
        {
            bool isDeclaredThere = spec.Source is null || SourceTail.Matches(DeclaredAt, spec.Source);
            ProbeTarget[] targets = [.. Targets
                .Where(t => spec.Module is null || t.Module == spec.Module)
                .Where(t => isDeclaredThere || SourceTail.Matches(t.Entry!.UnitFile, spec.Source!))];
            InlineSiteInfo[] sites = [.. InlineSites.Where(i => isDeclaredThere && (spec.Module is null || i.Module == spec.Module))];
            bool isNothing = targets.Length == 0 && sites.Length == 0 && (Targets.Length + InlineSites.Length > 0 || !isDeclaredThere);
            return isNothing ? null : this with { Targets = targets, InlineSites = sites };
        }

        public string Describe()
        {
            string[] modules = [.. Targets.Select(t => t.Module).Concat(InlineSites.Select(i => i.Module))
                .Distinct(StringComparer.Ordinal)];
            string copies = Targets.Length > 0 ? string.Join(", ", Targets.Take(3).Select(t => t.Label)) : "inlined everywhere";
            return $"{DeclaredAt?.ToString() ?? Name}: {copies}{(modules.Length > 0 ? $" ({string.Join(", ", modules.Take(3))})" : "")}";
        }
    }
}
