using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Probes.Registers;

namespace DebugInfoFetch.Probes;

/// <summary>A place in the grammar's words, and why it is not the plain symbol.</summary>
/// <param name="Note">Null for a plain symbol.</param>
internal sealed record FoundPoint(ProbePoint Point, string? Note);

/// <summary>
/// Writes an entry's place so that every kernel finds exactly that one (KPROBES.md §2.1): by its symbol where the name is unique, else
/// by <c>_text+OFFSET</c> in vmlinux, or by a unique neighbour in the same section of a module.
/// </summary>
internal sealed class PointFinder(IKernelModel model, RegisterFile registers)
{
    private const string Anchor = "_text";

    public Outcome<FoundPoint> Find(ProbeTarget target, bool atReturn)
    {
        string? module = target.IsInModule ? target.Module : null;
        if (module is not null && !KernelIdentifier.IsModule(module))
        {
            return new Refusal(RefusalReason.NotAddressable, $"{target.Label}: the module's name cannot stand in a definition");
        }

        string? why = WhyNotByName(target);
        if (why is null) { return new FoundPoint(new ProbePoint(module, target.Symbol!.Name, target.Offset, atReturn), null); }
        if (!registers.OffsetsReachEntries && target.Offset == 0)
        {
            return new Refusal(RefusalReason.NotAddressable,
                $"{target.Label}: {why}, and on {model.Kernel.Architecture} an offset from another symbol does not reach its local entry point", Callers(target));
        }

        if ((module is null ? VmlinuxAnchor(target) : Neighbour(target)) is not { } anchor)
        {
            return new Refusal(RefusalReason.NotAddressable,
                $"{target.Label}: {why}, and there is no unique symbol in front of it to count an offset from", Callers(target));
        }

        var point = new ProbePoint(module, anchor.Name, target.Address + target.Offset - anchor.Address, atReturn);
        return new FoundPoint(point, $"{target.Label}: {why}; {point} is the same place");
    }

    /// <summary>Null when the kernel finds this symbol by its name, and no other.</summary>
    private string? WhyNotByName(ProbeTarget target)
    {
        if (target.Symbol is not { } symbol) { return "the symbol table has no name for it"; }
        if (!KernelIdentifier.IsSymbol(symbol.Name)) { return "its name cannot stand in a definition"; }

        // Without MOD: the kernel counts vmlinux and every loaded module, data included; with MOD: 6.12 counts in that module, and 6.1
        // takes the first there. So what counts is where the name could be met.
        SymbolInfo[] all = [.. model.Symbols(symbol.Name).Where(s => !s.Flags.HasFlag(SymbolFlags.NotLoaded))];
        if (all.Count(s => s.Module == symbol.Module) > 1)
        {
            return $"{symbol.Name} is not the only symbol of that name in {symbol.Module}";
        }

        SymbolInfo? other = target.IsInModule ? null : all.FirstOrDefault(s => s.Module != symbol.Module);
        return other is null
            ? null
            : $"module {other.Module} has a symbol {symbol.Name} too, and with both loaded the kernel refuses the name";
    }

    private static string[] Callers(ProbeTarget target) => target.Function is { DeclaredAt: { } at } function
        ? [$"where it is called, with what is passed: probe --callers {(target.IsInModule ? target.Module + ":" : "")}{function.Name}@{at.File}"]
        : [Probeability.AnyCaller];

    private SymbolInfo? VmlinuxAnchor(ProbeTarget target)
        => model.Symbols(Anchor) is [{ Module: ProbeTarget.Vmlinux } text] && text.Address <= target.Address ? text : null;

    private SymbolInfo? Neighbour(ProbeTarget target)
        => model.SymbolsInSection(target.Module, target.Section)
            .Where(s => s.Address < target.Address && KernelIdentifier.IsSymbol(s.Name)
                && (s.Flags & (SymbolFlags.NotLoaded | SymbolFlags.Preamble)) == 0)
            .OrderByDescending(s => s.Address)
            .FirstOrDefault(s => model.Symbols(s.Name).Count(other => other.Module == target.Module) == 1);
}
