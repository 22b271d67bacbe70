using System.Globalization;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>
/// From a function to the instructions that call it. There its arguments are in their registers already, and those that the compiler removed are told by
/// the call site (DW_TAG_call_site_parameter with DW_AT_call_parameter, KPROBES.md §4.2).
/// </summary>
internal sealed class CallerFinder(IKernelModel model, IBodies bodies)
{
    public Outcome<FoundFunction> Find(FunctionSpec spec, FoundFunction found)
    {
        if (spec.Inside is not null) { return new Refusal(RefusalReason.BadRequest, "--callers takes a function, not a place inside one"); }
        List<ProbeTarget> targets = [];
        List<string> notes = [.. found.Notes];
        int uncertain = 0;
        foreach (ProbeTarget copy in found.Targets)
        {
            foreach ((FunctionBody caller, CallSite call) in bodies.CallsOf(copy.Module, copy.Section, copy.Address))
            {
                if (At(copy, caller, call, isOnlyCopy: found.Targets.Count == 1) is { } target) { targets.Add(target); } else { uncertain++; }
            }

            if (copy.Function?.IsExternal == true) { notes.Add($"{copy.Label} may be called from other files too: those calls are not covered"); }
        }

        if (uncertain > 0)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{uncertain} calls of {found.Name} are not covered: which instruction it is, or which copy it calls, is not certain"));
        }

        return targets.Count > 0
            ? found with { Targets = [.. targets.DistinctBy(t => (t.Module, t.Section, t.Address, t.Offset))], Notes = notes, EventStem = found.Name + "_call" }
            : new Refusal(RefusalReason.NoCall, $"no call of {found.Name} is known in its own file", notes);
    }

    private ProbeTarget? At(ProbeTarget callee, FunctionBody caller, CallSite call, bool isOnlyCopy)
    {
        (string section, ulong returnAddress) = caller.PlaceOf(call.ReturnPc);
        // The return address of a call that ends its function is the next one's first byte.
        if (SymbolAt(callee.Module, caller, section, returnAddress - 1) is not { } symbol) { return null; }
        if (bodies.CallBefore(callee.Module, section, symbol.Address, returnAddress) is not { } instruction) { return null; }
        bool isCertain = instruction.Target is { } target ? target == callee.Address && instruction.TargetSection == callee.Section : isOnlyCopy;
        if (!isCertain || instruction.Address == symbol.Address) { return null; }
        ulong pc = call.ReturnPc - (returnAddress - instruction.Address);
        return new ProbeTarget(callee.Function, null, symbol, callee.Module, section, symbol.Address)
        {
            Inside = new InsidePlace(instruction.Address - symbol.Address, pc, caller, caller.Root, callee.Entry?.Unit) { Passed = [.. callee.Variables().Select(v => Passed(v, call))] },
        };
    }

    /// <summary>Registers hold at the call what they hold at the entry; the stack pointer does not, for the call itself moves it.</summary>
    private static VisibleVariable Passed(VisibleVariable parameter, CallSite call) => parameter.Place.Kind switch
    {
        PlaceKind.Register or PlaceKind.Constant or PlaceKind.AddressConstant or PlaceKind.AtAddress or PlaceKind.Computed => parameter,
        PlaceKind.Removed or PlaceKind.OptimizedOut => parameter with { Place = call.Arguments.FirstOrDefault(a => a.Parameter == parameter.Name)?.Value.Place ?? ArgumentPlace.OptimizedOut },
        _ => parameter with { Place = ArgumentPlace.OptimizedOut },
    };

    private SymbolInfo? SymbolAt(string module, FunctionBody caller, string section, ulong address)
        => model.SymbolsByBaseName(caller.Root.Name).FirstOrDefault(s => s.Module == module && s.Section == section && address >= s.Address && address - s.Address < (ulong)Math.Max(s.ByteSize, 1)
            && (s.Flags & SymbolFlags.Function) != 0);
}
