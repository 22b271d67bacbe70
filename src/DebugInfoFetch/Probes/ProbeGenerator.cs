using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;

namespace DebugInfoFetch.Probes;

/// <summary>From FUNCTION and ARGs to lines that one kernel takes, or to the reason why there are none. Never guesses.</summary>
/// <param name="rules">What the kernel's probe events can do; by default what its version says.</param>
/// <param name="bodies">The inside of functions; null: only entries and returns can be probed.</param>
public sealed class ProbeGenerator(IKernelModel model, KernelRules? rules = null, IBodies? bodies = null)
{
    private readonly KernelRules _rules = rules ?? KernelRules.Of(model.Kernel);
    private readonly PlaceFinder _places = new(model, bodies);
    private readonly Probeability _probeability = new(model);

    public ProbeAnswer Generate(ProbeRequest request) => Generate(request, new EventNames(), explores: true);

    /// <summary>
    /// Answers a list, one answer a request in the same order; event names are unique over all of them. What would work in the place of a refused one is only looked
    /// for when it is the only one.
    /// </summary>
    public IReadOnlyList<ProbeAnswer> Generate(IReadOnlyList<ProbeRequest> requests)
    {
        var names = new EventNames();
        return [.. requests.Select(r => Generate(r, names, explores: requests.Count == 1))];
    }

    private ProbeAnswer Generate(ProbeRequest request, EventNames names, bool explores)
    {
        if (RegisterFile.For(model.Kernel.Architecture) is not { } registers)
        {
            return new ProbeAnswer.Refused(RefusalReason.UnsupportedArchitecture,
                $"{model.Kernel.Architecture}: the kernel's register names on it are not known here",
                [$"known: {string.Join(", ", RegisterFile.Architectures)}"]);
        }

        if (CheckRequest(request) is { } badRequest) { return badRequest.ToAnswer(); }
        Outcome<FunctionSpec> function = FunctionSpec.Parse(request.Function);
        if (function.Refusal is { } badFunction) { return badFunction.ToAnswer(); }
        if (request.MaxActive is not null && !function.Value!.AtReturn)
        {
            return new ProbeAnswer.Refused(RefusalReason.BadRequest, "a number of calls at once belongs to a return",
                [$"probe {request.Function}%return"]);
        }

        List<ArgumentSpec> arguments = [];
        foreach (string text in request.Arguments)
        {
            Outcome<ArgumentSpec> argument = ArgumentSpec.Parse(text);
            if (argument.Refusal is { } badArgument) { return badArgument.ToAnswer(); }
            arguments.Add(argument.Value!);
        }

        Outcome<FoundFunction> found = _places.Find(function.Value!, request.Inlines, request.Callers);
        return found.Refusal is { } refusal
            ? refusal.ToAnswer()
            : Generate(request, function.Value!, arguments, found.Value!, registers, names, explores);
    }

    private ProbeAnswer Generate(ProbeRequest request, FunctionSpec function, IReadOnlyList<ArgumentSpec> arguments, FoundFunction found,
        RegisterFile registers, EventNames names, bool explores)
    {
        List<Draft> drafts = [];
        List<(ProbeTarget Target, Refusal Refusal)> refused = [];
        foreach (ProbeTarget target in found.Targets)
        {
            Outcome<Draft> draft = DraftLine(target, request, function.AtReturn, arguments, registers);
            if (draft.Refusal is { } refusal) { refused.Add((target, refusal)); }
            else { drafts.Add(draft.Value!); }
        }

        if (drafts.Count == 0)
        {
            Refusal refusal = Combine(found, [.. refused.Select(r => r.Refusal)]);
            return (explores && bodies is not null && found.Targets.All(t => bodies.IsAtHand(t.Module)) ? WithNextSteps(refusal, request, function, found, registers)
                : request.Inlines ? refusal : WithInlinedCopies(refusal, found)).ToAnswer();
        }

        string wanted = request.EventName ?? found.EventStem + (function.AtReturn ? "__return" : "");
        ProbeDefinition[] definitions = [.. drafts.Select(d => d.Define(names.Take(request.Group, wanted)))];
        IEnumerable<string> notes = found.Notes
            .Concat(drafts.SelectMany(d => d.Notes))
            .Concat(new BtfLimits(model).Notes(drafts.Select(d => d.Target)))
            .Concat(refused.Select(r => $"not covered: {r.Refusal.Message}"));
        return new ProbeAnswer.Lines(definitions, [.. notes.Distinct(StringComparer.Ordinal)]);
    }

    private static Refusal? CheckRequest(ProbeRequest request)
    {
        if (request.MaxActive is < 1 or > DefinitionLine.MaxMaxActive)
        {
            return new Refusal(RefusalReason.BadRequest, string.Create(CultureInfo.InvariantCulture,
                $"{request.MaxActive} calls at once: the kernel takes 1 to {DefinitionLine.MaxMaxActive}"));
        }

        if (request.EventName is { } name && !KernelIdentifier.IsEvent(name)) { return BadName("an event", name); }
        return request.Group is { } group && !KernelIdentifier.IsGroup(group) ? BadName("a group", group) : null;
    }

    private static Refusal BadName(string what, string name) => new(RefusalReason.BadRequest,
        $"'{name}' cannot name {what}: the kernel takes C identifiers of at most {KernelIdentifier.MaxEventLength} characters",
            $"for example {KernelIdentifier.From(name)}");

