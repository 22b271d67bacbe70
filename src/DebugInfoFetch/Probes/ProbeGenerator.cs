using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;

namespace DebugInfoFetch.Probes;

/// <summary>From FUNCTION and ARGs to lines that one kernel takes, or to the reason why there are none. Never guesses.</summary>
public sealed class ProbeGenerator(IKernelModel model)
{
    private readonly FunctionFinder _finder = new(model);
    private readonly Probeability _probeability = new(model);

    public ProbeAnswer Generate(ProbeRequest request) => Generate([request])[0];

    /// <summary>Answers a list, one answer a request in the same order; event names are unique over all of them.</summary>
    public IReadOnlyList<ProbeAnswer> Generate(IReadOnlyList<ProbeRequest> requests)
    {
        var names = new EventNames();
        return [.. requests.Select(r => Generate(r, names))];
    }

    private ProbeAnswer Generate(ProbeRequest request, EventNames names)
    {
        if (RegisterFile.For(model.Kernel.Architecture) is not { } registers)
        {
            return new ProbeAnswer.Refused(RefusalReason.UnsupportedArchitecture,
                $"{model.Kernel.Architecture}: the kernel's register names on it are not known here",
                [$"known: {string.Join(", ", RegisterFile.Architectures)}"]);
        }

        if (CheckNames(request) is { } badName) { return badName.ToAnswer(); }
        Outcome<FunctionSpec> function = FunctionSpec.Parse(request.Function);
        if (function.Refusal is { } badFunction) { return badFunction.ToAnswer(); }
        List<ArgumentSpec> arguments = [];
        foreach (string text in request.Arguments)
        {
            Outcome<ArgumentSpec> argument = ArgumentSpec.Parse(text);
            if (argument.Refusal is { } badArgument) { return badArgument.ToAnswer(); }
            arguments.Add(argument.Value!);
        }

        Outcome<FoundFunction> found = _finder.Find(function.Value!);
        return found.Refusal is { } refusal
            ? refusal.ToAnswer()
            : Generate(request, function.Value!, arguments, found.Value!, registers, names);
    }

    private ProbeAnswer Generate(ProbeRequest request, FunctionSpec function, IReadOnlyList<ArgumentSpec> arguments, FoundFunction found,
        RegisterFile registers, EventNames names)
    {
        List<Draft> drafts = [];
        List<(ProbeTarget Target, Refusal Refusal)> refused = [];
        foreach (ProbeTarget target in found.Targets)
        {
            Outcome<Draft> draft = DraftLine(target, function.AtReturn, arguments, registers);
            if (draft.Refusal is { } refusal) { refused.Add((target, refusal)); }
            else { drafts.Add(draft.Value!); }
        }

        if (drafts.Count == 0) { return Combine(found, [.. refused.Select(r => r.Refusal)]).ToAnswer(); }

        string wanted = request.EventName ?? found.Name + (function.AtReturn ? "__return" : "");
        ProbeDefinition[] definitions = [.. drafts.Select(d => d.Define(names.Take(request.Group, wanted)))];
        IEnumerable<string> notes = found.Notes
            .Concat(drafts.SelectMany(d => d.Notes))
            .Concat(refused.Select(r => $"not covered: {r.Refusal.Message}"));
        return new ProbeAnswer.Lines(definitions, [.. notes.Distinct(StringComparer.Ordinal)]);
    }

    private static Refusal? CheckNames(ProbeRequest request)
    {
        if (request.EventName is { } name && !KernelIdentifier.IsEvent(name)) { return BadName("an event", name); }
        return request.Group is { } group && !KernelIdentifier.IsGroup(group) ? BadName("a group", group) : null;
    }

    private static Refusal BadName(string what, string name) => new(RefusalReason.BadRequest,
        $"'{name}' cannot name {what}: the kernel takes C identifiers of at most {KernelIdentifier.MaxEventLength} characters",
            $"for example {KernelIdentifier.From(name)}");

    private Outcome<Draft> DraftLine(ProbeTarget target, bool atReturn, IReadOnlyList<ArgumentSpec> specs, RegisterFile registers)
    {
        if (_probeability.Check(target) is { } notProbeable) { return notProbeable; }
        Outcome<FoundPoint> point = new PointFinder(model, registers).Find(target, atReturn);
        if (point.Refusal is { } notAddressable) { return notAddressable; }
        Outcome<FetchedArguments> fetched = new ArgumentFetcher(model, registers, target, atReturn).Fetch(specs);
        if (fetched.Refusal is { } notFetched) { return notFetched; }
        IReadOnlyList<FetchedArgument> arguments = fetched.Value!.Arguments;
        Outcome<List<string>> names = ArgumentNames.Assign(arguments);
        if (names.Refusal is { } badNames) { return badNames; }

        ProbeArgument[] final = [.. arguments.Zip(names.Value!, (a, name) => new ProbeArgument(
            new FetchArgument(name, a.Typed.Expression, a.Typed.Type), a.Source, a.Typed.CType,
                DefaultFetchType.Describe(a.Typed.Type, registers.WordBits)))];
        string[] pointNotes = point.Value!.Note is { } note ? [note] : [];
        var draft = new Draft(target, point.Value.Point, final, [.. pointNotes, .. fetched.Value.Notes, .. StaleReads(arguments)]);
        return Check(draft, registers) is { } refusal ? refusal : draft;
    }

    private Refusal? Check(Draft draft, RegisterFile registers)
    {
        // The longest name that an event can get stands in for the one that it will.
        DefinitionLine line = draft.Define(new ProbeEvent(null, new string('x', KernelIdentifier.MaxEventLength))).ToLine();
        if (KernelFeature.Missing(line, model.Kernel.KernelVersion) is { } feature)
        {
            return new Refusal(RefusalReason.NeedsNewerKernel,
                $"{draft.Target.Label}: {feature.What} came with Linux {feature.Since}, and this kernel is {model.Kernel.KernelVersion}");
        }

        return LineLimits.Check(line, registers.WordBits);
    }

    /// <summary>
    /// A read that fails leaves what the ring buffer held before, not 0 (KPROBES.md §1.5): the base pointer tells whether to believe it.
    /// </summary>
    private static IEnumerable<string> StaleReads(IReadOnlyList<FetchedArgument> arguments)
        => arguments.Where(a => a.ReadsThrough && a.Root is not null && !arguments.Any(b => b.Root == a.Root && !b.ReadsThrough))
            .Select(a => a.Root!)
            .Distinct(StringComparer.Ordinal)
            .Select(root => $"where {root} is NULL or no valid pointer, what is read through it is stale bytes, not 0: add {root} as an argument to tell");

    private static Refusal Combine(FoundFunction found, IReadOnlyList<Refusal> refusals)
    {
        if (refusals.Select(r => r.Message).Distinct(StringComparer.Ordinal).Count() == 1) { return refusals[0]; }
        return new Refusal(refusals[0].Reason,
            string.Create(CultureInfo.InvariantCulture,
                $"none of the {refusals.Count} copies of {found.Name} can be probed so: {refusals[0].Message}"),
            [.. refusals.Skip(1).Select(r => r.Message).Concat(refusals.SelectMany(r => r.Hints)).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>A line but for its event.</summary>
    private sealed record Draft(ProbeTarget Target, ProbePoint Point, IReadOnlyList<ProbeArgument> Arguments, IReadOnlyList<string> Notes)
    {
        public ProbeDefinition Define(ProbeEvent name)
            => new() { Event = name, Point = Point, Arguments = Arguments, Module = Target.Module, Symbol = Target.Symbol?.Name,
                Function = Target.Function };
    }
}
