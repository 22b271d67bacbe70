using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>One place in code with what is known of each variable there.</summary>
/// <param name="Label">As probes name it: <c>btrfs:f.isra.0+12</c>.</param>
/// <param name="Refusal">Why the kernel takes no probe there; null when nothing speaks against it.</param>
public sealed record PlaceVerdict(string Label, string Module, string? Symbol, long ByteSize, string? Refusal, IReadOnlyList<VariableVerdict> Variables);

/// <summary>An answer about a function, or why there is none.</summary>
public abstract record FunctionAnswer
{
    /// <param name="Prototype">As C would declare it.</param>
    /// <param name="InlineSites">Where it is inlined, in words.</param>
    public sealed record Found(string Name, SourceLocation? DeclaredAt, string Prototype, IReadOnlyList<PlaceVerdict> Places,
        IReadOnlyList<string> InlineSites, IReadOnlyList<string> Notes) : FunctionAnswer;

    public sealed record Refused(string Message, IReadOnlyList<string> Hints) : FunctionAnswer;
}

/// <summary>Says, for each copy of a function and any place in it, what became of each parameter and variable.</summary>
public sealed class FunctionReport(IKernelModel model, IBodies? bodies)
{
    private readonly PlaceFinder _places = new(model, bodies);
    private readonly Probeability _probeability = new(model);

    /// <summary>Every out-of-line copy with its parameters at the entry.</summary>
    /// <param name="explains">With the evidence, which needs the debug file.</param>
    public FunctionAnswer Function(string function, bool explains) => Answer(function, false, (target, maker) => AtEntry(target, maker, explains), rejectsInside: true);

    /// <summary>What can be named at a place: the entry, a line, an offset.</summary>
    public FunctionAnswer Variables(string place, bool inlines, bool explains) => Answer(place, inlines, (target, maker) => AtPlace(target, maker, explains), rejectsInside: false);

    private FunctionAnswer Answer(string text, bool inlines, Func<ProbeTarget, VerdictMaker, IReadOnlyList<VariableVerdict>> variables, bool rejectsInside)
    {
        if (RegisterFile.For(model.Kernel.Architecture) is not { } registers)
        {
            return new FunctionAnswer.Refused($"{model.Kernel.Architecture}: the kernel's register names on it are not known here", [$"known: {string.Join(", ", RegisterFile.Architectures)}"]);
        }

        Outcome<FunctionSpec> spec = FunctionSpec.Parse(text);
        if (spec.Refusal is { } bad) { return new FunctionAnswer.Refused(bad.Message, bad.Hints); }
        if (rejectsInside && (spec.Value!.Inside is not null || spec.Value.FileLine > 0))
        {
            return new FunctionAnswer.Refused($"{text}: a place inside, not a function", [$"dbgfetch vars {text}"]);
        }

        // A function that is inlined everywhere is an answer here, not a refusal.
        Outcome<FoundFunction> found = rejectsInside ? new FunctionFinder(model).Find(spec.Value!, inlines: true) : _places.Find(spec.Value!, inlines);
        if (found.Refusal is { } refusal) { return new FunctionAnswer.Refused(refusal.Message, refusal.Hints); }
        var maker = new VerdictMaker(model, registers);
        FoundFunction function = found.Value!;
        PlaceVerdict[] places = [.. function.Targets.Select(t => new PlaceVerdict(t.Label, t.Module, t.Symbol?.Name, t.Symbol?.ByteSize ?? 0, WhyNot(t), variables(t, maker)))];
        FunctionInfo? declared = function.Targets.Select(t => t.Function).FirstOrDefault(f => f is not null) ?? FunctionOf(function);
        return new FunctionAnswer.Found(function.Name, declared?.DeclaredAt, declared is null ? "" : Prototype(declared), places,
            [.. function.InlineSites.Select(InlineSiteText.Describe)], function.Notes);
    }

    private FunctionInfo? FunctionOf(FoundFunction function) => function.InlineSites.Count > 0 ? model.Function(function.InlineSites[0].Function) : null;

    private string? WhyNot(ProbeTarget target)
    {
        if (_probeability.Check(target) is { } refusal) { return refusal.Message; }
        return bodies is not null && target.Inside is not null ? new CodeCheck(bodies).Check(target)?.Message : null;
    }

    private string Prototype(FunctionInfo function)
    {
        var spelling = new TypeSpelling(model);
        string[] parameters = [.. function.Parameters.Select(p => $"{spelling.Spell(p.Type)} {p.Name}".TrimEnd()), .. function.IsVariadic ? ["..."] : Array.Empty<string>()];
        return $"{spelling.Spell(function.ReturnType)} {function.Name}({(parameters.Length > 0 ? string.Join(", ", parameters) : "void")})";
    }

    private VariableVerdict[] AtEntry(ProbeTarget target, VerdictMaker maker, bool explains)
    {
        FunctionBody? body = explains ? bodies?.At(target.Module, target.Section, target.Address) : null;
        return [.. target.Variables().Select(v => maker.Of(v, target, body is null ? null : Evidence(body.Root, v.Name, body.Root.EntryPc)))];
    }

    private List<VariableVerdict> AtPlace(ProbeTarget target, VerdictMaker maker, bool explains)
    {
        if (target.Inside is { } inside)
        {
            return [.. target.Variables().Select(v => maker.Of(v, target, explains ? Evidence(inside.Function, v.Name, inside.Pc) : null))];
        }

        // At the entry the cache knows the parameters; the function's variables are in its body only.
        List<VariableVerdict> verdicts = [.. AtEntry(target, maker, explains)];
        if (bodies?.At(target.Module, target.Section, target.Address) is not { } body) { return verdicts; }
        ulong entry = body.Root.EntryPc;
        ProbeTarget first = target with { Inside = new InsidePlace(0, entry, body, body.Root, target.Entry?.Unit) };
        verdicts.AddRange(first.Variables().Where(v => !v.IsParameter).Select(v => maker.Of(v, first, explains ? Evidence(body.Root, v.Name, entry) : null)));
        return verdicts;
    }

    private static string? Evidence(BodyScope function, string name, ulong pc)
        => FunctionBody.VisibleAt(function, pc).FirstOrDefault(v => v.Name == name) is { } variable ? VerdictMaker.EvidenceOf(variable, pc) : null;
}
