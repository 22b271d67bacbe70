using System.Globalization;

namespace DebugInfoFetch.Probes.Grammar;

/// <summary>PLACE: <c>[MOD:]SYM[+OFF]</c>, and whether the probe fires at the return (<c>r</c> instead of <c>p</c>).</summary>
public sealed record ProbePoint
{
    /// <param name="offset">Bytes from the symbol.</param>
    /// <exception cref="ArgumentException">A name that cannot stand in a definition.</exception>
    public ProbePoint(string? module, string symbol, ulong offset = 0, bool atReturn = false)
    {
        if (module is not null && !KernelIdentifier.IsModule(module))
        {
            throw new ArgumentException($"not a module name: {module}", nameof(module));
        }

        if (!KernelIdentifier.IsSymbol(symbol)) { throw new ArgumentException($"not a symbol name: {symbol}", nameof(symbol)); }
        Module = module;
        Symbol = symbol;
        Offset = offset;
        AtReturn = atReturn;
    }

    /// <summary>Null for vmlinux: <c>vmlinux:SYM</c> is accepted and never fires (KPROBES.md §2.1).</summary>
    public string? Module { get; }
    public string Symbol { get; }
    public ulong Offset { get; }
    public bool AtReturn { get; }

    public override string ToString()
    {
        string place = Module is null ? Symbol : $"{Module}:{Symbol}";
        return Offset == 0 ? place : string.Create(CultureInfo.InvariantCulture, $"{place}+{Offset}");
    }
}
