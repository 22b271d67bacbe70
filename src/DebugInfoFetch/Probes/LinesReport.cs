using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>A place where a probe on a line would stand.</summary>
/// <param name="Label"><c>btrfs:f+12</c>.</param>
/// <param name="Refusal">Why the kernel takes none there; null when nothing speaks against it.</param>
public sealed record LinePlace(string Label, string? Refusal);

/// <summary>A line of a function's source that has code.</summary>
/// <param name="Relative">Counted from the function's declaration, which is 0; what stands behind the colon of F:LINE.</param>
/// <param name="Line">Of the file.</param>
public sealed record FunctionLine(int Relative, int Line, IReadOnlyList<LinePlace> Places);

/// <summary>The lines of one copy of a function.</summary>
public sealed record CopyLines(string Label, SourceLocation? DeclaredAt, IReadOnlyList<FunctionLine> Lines);

/// <summary>Which lines of a function can be probed, or why that is not known.</summary>
public abstract record LinesAnswer
{
    public sealed record Found(string Name, IReadOnlyList<CopyLines> Copies, IReadOnlyList<string> Notes) : LinesAnswer;

    public sealed record Refused(string Message, IReadOnlyList<string> Hints) : LinesAnswer;
}

/// <summary>Lists a function's lines with their addresses, as F:LINE finds them.</summary>
public sealed class LinesReport(IKernelModel model, IBodies bodies)
{
    /// <param name="inlines">Inlined copies too.</param>
    public LinesAnswer Lines(string function, bool inlines)
    {
        Outcome<FunctionSpec> spec = FunctionSpec.Parse(function);
        if (spec.Refusal is { } bad) { return new LinesAnswer.Refused(bad.Message, bad.Hints); }
        if (spec.Value!.FileLine > 0 || spec.Value.Inside is not null) { return new LinesAnswer.Refused($"{function}: a place inside, not a function", [$"dbgfetch lines {spec.Value.Name}"]); }
        Outcome<FoundFunction> found = new PlaceFinder(model, bodies).Find(spec.Value, inlines);
        if (found.Refusal is { } refusal) { return new LinesAnswer.Refused(refusal.Message, refusal.Hints); }
        List<CopyLines> copies = [];
        var finder = new InsideFinder(model, bodies);
        foreach (ProbeTarget target in found.Value!.Targets)
        {
            if (finder.Inside(target) is not { } copy) { continue; }
            copies.Add(new CopyLines(target.Label, copy.Scope.DeclaredAt, [.. LinesOf(finder, copy)]));
        }

        return copies.Count > 0
            ? new LinesAnswer.Found(found.Value.Name, copies, found.Value.Notes)
            : new LinesAnswer.Refused($"{found.Value.Name}: the debug information knows nothing of its inside", []);
    }

    private IEnumerable<FunctionLine> LinesOf(InsideFinder finder, CopyInside copy)
    {
        if (copy.Scope.DeclaredAt is not { } declared) { yield break; }
        var check = new CodeCheck(bodies);
        var probeability = new Probeability(model);
        foreach (int line in StatementPlaces.Lines(copy.Body, copy.Scope).Order())
        {
            LinePlace[] places = [.. StatementPlaces.Of(copy.Body, copy.Scope, declared with { Line = line }, out _).Select(pc => finder.TargetAt(copy, pc) is { Value: { } target }
                ? new LinePlace(target.Label, (probeability.Check(target) ?? check.Check(target))?.Message)
                : new LinePlace(string.Create(CultureInfo.InvariantCulture, $"0x{pc:x}"), "in no symbol"))];
            yield return new FunctionLine(line - declared.Line, line, places);
        }
    }
}
