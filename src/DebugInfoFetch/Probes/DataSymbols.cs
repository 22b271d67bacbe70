using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>Symbols behind <c>@</c>: how to write an address of data so that the kernel reads exactly that one (KPROBES.md §1.4).</summary>
internal sealed class DataSymbols(IKernelModel model)
{
    // Where vmlinux keeps objects whose addresses DWARF can give. Per-CPU and init sections are left out: later, nothing of them is there.
    private static readonly string[] VmlinuxSections = [".data", ".bss", ".rodata", ".data..read_mostly", ".data..ro_after_init",
        ".data..cacheline_aligned", ".brk"];

    /// <summary>An address in vmlinux, its section unknown. Null when no symbol covers it.</summary>
    /// <param name="address">Virtual address. In a module an address alone does not say its section, so nothing is found there.</param>
    public MemoryAddress? Cover(string module, ulong address)
    {
        if (module != ProbeTarget.Vmlinux) { return null; }
        string? section = VmlinuxSections.FirstOrDefault(s => model.SymbolsInSection(module, s)
            .Any(o => o.Address <= address && address - o.Address < (ulong)Math.Max(o.ByteSize, 1)));
        return section is null ? null : Reach(module, section, address);
    }

    /// <summary>A symbol's own memory: by its name, else as <see cref="Reach(string, string, ulong)"/> says.</summary>
    public MemoryAddress? Reach(SymbolInfo symbol)
        => IsFound(symbol) ? new MemoryAddress.OfSymbol(symbol.Name) : Reach(symbol.Module, symbol.Section, symbol.Address);

    /// <summary>
    /// From the nearest symbol of the section that the kernel is sure to find, the object's own if it can be: within a section distances
    /// are fixed. Null when there is none.
    /// </summary>
    public MemoryAddress? Reach(string module, string section, ulong address)
    {
        SymbolInfo? nearest = model.SymbolsInSection(module, section)
            .OrderBy(s => s.Address <= address ? address - s.Address : s.Address - address)
            .FirstOrDefault(IsFound);
        return nearest is null ? null : new MemoryAddress.OfSymbol(nearest.Name, unchecked((long)(address - nearest.Address)));
    }

    /// <summary>
    /// One CPU's copy of a per-CPU variable. Where such symbols count from 0, as in x86-64 kernels before 6.15, a copy is at that offset from where
    /// <c>__per_cpu_offset[N]</c> says (include/asm-generic/percpu.h, per_cpu_offset()); elsewhere the distance depends on where the kernel was loaded.
    /// </summary>
    /// <returns>Null where a fetch argument cannot get there.</returns>
    public MemoryAddress? OnCpu(SymbolInfo symbol, int cpu)
        => symbol.Module == ProbeTarget.Vmlinux && model.Symbols(CpuAreas) is [{ Module: ProbeTarget.Vmlinux } areas] && IsFound(areas)
            && (cpu + 1L) * CpuAreaBytes <= areas.ByteSize
            && model.Symbols("__per_cpu_start") is [{ Module: ProbeTarget.Vmlinux, Address: 0 }]
            ? new MemoryAddress.Behind(new FetchExpression.SymbolMemory(CpuAreas, (long)cpu * CpuAreaBytes), unchecked((long)symbol.Address))
            : null;

    private const string CpuAreas = "__per_cpu_offset";

    /// <summary>Bytes of an element of <c>__per_cpu_offset</c>, an unsigned long.</summary>
    private const int CpuAreaBytes = 8;

    /// <summary>Why no fetch argument can read a variable that is not per-CPU, whatever its name; null when one can.</summary>
    public static string? WhyNotReadable(SymbolInfo symbol)
    {
        if (symbol.Flags.HasFlag(SymbolFlags.Init)) { return "init data: gone after boot"; }
        return symbol.Flags.HasFlag(SymbolFlags.NotLoaded) ? "in a section that the running kernel does not keep" : null;
    }

    /// <summary>
    /// Whether <c>@SYM</c> means this symbol: the kernel takes the first of that name, vmlinux's before any module's, and says nothing when
    /// there are several.
    /// </summary>
    private bool IsFound(SymbolInfo symbol)
    {
        if (symbol.Flags.HasFlag(SymbolFlags.PerCpu) || WhyNotReadable(symbol) is not null || !KernelIdentifier.IsSymbol(symbol.Name)) { return false; }
        IEnumerable<SymbolInfo> all = model.Symbols(symbol.Name).Where(s => !s.Flags.HasFlag(SymbolFlags.NotLoaded));
        return all.Count(s => symbol.Module != ProbeTarget.Vmlinux || s.Module == ProbeTarget.Vmlinux) == 1;
    }
}
