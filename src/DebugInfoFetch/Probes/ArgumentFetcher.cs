using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>An argument that is fetched, before it has its final name.</summary>
/// <param name="Name">As asked for, or what it would be called; made unique later.</param>
/// <param name="IsNamed">The name was asked for.</param>
/// <param name="Source">EXPR as it was asked for.</param>
internal sealed record FetchedArgument(string Name, bool IsNamed, string Source, TypedExpression Typed)
{
    /// <summary>The pointers that it is read through, the first first.</summary>
    public IReadOnlyList<FetchedArgument> Pointers { get; init; } = [];
}

/// <summary>The arguments of one line, and what of <c>$params</c> is left out.</summary>
internal sealed record FetchedArguments(IReadOnlyList<FetchedArgument> Arguments, IReadOnlyList<string> Notes);

/// <summary>From EXPR to FETCH at one probe point.</summary>
internal sealed class ArgumentFetcher(IKernelModel model, RegisterFile registers, KernelRules rules, ProbeTarget target, bool atReturn)
{
    /// <summary>PARAM_MAX_STACK (kernel/trace/trace_probe.h): words of a stack of 16 KiB, the smallest of 64-bit machines.</summary>
    private const int MaxStackWord = 2048;

    private readonly TypeResolver _resolver = new(target.TypesIn(model));
    private readonly BtfLimits _limits = new(model);
    private readonly DataSymbols _dataSymbols = new(model);

    public Outcome<FetchedArguments> Fetch(IReadOnlyList<ArgumentSpec> specs)
    {
        List<FetchedArgument> arguments = [];
        List<string> notes = [];
        foreach (ArgumentSpec spec in specs)
        {
            if (spec.Expression is ArgumentExpression.Parameters all)
            {
                if (FetchParameters(all.AndVariables, arguments, notes) is { } none) { return none; }
                continue;
            }

            Outcome<FetchedArgument> fetched = Fetch(spec);
            if (fetched.Refusal is { } refusal) { return refusal; }
            arguments.Add(fetched.Value!);
            notes.AddRange(fetched.Value!.Typed.Notes);
        }

        return new FetchedArguments(arguments, notes);
    }

    /// <summary><c>$params</c>, <c>$vars</c>: what has no place or no fetch type is named in a note.</summary>
    private Refusal? FetchParameters(bool andVariables, List<FetchedArgument> arguments, List<string> notes)
    {
        if (NoParameters() is { } refusal) { return refusal; }
        foreach (VisibleVariable variable in target.Variables().Where(v => v.IsParameter || andVariables))
        {
            string name = variable.Name;
            Outcome<FetchedArgument> fetched = FetchVariable(variable, null, [], null, name, null);
            if (fetched.Refusal is { } refused) { notes.Add($"{name} is left out: {refused.Message}"); }
            else if (rules.Missing(fetched.Value!.Typed.Expression) is { } feature) { notes.Add($"{name} is left out: {rules.WhyNot(feature)}"); }
            else
            {
                arguments.Add(fetched.Value);
                notes.AddRange(fetched.Value.Typed.Notes);
            }
        }

        return null;
    }

    private Outcome<FetchedArgument> Fetch(ArgumentSpec spec) => spec.Expression switch
    {
        ArgumentExpression.Variable variable => FetchVariable(spec, variable),
        ArgumentExpression.Global global => FetchGlobal(spec, global),
        ArgumentExpression.ReturnValue result => FetchReturnValue(spec, result),
        ArgumentExpression.Register register => registers.Names.Contains(register.Name)
            ? Raw(spec, new FetchExpression.Register(register.Name), register.Name)
            : new Refusal(RefusalReason.BadRequest, $"%{register.Name}: no such register on {model.Kernel.Architecture}",
                $"registers: {string.Join(" ", registers.Names.Order(StringComparer.Ordinal))}"),
        ArgumentExpression.StackWord { Index: > MaxStackWord } word =>
            new Refusal(RefusalReason.BadRequest, $"$stack{word.Index}: a kernel stack has {MaxStackWord} words"),
        ArgumentExpression.StackWord word => Raw(spec, new FetchExpression.StackWord(word.Index), $"stack{word.Index}"),
        ArgumentExpression.StackPointer => Raw(spec, new FetchExpression.StackPointer(), "stack"),
        ArgumentExpression.CommandName => spec.Type is null or FetchType.Text { FromUser: false, Count: null }
            ? Named(spec, "comm", new TypedExpression(new FetchExpression.CommandName(), new FetchType.Text(), ""))
            : new Refusal(RefusalReason.NotFetchable, $"$comm is text: its only fetch type is string, not {spec.Type}"),
        ArgumentExpression.Immediate immediate => Raw(spec, new FetchExpression.Immediate(immediate.Value), "constant"),
        _ => throw new InvalidOperationException($"no such expression: {spec.Expression}"),
    };

