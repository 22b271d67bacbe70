using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Registers;

namespace DebugInfoFetch.Probes;

/// <summary>
/// From a function to the instructions that call it. There its arguments are in their registers already, and those that the compiler removed are told by
/// the call site (DW_TAG_call_site_parameter with DW_AT_call_parameter, KPROBES.md §4.2).
/// </summary>
internal sealed class CallerFinder(IKernelModel model, IBodies bodies)
{
    /// <summary>More events than anybody reads; kfree is called from 20,000 places.</summary>
    public const int Limit = 128;

    private readonly RegisterFile? _registers = RegisterFile.For(model.Kernel.Architecture);

    public Outcome<FoundFunction> Find(FunctionSpec spec, FoundFunction found)
    {
        if (spec.Inside is not null) { return new Refusal(RefusalReason.BadRequest, "--callers takes a function, not a place inside one"); }
        List<ProbeTarget> targets = [];
        int uncertain = 0, beyond = 0;
        foreach (ProbeTarget copy in found.Targets)
        {
            foreach (FoundCall call in bodies.CallsOf(copy.Module, copy.Section, copy.Address))
            {
                if (targets.Count == Limit) { beyond++; continue; }
                switch (At(copy, call, isOnlyCopy: found.Targets.Count == 1))
                {
                    case (Verdict.Certain, { } target): targets.Add(target); break;
                    case (Verdict.Uncertain, _): uncertain++; break;
                    default: break;
                }
            }
        }

        string[] notes = [.. found.Notes, .. NotCovered(found, uncertain, beyond)];
        return targets.Count > 0
            ? found with { Targets = [.. targets.DistinctBy(t => (t.Module, t.Section, t.Address, t.Offset))], Notes = notes, EventStem = found.Name + "_call" }
            : new Refusal(RefusalReason.NoCall, $"no call of {found.Name} is known in {string.Join(", ", found.Targets.Select(t => t.Module).Distinct(StringComparer.Ordinal))}", notes);
    }

    private IEnumerable<string> NotCovered(FoundFunction found, int uncertain, int beyond)
    {
        if (beyond > 0) { yield return string.Create(CultureInfo.InvariantCulture, $"up to {beyond} more calls of {found.Name} are not covered: no more than {Limit} are"); }
        if (uncertain > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{uncertain} calls of {found.Name} are not covered: they are in code without debug information, or which instruction it is, or what it calls once the kernel runs, is not certain");
        }

        // EXPORT_SYMBOL leaves __ksymtab_NAME in the file (include/linux/export.h).
        string[] exported = [.. found.Targets.Where(t => t.Symbol is { } symbol && model.Symbols("__ksymtab_" + symbol.Name).Any(s => s.Module == t.Module)).Select(t => t.Label)];
        if (exported.Length > 0) { yield return $"{string.Join(", ", exported)} is exported: calls from {(found.Targets[0].IsInModule ? "other modules" : "modules")} are not covered"; }
        if (found.Targets.Any(t => t.Symbol?.Suffix is SuffixKind.None)) { yield return $"calls of {found.Name} through a pointer, should there be any, are not covered"; }
    }

    private enum Verdict { Certain, Uncertain, NoCall }

    private (Verdict, ProbeTarget?) At(ProbeTarget callee, FoundCall call, bool isOnlyCopy)
    {
        FunctionBody? caller = bodies.At(callee.Module, call.Section, call.ReturnAddress - 1);
        if (call.Address is not { } address || caller is null || SymbolAt(callee.Module, caller, call.Section, address) is not { } symbol) { return (Verdict.Uncertain, null); }
        CodePlace code = bodies.CodeAt(callee.Module, call.Section, symbol.Address, address);
        // Bytes that look like a call may be inside another instruction; a function that jumps to its own start is in a loop.
        if (code.IsBoundary == false || (call.IsJump && symbol == callee.Symbol)) { return (Verdict.NoCall, null); }
        // What alternatives replace may call another function once the kernel runs.
        if ((!call.LeadsThere && !isOnlyCopy) || address == symbol.Address || code.Patch is not null) { return (Verdict.Uncertain, null); }
        CallSite? site = caller.Calls.FirstOrDefault(s => s.ReturnPc == call.ReturnPc);
        ulong pc = call.ReturnPc - (call.ReturnAddress - address);
        return (Verdict.Certain, new ProbeTarget(callee.Function, null, symbol, callee.Module, call.Section, symbol.Address)
        {
            Inside = new InsidePlace(address - symbol.Address, pc, caller, caller.Root, callee.Entry?.Unit) { Passed = [.. callee.Variables().Select(v => v with { Place = Passed(v, call, site) })] },
        });
    }

    /// <summary>Registers hold at the call what they hold at the entry, but for the stack pointer where the call moves it.</summary>
    private ArgumentPlace Passed(VisibleVariable parameter, FoundCall call, CallSite? site)
    {
        ArgumentPlace place = parameter.Place;
        bool isOnStack = _registers is not null && place.Register == _registers.StackPointer;
        long pushed = call.IsJump ? 0 : _registers?.PushedByCall ?? 0;
        return place.Kind switch
        {
            PlaceKind.Memory or PlaceKind.Computed when isOnStack => place with { Value = place.Value - pushed },
            PlaceKind.Register or PlaceKind.Constant or PlaceKind.AddressConstant or PlaceKind.AtAddress or PlaceKind.Computed => place,
            _ => site?.Arguments.FirstOrDefault(a => a.Parameter == parameter.Name)?.Value.Place ?? ArgumentPlace.OptimizedOut,
        };
    }

    private SymbolInfo? SymbolAt(string module, FunctionBody caller, string section, ulong address)
        => model.SymbolsByBaseName(caller.Root.Name).FirstOrDefault(s => s.Module == module && s.Section == section && address >= s.Address && address - s.Address < (ulong)Math.Max(s.ByteSize, 1)
            && (s.Flags & SymbolFlags.Function) != 0);
}
