using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Formats.Image;

/// <summary>
/// kallsyms or System.map as the symbol table that the image's own vmlinux had: each symbol with its section, and with the size that the kernel too
/// takes for it, up to the next one (kallsyms_lookup_size_offset()).
/// </summary>
public static class ImageSymbols
{
    /// <summary>Symbols in the order of their addresses; names by their offset in <see cref="KernelSymbolList.Names"/>.</summary>
    public static ElfSymbol[] Of(ElfFile file, KernelSymbolList list)
    {
        ElfSection[] sections = [.. file.Sections.Where(s => s.IsAllocated && s.ByteSize > 0).OrderBy(s => s.Address)];
        if (sections.Length == 0) { return []; }
        var symbols = new List<ElfSymbol>(list.Symbols.Count);
        int at = 0;
        for (int i = 0; i < list.Symbols.Count; i++)
        {
            KernelSymbol symbol = list.Symbols[i];
            while (at + 1 < sections.Length && sections[at + 1].Address <= symbol.Address) { at++; }
            ElfSection section = sections[at];
            ulong end = section.Address + (ulong)section.ByteSize;
            // A label at a section's end belongs to it; what lies beyond is an absolute number, or a symbol of what the image leaves out.
            bool isAbsolute = symbol.Kind is 'A' or 'a' && !section.Name.StartsWith(".data..percpu", StringComparison.Ordinal);
            if (symbol.Address < section.Address || symbol.Address > end || isAbsolute) { continue; }
            symbols.Add(new ElfSymbol((uint)symbol.NameAt, symbol.Address, NextAddress(list, i, end) - symbol.Address, TypeOf(symbol.Kind, section), BindingOf(symbol.Kind), section.Index));
        }

        return [.. symbols];
    }

    private static ulong NextAddress(KernelSymbolList list, int index, ulong end)
    {
        ulong address = list.Symbols[index].Address;
        for (int next = index + 1; next < list.Symbols.Count; next++)
        {
            if (list.Symbols[next].Address > address) { return Math.Min(list.Symbols[next].Address, end); }
        }

        return end;
    }

    private static SymbolType TypeOf(char kind, ElfSection section) => char.ToLowerInvariant(kind) switch
    {
        't' or 'w' or 'i' when section.IsExecutable => SymbolType.Function,
        'd' or 'b' or 'r' or 'v' or 'g' or 's' or 'u' or 'a' when !section.IsExecutable => SymbolType.Object,
        _ => SymbolType.None,
    };

    private static SymbolBinding BindingOf(char kind) => kind switch
    {
        'W' or 'w' or 'V' or 'v' => SymbolBinding.Weak,
        >= 'a' => SymbolBinding.Local,
        _ => SymbolBinding.Global,
    };
}