    private static FetchedArgument Named(ArgumentSpec spec, string defaultName, TypedExpression typed)
        => new(spec.Name ?? defaultName, spec.Name is not null, spec.Text, typed);

    /// <summary>What has no C type: a bare word, or what :TYPE says. Text and arrays are what it points at.</summary>
    private static Outcome<FetchedArgument> Raw(ArgumentSpec spec, FetchExpression expression, string defaultName)
    {
        if (expression is FetchExpression.Immediate && spec.Type is { NeedsMemory: true })
        {
            return new Refusal(RefusalReason.NotFetchable, $"{spec.Text}: type {spec.Type} reads memory");
        }

        return spec.Type is { NeedsMemory: true }
            ? Named(spec, defaultName, new TypedExpression(new FetchExpression.Dereference(0, expression), spec.Type, "")) with
            {
                Pointers = BasePointers.Of(expression, spec.Type, defaultName),
            }
            : Named(spec, defaultName, new TypedExpression(expression, spec.Type, ""));
    }

    // ---- parameters ----

    private Refusal? NoParameters()
    {
        if (!target.HasVariables)
        {
            if (_limits.Hold) { return _limits.Needs($"{target.Label}: its parameters are not known from BTF"); }
            return new Refusal(RefusalReason.UnknownParameter, $"{target.Label} has no debug information: its parameters are not known",
                "ask for registers: %REG, $stackN");
        }

        return atReturn && !rules.Has(KernelFeature.EntryAtReturn)
            ? new Refusal(RefusalReason.NeedsNewerKernel,
                $"{target.Label}: at the return the registers of its parameters hold something else, and {rules.WhyNot(KernelFeature.EntryAtReturn)}",
                $"probe {target.Function?.Name} for them, and {target.Function?.Name}%return for $retval")
            : null;
    }

    private Outcome<FetchedArgument> FetchVariable(ArgumentSpec spec, ArgumentExpression.Variable variable)
    {
        if (NoParameters() is { } refusal) { return refusal; }
        IReadOnlyList<VisibleVariable> all = target.Variables();
        if (all.FirstOrDefault(v => v.Name == variable.Name) is { } found)
        {
            return FetchVariable(found, variable.Source, variable.Steps, spec.Type, spec.Text, spec.Name);
        }

        string function = target.Inside?.Function.Name ?? target.Function!.Name;
        string[] names = [.. all.Select(v => v.Name)];
        IReadOnlyList<string> similar = SimilarName.Among(names, variable.Name);
        string what = target.Inside is null ? "parameters" : "parameters and variables";
        string[] hints =
        [
            .. similar.Count > 0 ? [$"did you mean {string.Join(", ", similar)}?"] : Array.Empty<string>(),
            names.Length > 0 ? $"its {what}: {string.Join(", ", names)}" : $"it has no {what}",
            .. target.Inside is null ? [$"variables of its own can be read inside: {function}:LINE (dbgfetch lines {function})"] : Array.Empty<string>(),
        ];
        string noun = target.Inside is null ? "parameter" : "parameter or variable";
        return new Refusal(RefusalReason.UnknownParameter, $"{function} has no {noun} {variable.Name}{(target.Inside is null ? "" : $" at {target.Label}")}", hints);
    }

