using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>
/// The nearest things that do work where a probe is refused: calls of the function, what it calls, its inlined copies, a line. Each is tried before it is named.
/// </summary>
/// <param name="bodies">Their files are at hand: nothing is fetched for a hint.</param>
/// <param name="tries">Null where the kernel takes a probe with these arguments; else why not.</param>
internal sealed class NextSteps(IKernelModel model, IBodies bodies, Func<ProbeTarget, IReadOnlyList<string>, Refusal?> tries)
{
    private const int ListLimit = 3;
    /// <summary>Calls, callees or lines that are tried before none is taken to work.</summary>
    private const int TriedLimit = 24;

    /// <summary>In the place of what is refused as a whole, whatever its arguments.</summary>
    public IEnumerable<string> InsteadOf(FunctionSpec spec, FoundFunction found, IReadOnlyList<string> arguments)
    {
        string[] works = [.. InlinedCopies(spec, found), .. Callers(spec, found, arguments), .. Callees(found)];
        return works.Length > 0 ? works : ["no call of it, and nothing that it calls itself, takes a probe either"];
    }

    /// <summary>Where else a parameter or variable can be read that cannot be read there.</summary>
    public IEnumerable<string> WhereToRead(FunctionSpec spec, FoundFunction found, IReadOnlyList<string> arguments)
        => [.. Line(spec, found, arguments), .. spec.Inside is null && spec.FileLine == 0 ? Callers(spec, found, arguments) : []];

    private IEnumerable<string> InlinedCopies(FunctionSpec spec, FoundFunction found)
    {
        InlineSiteInfo[] sites = [.. found.InlineSites.Where(s => s.Container is { } container && tries(ProbeTarget.Of(container), []) is null)];
        if (sites.Length > 0) { yield return InlineSiteText.Instead(Name(spec, found), sites); }
    }

    /// <summary>Calls, with the arguments where that works, else without.</summary>
    private IEnumerable<string> Callers(FunctionSpec spec, FoundFunction found, IReadOnlyList<string> arguments)
    {
        if (new CallerFinder(model, bodies).Find(spec with { Inside = null }, found with { Targets = [.. found.Targets.Where(t => t.Inside is null)] }).Value is not { } calls) { yield break; }
        ProbeTarget[] targets = [.. calls.Targets.Take(TriedLimit)];
        foreach (IReadOnlyList<string> asked in arguments.Count > 0 ? (IReadOnlyList<string>[])[arguments, []] : [[]])
        {
            if (Array.Find(targets, t => tries(t, asked) is null) is not { } works) { continue; }
            yield return $"where it is called can be probed: {Command($"--callers {Name(spec, found)}", asked)}, for example {works.Label}";
            yield break;
        }
    }

    private IEnumerable<string> Callees(FoundFunction found)
    {
        if (found.Targets.FirstOrDefault(t => t.Inside is null) is not { } target || bodies.At(target.Module, target.Section, target.Address) is not { } body) { yield break; }
        var finder = new FunctionFinder(model);
        string[] names = [.. body.Calls.Select(c => c.Callee).Where(c => c.Length > 0 && c != found.Name).Distinct(StringComparer.Ordinal).Take(TriedLimit)];
        string[] works = [.. names.Where(n => finder.Find(new FunctionSpec(null, n, null, false)).Value is { } callee && callee.Targets.Any(t => tries(t, []) is null)).Take(ListLimit)];
        if (works.Length > 0) { yield return $"what it calls can be probed: {string.Join(", ", works)}"; }
    }

    /// <summary>The nearest line at which all that was asked for can be read.</summary>
    private IEnumerable<string> Line(FunctionSpec spec, FoundFunction found, IReadOnlyList<string> arguments)
    {
        var inside = new InsideFinder(model, bodies);
        if (found.Targets.Count == 0 || inside.Inside(found.Targets[0]) is not { } copy || copy.Scope.Kind == BodyScopeKind.Inlined || copy.Scope.DeclaredAt is not { } declared) { yield break; }
        ulong from = found.Targets[0].Inside?.Pc ?? copy.Body.Root.EntryPc;
        // Lines by how far their first code is away, what comes later first.
        IEnumerable<int> lines = StatementPlaces.Rows(copy.Body, copy.Scope).Where(r => r.File == declared.File && r.Line > declared.Line)
            .OrderBy(r => r.Address < from).ThenBy(r => r.Address < from ? from - r.Address : r.Address - from).Select(r => r.Line).Distinct().Take(TriedLimit);
        foreach (int line in lines)
        {
            FunctionSpec there = spec with { Name = found.Name, Source = spec.FileLine > 0 ? null : spec.Source, FileLine = 0, Inside = new PlaceInside.AtLine(line - declared.Line) };
            if (new PlaceFinder(model, bodies).Find(there, inlines: false).Value is not { } places || places.Targets.Any(t => tries(t, arguments) is not null)) { continue; }
            yield return $"at line {line - declared.Line} it can be read: {Command(string.Create(CultureInfo.InvariantCulture, $"{Name(there, found)}:{line - declared.Line}"), arguments)}";
            yield break;
        }
    }

    private static string Name(FunctionSpec spec, FoundFunction found)
        => $"{(spec.Module is null ? "" : $"{spec.Module}:")}{found.Name}{(spec.Source is null || spec.FileLine > 0 ? "" : $"@{spec.Source}")}";

    private static string Command(string place, IReadOnlyList<string> arguments)
        => $"probe {place}{string.Concat(arguments.Select(a => a.Any(c => !char.IsAsciiLetterOrDigit(c) && !"_.=:@+-,".Contains(c, StringComparison.Ordinal)) ? $" '{a}'" : $" {a}"))}";
}
