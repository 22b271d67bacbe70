using System.Text.RegularExpressions;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>
/// What BTF and symbols do not prove, and so is refused or noted for a kernel that was indexed from them: which parameters a compiler's clone has left,
/// which of several functions of one name a prototype is of, where a function is inlined.
/// </summary>
internal sealed partial class BtfLimits(IKernelModel model)
{
    private const int Named = 4;

    public bool Hold => model.Kernel.IsFromBtf;

    /// <summary>The command that gets debug information.</summary>
    private string Fetch => $"dbgfetch fetch --kernel {model.Kernel.Release}";

    public Refusal Needs(string what) => new(RefusalReason.NeedsDebugInfo, $"{what}: needs debuginfo", Fetch);

    /// <summary>There are copies with a suffix, and none without.</summary>
    public bool IsOnlyCloned(FunctionSpec spec)
    {
        bool IsMeant(SymbolInfo symbol) => spec.Module is null || symbol.Module == spec.Module;
        return !model.Symbols(spec.Name).Any(IsMeant)
            && model.SymbolsByBaseName(spec.Name).Any(s => IsMeant(s) && s.Flags.HasFlag(SymbolFlags.Text) && s.Suffix != SuffixKind.Cold);
    }

    /// <summary>Code of a function whose arguments are not proven: it can be probed without them, where one symbol names it.</summary>
    public Outcome<FoundFunction> WithoutArguments(FunctionSpec spec)
    {
        SymbolInfo[] all = [.. model.SymbolsByBaseName(spec.Name)
            .Where(s => s.Flags.HasFlag(SymbolFlags.Text) && s.Suffix != SuffixKind.Cold && (spec.Module is null || s.Module == spec.Module))];
        SymbolInfo[] exact = [.. all.Where(s => s.Name == spec.Name)];
        if (exact.Length == 1) { return new FoundFunction(spec.Name, [ProbeTarget.Of(exact[0])], [], [$"its arguments are not known: {Why(spec.Name, all)}; {Fetch} gets debuginfo"]); }
        Refusal refusal = Needs(Why(spec.Name, all));
        return all.Length > 0
            ? refusal with { Hints = [Fetch, $"without arguments, or for registers: probe {string.Join(" or ", all.Select(s => s.Name).Distinct(StringComparer.Ordinal).Take(Named))}"] }
            : refusal;
    }

    private string Why(string name, SymbolInfo[] symbols)
    {
        string[] clones = [.. symbols.Where(s => s.Suffix != SuffixKind.None).Select(s => s.Name).Distinct(StringComparer.Ordinal)];
        int plain = symbols.Length - symbols.Count(s => s.Suffix != SuffixKind.None);
        return (plain, clones.Length) switch
        {
            (0, 0) => $"BTF lists {name}, but no symbol has its name",
            (0, _) => $"{name} exists in this kernel only as {string.Join(", ", clones.Take(Named))}, of which BTF does not tell what the compiler did to its arguments",
            ( > 1, _) => $"{plain} functions are named {name}, and BTF does not tell which of them it means",
            (_, > 0) => $"BTF does not tell {name} and {string.Join(", ", clones.Take(Named))} apart",
            _ => model.Functions(name).Count > 1 ? $"BTF has several functions {name}" : $"BTF has no {name}",
        };
    }

    /// <summary>What a reader must know to trust lines of such a kernel.</summary>
    public IEnumerable<string> Notes(IEnumerable<ProbeTarget> targets)
    {
        if (!Hold) { yield break; }
        yield return "from BTF, without debug information: arguments are where the calling convention has those of the prototype under this name, "
            + $"and inlined copies are not known; {Fetch} gets debuginfo";
        foreach (ProbeTarget target in targets)
        {
            if (target.Symbol is { } symbol && symbol.Flags.HasFlag(SymbolFlags.FtraceUnknown))
            {
                yield return $"{target.Label}: whether it has an ftrace site, without which the kernel refuses a probe, is not known from its image";
            }

            if (target.Symbol is { } entry && SystemCallEntry().IsMatch(entry.Name))
            {
                yield return $"{target.Label} takes one struct pt_regs *: the system call's own arguments are in that, not in its registers";
            }
        }
    }

    [GeneratedRegex(@"^__(x64|ia32|arm64|s390x?|riscv)_(compat_)?sys_", RegexOptions.CultureInvariant)]
    private static partial Regex SystemCallEntry();
}