    private Outcome<Draft> DraftLine(ProbeTarget target, ProbeRequest request, bool atReturn, IReadOnlyList<ArgumentSpec> specs,
        RegisterFile registers)
    {
        if (_probeability.Check(target) is { } notProbeable) { return notProbeable; }
        if (bodies is not null && new CodeCheck(bodies).Check(target) is { } badCode) { return badCode; }
        Outcome<FoundPoint> point = new PointFinder(model, registers).Find(target, atReturn);
        if (point.Refusal is { } notAddressable) { return notAddressable; }
        Outcome<FetchedArguments> fetched = new ArgumentFetcher(model, registers, _rules, target, atReturn).Fetch(specs);
        if (fetched.Refusal is { } notFetched) { return notFetched; }
        IReadOnlyList<FetchedArgument> asked = fetched.Value!.Arguments;
        IReadOnlyList<FetchedArgument> arguments = request.IsBare ? asked : BasePointers.Insert(asked);
        Outcome<List<string>> names = ArgumentNames.Assign(arguments);
        if (names.Refusal is { } badNames) { return badNames; }

        ProbeArgument[] final = [.. arguments.Zip(names.Value!, (argument, name) => Final(argument, name, registers))];
        string[] pointNotes = point.Value!.Note is { } note ? [note] : [];
        var draft = new Draft(target, point.Value.Point, final, request.MaxActive,
            [.. pointNotes, .. fetched.Value.Notes, .. arguments.SelectMany(OtherType), .. request.IsBare ? BasePointers.Notes(asked) : []]);
        if (Check(draft, registers) is not { } refusal) { return draft; }
        return refusal.Reason == RefusalReason.TooLong && arguments.Count > asked.Count
            ? refusal with { Hints = [.. refusal.Hints, "--bare leaves out the pointers that were not asked for"] }
            : refusal;
    }

    private ProbeArgument Final(FetchedArgument argument, string name, RegisterFile registers)
    {
        FetchType? type = _rules.Instead(argument.Typed.Type);
        return new ProbeArgument(new FetchArgument(name, argument.Typed.Expression, type), argument.Source, argument.Typed.CType,
            DefaultFetchType.Describe(type, registers.WordBits));
    }

    /// <summary>A note where the kernel lacks the type, and has another for the same.</summary>
    private IEnumerable<string> OtherType(FetchedArgument argument) => argument.Typed.Type is { } type && _rules.Instead(type) != type
        ? [$"{argument.Source} is printed as {_rules.Instead(type)?.Render() ?? "a number"}, not {type}: this kernel is too old for that"]
        : [];

    private Refusal? Check(Draft draft, RegisterFile registers)
    {
        // The longest name that an event can get stands in for the one that it will.
        DefinitionLine line = draft.Define(new ProbeEvent(null, new string('x', KernelIdentifier.MaxEventLength))).ToLine();
        return _rules.Missing(line) is { } feature
            ? new Refusal(RefusalReason.NeedsNewerKernel, $"{draft.Target.Label}: {_rules.WhyNot(feature)}")
            : LineLimits.Check(line, registers.WordBits);
    }

    /// <summary>What does work, tried with the same arguments.</summary>
    private Refusal WithNextSteps(Refusal refusal, ProbeRequest request, FunctionSpec function, FoundFunction found, RegisterFile registers)
    {
        if (request.Inlines || request.Callers || function.AtReturn) { return refusal; }
        var steps = new NextSteps(model, bodies!, (target, texts) =>
        {
            ArgumentSpec[] specs = [.. texts.Select(t => ArgumentSpec.Parse(t).Value!)];
            return DraftLine(target, request, false, specs, registers).Refusal;
        });
        string[] hints = refusal.Reason switch
        {
            RefusalReason.NotProbeable when function.Inside is null && function.FileLine == 0 => [.. steps.InsteadOf(function, found, request.Arguments)],
            RefusalReason.ParameterUnavailable => [.. steps.WhereToRead(function, found, request.Arguments)],
            _ => [],
        };
        // What was only likely to work is said by what was tried.
        return refusal with { Hints = [.. hints, .. refusal.Hints.Where(h => !h.Contains("probe --callers", StringComparison.Ordinal) && (hints.Length == 0 || h != Probeability.AnyCaller))] };
    }

    /// <summary>Where a function's own code takes no probe, code that it is inlined into may.</summary>
    private Refusal WithInlinedCopies(Refusal refusal, FoundFunction found)
    {
        if (refusal.Reason != RefusalReason.NotProbeable) { return refusal; }
        InlineSiteInfo[] sites = [.. found.InlineSites.Where(s => s.Container is { } container && _probeability.Check(ProbeTarget.Of(container)) is null)];
        return sites.Length > 0 ? refusal with { Hints = [InlineSiteText.Instead(found.Name, sites), .. refusal.Hints] } : refusal;
    }

    private static Refusal Combine(FoundFunction found, IReadOnlyList<Refusal> refusals)
    {
        if (refusals.Select(r => r.Message).Distinct(StringComparer.Ordinal).Count() == 1) { return refusals[0]; }
        return new Refusal(refusals[0].Reason,
            string.Create(CultureInfo.InvariantCulture,
                $"none of the {refusals.Count} copies of {found.Name} can be probed so: {refusals[0].Message}"),
            [.. refusals.Skip(1).Select(r => r.Message).Concat(refusals.SelectMany(r => r.Hints)).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>A line but for its event.</summary>
    private sealed record Draft(ProbeTarget Target, ProbePoint Point, IReadOnlyList<ProbeArgument> Arguments, int? MaxActive,
        IReadOnlyList<string> Notes)
    {
        public ProbeDefinition Define(ProbeEvent name)
            => new() { Event = name, Point = Point, Arguments = Arguments, MaxActive = MaxActive, Module = Target.Module,
                Symbol = Target.Symbol?.Name, Function = Target.Function };
    }
}
