using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>A variable and the memory that it is in.</summary>
internal sealed record GlobalOperand(VariableInfo Variable, Operand.Stored Operand);

/// <summary>From <c>@NAME[@SOURCE][@cpuN]</c> to the variable's memory, by a symbol that the kernel is sure to resolve to it.</summary>
internal sealed class GlobalFinder(IKernelModel model, DataSymbols dataSymbols)
{
    private const int ListLimit = 8;
    private const int SuggestionLimit = 3;

    public Outcome<GlobalOperand> Find(string name, string? source, int? cpu)
    {
        VariableInfo[] all = [.. model.Variables(name).DistinctBy(v => (v.Module, v.Section, v.Address))];
        VariableInfo[] variables = [.. all.Where(v => source is null || SourceTail.Matches(v.DeclaredAt, source))];
        switch (variables)
        {
            case []:
                IReadOnlyList<string> similar = model.SimilarNames(NameKind.Variable, name, SuggestionLimit);
                string[] hints = all.Length > 0
                    ? [.. all.Take(ListLimit).Select(Describe)]
                    : similar.Count > 0 ? [$"did you mean {string.Join(", ", similar)}?"] : [$"symbols that have it in their name: dbgfetch symbol '*{name}*'"];
                return new Refusal(RefusalReason.UnknownVariable,
                    $"no variable {name}{(source is null ? "" : $" in {source}")} in what is indexed of {model.Kernel.Release}", hints);
            case [var variable]:
                return Reach(variable, cpu);
            default:
                return new Refusal(RefusalReason.AmbiguousVariable,
                    string.Create(CultureInfo.InvariantCulture,
                        $"{variables.Length} variables are named {name}: choose one with @{name}@SOURCE"),
                    [.. variables.Take(ListLimit).Select(Describe)]);
        }
    }

    private Outcome<GlobalOperand> Reach(VariableInfo variable, int? cpu)
    {
        // A function's own static is name.N in the symbol table.
        SymbolInfo? symbol = model.Symbols(variable.Name).Concat(model.SymbolsByBaseName(variable.Name))
            .FirstOrDefault(s => s.Module == variable.Module && s.Address == variable.Address
                && (variable.Section.Length == 0 || s.Section == variable.Section));
        if (symbol is null)
        {
            return new Refusal(RefusalReason.NotAddressable, $"@{variable.Name}: the symbol table has no symbol for it");
        }

        if (symbol.Flags.HasFlag(SymbolFlags.PerCpu)) { return ReachPerCpu(variable, symbol, cpu); }
        if (cpu is not null) { return new Refusal(RefusalReason.BadRequest, $"@{variable.Name} is no per-CPU variable: leave @cpu{cpu} out"); }
        if (DataSymbols.WhyNotReadable(symbol) is { } why) { return new Refusal(RefusalReason.NotAddressable, $"@{variable.Name}: {why}", DuringBoot(symbol)); }
        return dataSymbols.Reach(symbol) is { } address
            ? new GlobalOperand(variable, new Operand.Stored(address))
            : new Refusal(RefusalReason.NotAddressable,
                $"@{variable.Name}: several symbols have that name, and no symbol near it is unique");
    }

    private static string DuringBoot(SymbolInfo symbol) => !symbol.Flags.HasFlag(SymbolFlags.Init) ? "what the running kernel keeps of it must be found in other variables"
        : symbol.Module == ProbeTarget.Vmlinux ? $"while it boots it is there: kprobe_event=p:NAME,FUNCTION,@{symbol.Name} on the kernel's command line"
        : $"while {symbol.Module} is loaded it is there: a line for a function that its init calls, written before";

    private Outcome<GlobalOperand> ReachPerCpu(VariableInfo variable, SymbolInfo symbol, int? cpu)
    {
        if (cpu is { } one && dataSymbols.OnCpu(symbol, one) is { } address) { return new GlobalOperand(variable, new Operand.Stored(address)); }
        string[] bpftrace = symbol.Module == ProbeTarget.Vmlinux
            ? [$"bpftrace follows it on the CPU that it runs on: percpu_kaddr(\"{symbol.Name}\") is its address there"]
            : [];
        if (cpu is not null)
        {
            string why = symbol.Module == ProbeTarget.Vmlinux
                ? $"in this kernel nothing leads a fetch argument to CPU {cpu}'s copy"
                : "where a module's are is only known once it is loaded";
            return new Refusal(RefusalReason.NotAddressable, $"@{variable.Name} is a per-CPU variable: {why}", bpftrace);
        }

        string[] oneCpu = dataSymbols.OnCpu(symbol, 0) is null ? [] : [$"@{variable.Name}@cpu0 reads that of CPU 0"];
        return new Refusal(RefusalReason.NotAddressable,
            $"@{variable.Name}: a per-CPU variable: its address is an offset that a fetch argument cannot follow on whichever CPU it runs", [.. oneCpu, .. bpftrace]);
    }

    private static string Describe(VariableInfo variable) => $"{variable.DeclaredAt?.ToString() ?? variable.Name} ({variable.Module})";
}
