using System.Globalization;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>A variable and the memory that it is in.</summary>
internal sealed record GlobalOperand(VariableInfo Variable, Operand.Stored Operand);

/// <summary>From <c>@NAME[@SOURCE]</c> to the variable's memory, by a symbol that the kernel is sure to resolve to it.</summary>
internal sealed class GlobalFinder(IKernelModel model, DataSymbols dataSymbols)
{
    private const int ListLimit = 8;
    private const int SuggestionLimit = 3;

    public Outcome<GlobalOperand> Find(string name, string? source)
    {
        VariableInfo[] all = [.. model.Variables(name).DistinctBy(v => (v.Module, v.Section, v.Address))];
        VariableInfo[] variables = [.. all.Where(v => source is null || SourceTail.Matches(v.DeclaredAt, source))];
        switch (variables)
        {
            case []:
                IReadOnlyList<string> similar = model.SimilarNames(NameKind.Variable, name, SuggestionLimit);
                string[] hints = all.Length > 0
                    ? [.. all.Take(ListLimit).Select(Describe)]
                    : similar.Count > 0 ? [$"did you mean {string.Join(", ", similar)}?"] : [];
                return new Refusal(RefusalReason.UnknownVariable,
                    $"no variable {name}{(source is null ? "" : $" in {source}")} in what is indexed of {model.Kernel.Release}", hints);
            case [var variable]:
                return Reach(variable);
            default:
                return new Refusal(RefusalReason.AmbiguousVariable,
                    string.Create(CultureInfo.InvariantCulture,
                        $"{variables.Length} variables are named {name}: choose one with @{name}@SOURCE"),
                    [.. variables.Take(ListLimit).Select(Describe)]);
        }
    }

    private Outcome<GlobalOperand> Reach(VariableInfo variable)
    {
        // A function's own static is name.N in the symbol table.
        SymbolInfo? symbol = model.Symbols(variable.Name).Concat(model.SymbolsByBaseName(variable.Name))
            .FirstOrDefault(s => s.Module == variable.Module && s.Address == variable.Address
                && (variable.Section.Length == 0 || s.Section == variable.Section));
        if (symbol is null)
        {
            return new Refusal(RefusalReason.NotAddressable, $"@{variable.Name}: the symbol table has no symbol for it");
        }

        if (DataSymbols.WhyNotReadable(symbol) is { } why) { return new Refusal(RefusalReason.NotAddressable, $"@{variable.Name}: {why}"); }
        return dataSymbols.Reach(symbol.Module, symbol.Section, symbol.Address) is { } address
            ? new GlobalOperand(variable, new Operand.Stored(address))
            : new Refusal(RefusalReason.NotAddressable,
                $"@{variable.Name}: several symbols have that name, and no symbol near it is unique");
    }

    private static string Describe(VariableInfo variable) => $"{variable.DeclaredAt?.ToString() ?? variable.Name} ({variable.Module})";
}
