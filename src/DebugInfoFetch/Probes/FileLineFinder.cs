using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>From <c>FILE:LINE</c> to the function that the line is in, and so to its places.</summary>
internal sealed class FileLineFinder(IKernelModel model, IBodies bodies)
{
    private const int ListLimit = 6;

    public Outcome<FoundFunction> Find(FunctionSpec spec, bool inlines)
    {
        (string Module, string File)[] units = [.. model.UnitFiles(spec.Source!).Where(u => spec.Module is null || u.Module == spec.Module)];
        if (units.Length == 0) { return new IncludedLineFinder(model, bodies).Find(spec, inlines); }
        if (units.Select(u => u.File).Distinct(StringComparer.Ordinal).ToArray() is { Length: > 1 } several)
        {
            return new Refusal(RefusalReason.AmbiguousFunction, $"{several.Length} files are named {spec.Source}: say more of the path",
                [.. several.Take(ListLimit).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f}:{spec.FileLine}"))]);
        }

        List<ProbeTarget> targets = [];
        List<string> notes = [];
        var lines = new SortedSet<int>();
        string? name = null;
        Refusal? refused = null;
        foreach ((string module, string file) in units)
        {
            IReadOnlyList<FileStatement> statements = [.. bodies.StatementsOf(module, file).Where(s => s.IsStatement)];
            lines.UnionWith(statements.Select(s => s.Line));
            foreach (FunctionSpec function in Functions(module, file, statements, spec.FileLine))
            {
                Outcome<FoundFunction> copies = new FunctionFinder(model).Find(function, inlines);
                if (copies.Refusal is { } unknown) { refused ??= unknown; continue; }
                Outcome<FoundFunction> found = new InsideFinder(model, bodies).Find(function, copies.Value!, inlines);
                if (found.Refusal is { } none) { refused ??= none; continue; }
                name ??= found.Value!.EventStem;
                targets.AddRange(found.Value!.Targets);
                notes.AddRange(found.Value.Notes);
            }
        }

        if (targets.Count > 0) { return new FoundFunction(name!, targets, [], notes); }
        return refused ?? NoSuchLine(units[0].File, spec.FileLine, lines);
    }

    /// <summary>The functions that have code on a line, each as F:LINE in this file.</summary>
    private IEnumerable<FunctionSpec> Functions(string module, string file, IReadOnlyList<FileStatement> statements, int line)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (FileStatement statement in statements.Where(s => s.Line == line))
        {
            if (bodies.At(module, statement.Section, statement.Address) is not { } body) { continue; }
            BodyScope scope = body.FunctionOf(statement.Pc, new SourceLocation(file, line));
            if (scope.DeclaredAt is not { } declared || declared.File != file || declared.Line > line || !seen.Add(scope.Name)) { continue; }
            int relative = line - declared.Line;
            yield return new FunctionSpec(module, scope.Name, file, false, relative == 0 ? null : new PlaceInside.AtLine(relative));
        }
    }

    public static Refusal NoSuchLine(string file, int line, IEnumerable<int> lines)
    {
        int[] nearest = [.. lines.OrderBy(l => Math.Abs(l - line)).Take(4).Order()];
        return new Refusal(RefusalReason.NoSuchLine, string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: no code begins on that line"),
            [$"lines near it that have code: {string.Join(", ", nearest)}"]);
    }
}
