using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>From <c>FILE:LINE</c> of a file that others include to its places: those in code of its own functions, and where they are inlined.</summary>
internal sealed class IncludedLineFinder(IKernelModel model, IBodies bodies)
{
    private const int ListLimit = 6;
    private readonly InsideFinder _inside = new(model, bodies);

    /// <param name="inlines">In inlined copies too.</param>
    public Outcome<FoundFunction> Find(FunctionSpec spec, bool inlines)
    {
        string module = spec.Module ?? ProbeTarget.Vmlinux;
        IReadOnlyList<LineInUnits> files = model.Modules.Any(m => m.Name == module && m.IsIndexed) ? bodies.LineInUnits(module, spec.Source!, spec.FileLine) : [];
        return files switch
        {
            [] => new Refusal(RefusalReason.UnknownFunction, $"no unit of {model.Kernel.Release} was compiled from {spec.Source}, nor has {module} code of a file of that name that others include",
                spec.Module is null ? "what a module includes: MOD:FILE:LINE" : $"what is in vmlinux: {spec.Source}:{spec.FileLine}", "modules that are not indexed may have it: fetch --module NAME"),
            [{ Statements.Count: 0 } file] => FileLineFinder.NoSuchLine(file.File, spec.FileLine, file.Lines),
            [var file] => Find(module, file, spec, inlines),
            _ => new Refusal(RefusalReason.AmbiguousFunction, $"{files.Count} files that are included are named {spec.Source}: say more of the path",
                [.. files.OrderBy(f => f.Statements.Count == 0).Take(ListLimit).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.File}:{spec.FileLine}"))]),
        };
    }

    private Outcome<FoundFunction> Find(string module, LineInUnits file, FunctionSpec spec, bool inlines)
    {
        var at = new SourceLocation(file.File, spec.FileLine);
        string place = at.ToString();
        var isOwn = Holders(module, file).ToLookup(h => model.Functions(h.Holder.BaseName).Any(f => f.DeclaredAt?.File == file.File));
        var seen = new HashSet<int>();
        List<ProbeTarget> targets = [];
        List<Refusal> refused = [];
        string? name = null;
        int beyond = 0;
        foreach ((FileStatement statement, SymbolInfo holder) in inlines ? isOwn[true].Concat(isOwn[false]) : isOwn[true])
        {
            if (targets.Count >= CallerFinder.Limit) { beyond++; continue; }
            if (bodies.At(module, statement.Section, statement.Address) is not { } body) { continue; }
            BodyScope scope = body.FunctionOf(statement.Pc, at);
            // What one function has of the line, inlined or not, is found at once. Of another file's function it is none.
            if (scope.DeclaredAt is not { } declared || declared.File != file.File || declared.Line > at.Line || !seen.Add(scope.DieOffset)) { continue; }
            name ??= scope.Name;
            var copy = new CopyInside(new ProbeTarget(null, null, holder, module, statement.Section, holder.Address), body, scope);
            foreach (ulong pc in StatementPlaces.Of(body, scope, at, out _))
            {
                Outcome<ProbeTarget> target = _inside.TargetAt(copy, pc);
                if (target.Refusal is { } refusal) { refused.Add(refusal); } else { targets.Add(target.Value!); }
            }
        }

        int inlined = isOwn[false].Count();
        string holders = string.Join(", ", isOwn[false].Select(h => h.Holder.Name).Distinct(StringComparer.Ordinal).Take(ListLimit / 2));
        if (targets.Count == 0)
        {
            if (refused.Count > 0) { return refused[0]; }
            return inlines || inlined == 0 ? FileLineFinder.NoSuchLine(file.File, spec.FileLine, file.Lines) : new Refusal(RefusalReason.InlinedEverywhere, string.Create(CultureInfo.InvariantCulture,
                $"{place} has no code of its own: it is inlined, and begins at {inlined} places in {isOwn[false].Select(h => h.Holder.Name).Distinct(StringComparer.Ordinal).Count()} functions"),
                string.Create(CultureInfo.InvariantCulture, $"probe --inlines {(spec.Module is null ? "" : $"{module}:")}{place} covers {(inlined > CallerFinder.Limit ? $"the first {CallerFinder.Limit}" : "them")}: {holders}{(inlined > 1 ? ", ..." : "")}"));
        }

        List<string> notes = [.. refused.Select(r => $"not covered: {r.Message}")];
        if (beyond > 0) { notes.Add(string.Create(CultureInfo.InvariantCulture, $"up to {beyond} more places of {place} are not covered: no more than {CallerFinder.Limit} are")); }
        if (!inlines && inlined > 0) { notes.Add(string.Create(CultureInfo.InvariantCulture, $"{inlined} {(inlined == 1 ? "place" : "places")} of {place} in inlined copies not covered (--inlines covers them): in {holders}{(inlined > 1 ? ", ..." : "")}")); }
        if (spec.Module is null) { notes.Add($"what modules have of {file.File} is not covered: MOD:FILE:LINE"); }
        return new FoundFunction(name!, [.. targets.DistinctBy(t => (t.Module, t.Section, t.Address, t.Offset))], [], notes)
        {
            EventStem = string.Create(CultureInfo.InvariantCulture, $"{name}_{spec.FileLine}"),
        };
    }

    /// <summary>Each statement with the function's symbol that it is in.</summary>
    private IEnumerable<(FileStatement Statement, SymbolInfo Holder)> Holders(string module, LineInUnits file)
    {
        foreach (IGrouping<string, FileStatement> section in file.Statements.GroupBy(s => s.Section))
        {
            SymbolInfo[] functions = [.. model.SymbolsInSection(module, section.Key).Where(s => s.Flags.HasFlag(SymbolFlags.Function))];
            ulong[] starts = Array.ConvertAll(functions, f => f.Address);
            foreach (FileStatement statement in section)
            {
                int at = Array.BinarySearch(starts, statement.Address);
                at = at < 0 ? ~at - 1 : at;
                if (at >= 0 && statement.Address - starts[at] < (ulong)functions[at].ByteSize) { yield return (statement, functions[at]); }
            }
        }
    }
}