    private Outcome<FetchedArgument> FetchVariable(VisibleVariable variable, string? source, IReadOnlyList<PathStep> steps, FetchType? asked,
        string text, string? askedName)
    {
        string name = variable.Name;
        Outcome<Operand> operand = new ParameterOperand(registers, _dataSymbols, atReturn).Of(name, variable.Place, target);
        if (operand.Refusal is { } refusal)
        {
            return _limits.Hold && variable.Place.Kind == PlaceKind.Unsupported
                ? _limits.Needs($"{name}: the calling convention alone does not tell where it is at the entry of {target.Label}")
                : refusal;
        }

        TypeScope scope = target.Scope with { Source = source };
        Outcome<FetchedChain> typed = FetchChain(operand.Value!, variable.Type, scope, steps, asked, name);
        if (typed.Refusal is { } none) { return none; }
        TypedExpression expression = operand.Value is Operand.Constant && steps.Count == 0
            ? typed.Value!.End.Noting($"{name} is the constant {((Operand.Constant)operand.Value).Number} in {target.Label}")
            : typed.Value!.End;
        if (atReturn && expression.Expression.Depth > 0) { expression = expression.Noting($"what {name} points at is read when {target.Label} returns"); }
        return new FetchedArgument(askedName ?? ArgumentNames.Default(name, steps), askedName is not null, text, expression)
        {
            Pointers = typed.Value!.Pointers,
        };
    }

    private Outcome<FetchedChain> FetchChain(Operand root, TypeId type, TypeScope scope, IReadOnlyList<PathStep> steps, FetchType? asked,
        string name)
    {
        Outcome<ChainEnd> end = new ChainFetch(_resolver, registers).Follow(root, type, scope, steps, name);
        if (end.Refusal is { } noWay) { return noWay; }
        Outcome<TypedExpression> typed = new TypedFetch(_resolver, registers).Fetch(end.Value!, asked, name + string.Concat(steps));
        if (typed.Refusal is { } refusal) { return refusal; }
        if (asked is FetchType.FileName file && !rules.Has(KernelFeature.FileName))
        {
            // What the kernel writes out for it by its own layout (traceprobe_expand_dentry_args(), kernel/trace/trace_probe.c).
            IReadOnlyList<PathStep> toName = PathStep.Parse(file.OfFile ? "->f_path.dentry->d_name.name" : "->d_name.name", out _);
            return FetchChain(root, type, scope, [.. steps, .. toName], new FetchType.Text(), name);
        }

        return new FetchedChain(typed.Value!, BasePointers.Of(end.Value!, typed.Value!, name, steps));
    }

    /// <summary>The end of a chain, and the pointers that lead there.</summary>
    private sealed record FetchedChain(TypedExpression End, IReadOnlyList<FetchedArgument> Pointers);

    // ---- the return value ----

    private Outcome<FetchedArgument> FetchReturnValue(ArgumentSpec spec, ArgumentExpression.ReturnValue result)
    {
        if (!atReturn)
        {
            return new Refusal(RefusalReason.BadRequest, "$retval exists at a return only",
                $"probe {target.Function?.Name ?? target.Label}%return");
        }

        var value = new FetchExpression.ReturnValue();
        if (target.Function is not { } function)
        {
            return result.Steps.Count == 0
                ? Raw(spec, value, "retval")
                : new Refusal(RefusalReason.UnknownMember,
                    $"{spec.Text}: {target.Label} has no debug information, its return type is not known");
        }

        if (_resolver.Strip(function.ReturnType) is not { } type)
        {
            return new Refusal(RefusalReason.NotFetchable, $"{function.Name} returns void",
                $"that it returns is seen without $retval: probe {function.Name}%return", $"its arguments at the entry: probe {function.Name} $params");
        }

        long? size = _resolver.SizeOf(function.ReturnType);
        if (type.Kind is TypeKind.Struct or TypeKind.Union && size is not <= 8)
        {
            string spelled = new TypeSpelling(model).Spell(function.ReturnType);
            string[] halves = size <= 16 && registers.ReturnPair is { } pair ? [$"if it holds integers or pointers only, its halves are %{pair.First} and %{pair.Second} there: ask for those"] : [];
            return new Refusal(RefusalReason.NotFetchable, $"{function.Name} returns {spelled}, which does not fit the register that $retval is", halves);
        }

        TypeScope scope = target.Entry is { } entry ? TypeScope.Of(entry) : TypeScope.Anywhere;
        Outcome<FetchedChain> typed = FetchChain(new Operand.Value(value), function.ReturnType, scope, result.Steps, spec.Type,
            "$retval");
        if (typed.Refusal is { } refusal) { return refusal; }
        TypedExpression expression = target.Symbol?.Suffix is SuffixKind.Isra or SuffixKind.Constprop or SuffixKind.Part
            ? typed.Value!.End.Noting(
                $"$retval of {target.Label} may mean nothing: the compiler drops a return value that no caller uses, and says so nowhere")
            : typed.Value!.End;
        return new FetchedArgument(spec.Name ?? ArgumentNames.Default("retval", result.Steps), spec.Name is not null, spec.Text, expression)
        {
            Pointers = typed.Value!.Pointers,
        };
    }

