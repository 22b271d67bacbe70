using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>Whether the kernel takes a probe at a function's entry, decided from its files alone (KPROBES.md §2.2).</summary>
internal sealed class Probeability(IKernelModel model)
{
    /// <summary>Null when nothing speaks against it.</summary>
    public Refusal? Check(ProbeTarget target)
    {
        if (target.Symbol is not { } symbol)
        {
            return new Refusal(RefusalReason.NotAddressable,
                $"{target.Label}: the symbol table names nothing there, so the kernel's own checks cannot be foreseen");
        }

        SymbolFlags flags = symbol.Flags;
        if (symbol.Suffix == SuffixKind.Cold && target.Inside is null)
        {
            return Refuse(target, $"the unlikely part of {symbol.BaseName}, no entry", $"probe {symbol.BaseName}");
        }

        if (flags.HasFlag(SymbolFlags.Preamble))
        {
            return Refuse(target, "a preamble in front of another function, never reached by a probe",
                $"probe {(symbol.Name.StartsWith("__", StringComparison.Ordinal) && symbol.Name.Length > 6 ? symbol.Name["__pfx_".Length..] : "the function itself")}");
        }

        if (flags.HasFlag(SymbolFlags.NotLoaded)) { return Refuse(target, "in a section that the running kernel does not keep"); }
        if (flags.HasFlag(SymbolFlags.Init))
        {
            return target.IsInModule
                ? Refuse(target, "init code: gone once the module is loaded",
                    $"the kernel takes a line for {target.Label} while {target.Module} is not loaded, and sets the probe when it loads")
                : Refuse(target, "init code: gone after boot",
                    $"what runs late in boot is met by a probe on the kernel's command line: kprobe_event=p:NAME,{symbol.Name}");
        }

        if (flags.HasFlag(SymbolFlags.Blacklisted))
        {
            return Refuse(target, "the kernel forbids probes on it (NOKPROBE_SYMBOL)", Callers(target));
        }

        if (flags.HasFlag(SymbolFlags.NoInstrument))
        {
            return Refuse(target, "noinstr or entry code, where the kernel forbids probes", Callers(target));
        }

        SymbolInfo[] bases = BasesThatTheKernelFinds(symbol);
        if (bases.FirstOrDefault(b => (b.Flags & (SymbolFlags.Blacklisted | SymbolFlags.NoInstrument)) != 0) is { } forbidden)
        {
            return Refuse(target, $"the kernel forbids probes on {forbidden.Name}, and so on its copies", Callers(target));
        }

        bool isTraceable = flags.HasFlag(SymbolFlags.HasFtraceSite) || flags.HasFlag(SymbolFlags.FtraceUnknown)
            || (bases.Length > 0 && bases.All(b => b.Flags.HasFlag(SymbolFlags.HasFtraceSite)));
        return isTraceable ? null : Refuse(target, "notrace code (no ftrace site), where the kernel refuses probe events", Callers(target));
    }

    /// <summary>
    /// For <c>f.isra.0</c> the kernel also looks at <c>f</c>, cut at the first dot, by a lookup over vmlinux first and modules then
    /// (within_kprobe_blacklist(), within_notrace_func()). It takes the first match; which one that is among several is not known, so all
    /// count.
    /// </summary>
    private SymbolInfo[] BasesThatTheKernelFinds(SymbolInfo symbol)
    {
        int dot = symbol.Name.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0) { return []; }
        SymbolInfo[] all = [.. model.Symbols(symbol.Name[..dot]).Where(s => !s.Flags.HasFlag(SymbolFlags.NotLoaded))];
        SymbolInfo[] inVmlinux = [.. all.Where(s => s.Module == ProbeTarget.Vmlinux)];
        return inVmlinux.Length > 0 ? inVmlinux : all;
    }

    /// <summary>All that can be said of code that nothing is known of.</summary>
    public const string AnyCaller = "probe a caller or something that it calls";

    private static string Callers(ProbeTarget target) => target.Function is { } function
        ? $"where it is called may take one, with what is passed: probe --callers {function.Name}"
        : AnyCaller;

    private static Refusal Refuse(ProbeTarget target, string why, params string[] hints)
        => new(RefusalReason.NotProbeable, $"{target.Label}: {why}", hints);
}
