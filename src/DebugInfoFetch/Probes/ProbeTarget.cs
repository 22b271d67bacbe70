using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>Where code begins that is to be probed.</summary>
/// <param name="Function">Null for what has no debug information.</param>
/// <param name="Entry">Null with it.</param>
/// <param name="Symbol">Null when the symbol table names nothing there.</param>
/// <param name="Address">vmlinux: link-time virtual address; a module: bytes from the start of <paramref name="Section"/>.</param>
internal sealed record ProbeTarget(FunctionInfo? Function, EntryInfo? Entry, SymbolInfo? Symbol, string Module, string Section,
    ulong Address)
{
    public const string Vmlinux = "vmlinux";

    public bool IsInModule => Module != Vmlinux;

    /// <summary>How messages call it: <c>btrfs:f.isra.0</c>.</summary>
    public string Label
    {
        get
        {
            string name = Symbol?.Name ?? $"{Section}+0x{Address:x}";
            return IsInModule ? $"{Module}:{name}" : name;
        }
    }

    public static ProbeTarget Of(FunctionInfo function, EntryInfo entry)
        => new(function, entry, entry.Symbol, entry.Module, entry.Section, entry.Address);

    public static ProbeTarget Of(SymbolInfo symbol) => new(null, null, symbol, symbol.Module, symbol.Section, symbol.Address);
}

/// <summary>What a FUNCTION means in this kernel.</summary>
/// <param name="Targets">Every out-of-line copy; at least one.</param>
/// <param name="InlineSites">Inlined copies: not covered by a probe on the targets.</param>
internal sealed record FoundFunction(string Name, IReadOnlyList<ProbeTarget> Targets, IReadOnlyList<InlineSiteInfo> InlineSites,
    IReadOnlyList<string> Notes);