    // ---- globals ----

    private Outcome<FetchedArgument> FetchGlobal(ArgumentSpec spec, ArgumentExpression.Global global)
    {
        Outcome<GlobalOperand> found = new GlobalFinder(model, _dataSymbols).Find(global.Name, global.Source, global.Cpu);
        if (found.Refusal is { } refusal)
        {
            if (refusal.Reason != RefusalReason.UnknownVariable || model.Symbols(global.Name).Count == 0) { return refusal; }
            return _limits.Hold ? _limits.Needs($"@{global.Name}: BTF has no type of it") : FetchUntyped(spec, global, refusal);
        }

        GlobalOperand variable = found.Value!;
        var scope = new TypeScope(new HashSet<UnitId> { variable.Variable.Unit }, null, global.Source);
        Outcome<FetchedChain> typed = FetchChain(variable.Operand, variable.Variable.Type, scope, global.Steps, spec.Type,
            "@" + global.Name);
        if (typed.Refusal is { } none) { return none; }
        return new FetchedArgument(spec.Name ?? ArgumentNames.Default(global.Name, global.Steps), spec.Name is not null, spec.Text,
            GlobalNotes(global, variable.Variable).Aggregate(typed.Value!.End, (end, note) => end.Noting(note)))
        {
            Pointers = typed.Value!.Pointers,
        };
    }

    /// <summary>What assembly and the linker define has a symbol and no type: it is read as :TYPE says.</summary>
    private Outcome<FetchedArgument> FetchUntyped(ArgumentSpec spec, ArgumentExpression.Global global, Refusal unknown)
    {
        if (global is not { Source: null, Cpu: null, Steps: [] } || model.Symbols(global.Name) is not [var symbol] || DataSymbols.WhyNotReadable(symbol) is not null
            || symbol.Flags.HasFlag(SymbolFlags.PerCpu) || _dataSymbols.Reach(symbol) is not { } address)
        {
            return unknown;
        }

        return spec.Type is null
            ? new Refusal(RefusalReason.UnknownVariable, $"@{global.Name} is a symbol without debug information: its type is not known", $"say how to read it: @{global.Name}:x64")
            : Named(spec, ArgumentNames.Default(global.Name, []), new TypedExpression(address.Read(), spec.Type, ""));
    }

    private IEnumerable<string> GlobalNotes(ArgumentExpression.Global global, VariableInfo variable)
    {
        if (global.Cpu is { } cpu) { yield return $"@{global.Name}@cpu{cpu} means something only where the machine has a CPU {cpu}"; }
        if (variable.Module == ProbeTarget.Vmlinux) { yield break; }
        if (variable.Module != target.Module) { yield return $"module {variable.Module} must be loaded when the line is written: @{global.Name} is in it"; }
        yield return $"bpftrace's kaddr() does not find {global.Name}, as it is a module's: this line does";
        if (model.Modules.Any(m => !m.IsIndexed)) { yield return $"that no other module has a symbol {global.Name} was checked in the indexed modules only"; }
    }
}
