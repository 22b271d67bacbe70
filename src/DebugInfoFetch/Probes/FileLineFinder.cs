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
        if (units.Length == 0)
        {
            return new Refusal(RefusalReason.UnknownFunction, $"no unit of {model.Kernel.Release} was compiled from {spec.Source}",
                "a file that others include has no code of its own: name the function, F:LINE", "modules that are not indexed may have it: fetch --module NAME");
        }

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
        return refused ?? NoSuchLine(spec, units[0].File, lines);
    }

    /// <summary>The functions that have code on a line, each as F:LINE in this file.</summary>
    private IEnumerable<FunctionSpec> Functions(string module, string file, IReadOnlyList<FileStatement> statements, int line)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (FileStatement statement in statements.Where(s => s.Line == line))
        {
            if (bodies.At(module, statement.Section, statement.Address) is not { } body) { continue; }
            BodyScope scope = body.FunctionAt(statement.Pc);
            if (scope.DeclaredAt is not { } declared || declared.File != file || declared.Line > line || !seen.Add(scope.Name)) { continue; }
            int relative = line - declared.Line;
            yield return new FunctionSpec(module, scope.Name, file, false, relative == 0 ? null : new PlaceInside.AtLine(relative));
        }
    }

    private static Refusal NoSuchLine(FunctionSpec spec, string file, SortedSet<int> lines)
    {
        int[] nearest = [.. lines.OrderBy(l => Math.Abs(l - spec.FileLine)).Take(4).Order()];
        return new Refusal(RefusalReason.NoSuchLine, string.Create(CultureInfo.InvariantCulture, $"{file}:{spec.FileLine}: no code begins on that line"),
            [$"lines near it that have code: {string.Join(", ", nearest)}"]);
    }
}
