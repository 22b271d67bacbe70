using System.Collections.Concurrent;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>The symbols of one file as rows, and the way from an address to the symbol that holds it.</summary>
internal sealed class ModuleSymbols
{
    // From this many symbols on they are read by several threads.
    private const int Many = 1 << 14;
    private static ReadOnlySpan<byte> Endbr64 => [0xf3, 0x0f, 0x1e, 0xfa];

    private readonly ElfFile _file;
    private readonly int[] _sectionNumbers;
    private SymbolRow[] _rows = [];
    private ulong[] _codeStarts = [];
    private int[] _codeRows = [];
    private ulong[] _codeEnds = [];

    private ModuleSymbols(ElfFile file)
    {
        _file = file;
        _sectionNumbers = new int[file.Sections.Count];
        var names = new List<string>();
        foreach (ElfSection section in file.Sections)
        {
            _sectionNumbers[section.Index] = names.Count;
            if (section.IsAllocated) { names.Add(section.Name); }
        }

        Sections = [.. names];
    }

    /// <summary>Names of the sections that the kernel loads.</summary>
    public string[] Sections { get; }
    public SymbolRow[] Rows => _rows;

    /// <param name="allocate">Given how many symbols there are, says the number of the first; they count on from there.</param>
    /// <param name="symbolNames">What the symbols' names are offsets in, when it is not the file's own string table.</param>
    public static ModuleSymbols Read(ElfFile file, ElfSymbol[] symbols, NameTable names, Func<int, int> allocate, ReadOnlyMemory<byte>? symbolNames = null)
    {
        var result = new ModuleSymbols(file);
        ReadOnlyMemory<byte> text = symbolNames ?? file.SymbolNames();
        var labels = new Dictionary<string, ulong>(StringComparer.Ordinal);
        int[] order = new int[symbols.Length];
        ulong[] addresses = new ulong[symbols.Length];
        int count = 0;
        for (int i = 0; i < symbols.Length; i++)
        {
            ref readonly ElfSymbol symbol = ref symbols[i];
            if (symbol.Section <= 0 || symbol.Section >= file.Sections.Count || symbol.Type is SymbolType.Section or SymbolType.File) { continue; }
            if (!file.Sections[symbol.Section].IsAllocated) { continue; }
            ReadOnlySpan<byte> name = NameOf(file, text.Span, symbol.NameOffset);
            // kallsyms leaves out compilers' local labels and arm64's mapping symbols (scripts/mksysmap).
            if (name.IsEmpty || name[0] == (byte)'$' || name.StartsWith(".L"u8)) { continue; }
            (order[count], addresses[count]) = (i, symbol.Address);
            count++;
            if (ProbeBarriers.Labels.TryGetValue(name, out string? label)) { labels.TryAdd(label!, symbol.Address); }
        }

        // Loaded sections do not overlap, so that the order of addresses is also that of sections.
        Sort(addresses.AsSpan(0, count), order.AsSpan(0, count));
        int firstId = allocate(count);
        ProbeBarriers barriers = ProbeBarriers.Read(file, symbols, name => labels.TryGetValue(name, out ulong address) ? address : null);
        result._rows = new SymbolRow[count];
        ulong[] hashes = new ulong[count];
        // Whoever indexes a large file waits for this.
        if (count < Many) { Describe(0, count); }
        else { Parallel.ForEach(Partitioner.Create(0, count, Many), range => Describe(range.Item1, range.Item2)); }
        // New names come one at a time: several threads would only wait for each other.
        for (int row = 0; row < count; row++) { Name(ref result._rows[row], NameOf(file, text.Span, symbols[order[row]].NameOffset), hashes[row]); }
        result.FindCode(symbols, order);
        return result;

        void Describe(int from, int to)
        {
            for (int row = from; row < to; row++)
            {
                ref readonly ElfSymbol symbol = ref symbols[order[row]];
                ElfSection section = file.Sections[symbol.Section];
                ReadOnlySpan<byte> name = NameOf(file, text.Span, symbol.NameOffset);
                hashes[row] = ContentHash.Of(name);
                SymbolSuffix.Split(name, out SuffixKind suffix);
                result._rows[row] = new SymbolRow(
                    firstId + row, 0, 0, suffix, result._sectionNumbers[section.Index], result.Relative(section, symbol.Address),
                    (long)symbol.ByteSize, FlagsOf(file, section, symbol, name, barriers));
            }
        }

        void Name(ref SymbolRow row, ReadOnlySpan<byte> name, ulong hash)
        {
            int id = names.Intern(name, hash);
            row = row with { Name = id, BaseName = row.Suffix == SuffixKind.None ? id : names.Intern(SymbolSuffix.Split(name, out _)) };
        }
    }

    /// <summary>Rows are in the order of addresses already, and with them the code's.</summary>
    private void FindCode(ElfSymbol[] symbols, int[] order)
    {
        var code = new List<int>(_rows.Length);
        for (int row = 0; row < _rows.Length; row++)
        {
            if ((_rows[row].Flags & SymbolFlags.Text) != 0 && symbols[order[row]].Type is SymbolType.Function or SymbolType.None) { code.Add(row); }
        }

        _codeRows = [.. code];
        _codeStarts = Array.ConvertAll(_codeRows, row => symbols[order[row]].Address);
        _codeEnds = Array.ConvertAll(_codeRows, row => symbols[order[row]].Address + symbols[order[row]].ByteSize);
    }

    /// <summary>By address, and what has the same address in the order of the file's table. Numbers sort several times faster than pairs of them.</summary>
    private static void Sort(Span<ulong> addresses, Span<int> order)
    {
        addresses.Sort(order);
        for (int from = 0, to; from < addresses.Length; from = to)
        {
            for (to = from + 1; to < addresses.Length && addresses[to] == addresses[from];) { to++; }
            if (to - from > 1) { order[from..to].Sort(); }
        }
    }

    /// <summary>The section number and the stored address of an address of the file; section -1 when no section holds it.</summary>
    public (int Section, ulong Address) Locate(ulong address)
        => _file.SectionAt(address) is { } section ? (_sectionNumbers[section.Index], Relative(section, address)) : (-1, address);

    /// <summary>
    /// <see cref="Locate"/> for code. Of code that the linker dropped, the DIE stays, at address 0: where no section lies, or (x86-64 before 6.15)
    /// the per-CPU data.
    /// </summary>
    public (int Section, ulong Address) LocateCode(ulong address)
        => _file.SectionAt(address) is { IsExecutable: true } section ? (_sectionNumbers[section.Index], Relative(section, address)) : (-1, address);

    /// <summary>
    /// Index of the function symbol of an entry: one that starts there and has that base name, else any that starts there; -1 when none does. One
    /// that is merely around it names another place, but for the patchable NOPs that begin a function (-fpatchable-function-entry, arm64 and riscv):
    /// gcc counts the function's DIE from behind them (PR98776; seen with gcc 12), its symbol from the first.
    /// </summary>
    public int EntryRow(ulong address, int baseName)
    {
        int at = LastStartingAtOrBefore(address);
        int found = -1;
        if (at >= 0 && _codeStarts[at] < address && address - _codeStarts[at] <= PatchableBytes)
        {
            for (int i = at; i >= 0 && _codeStarts[i] == _codeStarts[at]; i--)
            {
                if (_rows[_codeRows[i]].BaseName == baseName && address < _codeEnds[i]) { return _codeRows[i]; }
            }
        }

        for (int i = at; i >= 0 && _codeStarts[i] == address; i--)
        {
            SymbolRow row = _rows[_codeRows[i]];
            if (row.BaseName == baseName) { return _codeRows[i]; }
            if ((row.Flags & SymbolFlags.Function) != 0) { found = _codeRows[i]; }
        }

        return found;
    }

    /// <summary>Bytes of the NOPs at an entry, at most: two of 4 bytes, or four where they are half as long.</summary>
    private ulong PatchableBytes => _file.Machine is ElfMachine.AArch64 or ElfMachine.RiscV ? 8ul : 0;

    /// <summary>Index of the function symbol whose bytes hold an address; -1 when none does.</summary>
    public int ContainingRow(ulong address)
    {
        int at = LastStartingAtOrBefore(address);
        // Labels of no size lie inside functions: look back a little for a symbol that spans the address.
        for (int i = at; i >= 0 && at - i < 16; i--)
        {
            if (address < _codeEnds[i]) { return _codeRows[i]; }
        }

        return -1;
    }

    public SymbolRow this[int row] => _rows[row];

    private int LastStartingAtOrBefore(ulong address)
    {
        int at = Array.BinarySearch(_codeStarts, address);
        if (at < 0) { return ~at - 1; }
        while (at + 1 < _codeStarts.Length && _codeStarts[at + 1] == address) { at++; }
        return at;
    }

    private ulong Relative(ElfSection section, ulong address) => _file.Type == ElfType.Relocatable ? address - section.Address : address;

    private static SymbolFlags FlagsOf(ElfFile file, ElfSection section, in ElfSymbol symbol, ReadOnlySpan<byte> name, ProbeBarriers barriers)
    {
        SymbolFlags flags = symbol.Binding switch
        {
            SymbolBinding.Local => SymbolFlags.Local,
            SymbolBinding.Weak => SymbolFlags.Weak,
            _ => SymbolFlags.None,
        };
        if (symbol.Type is SymbolType.Function or SymbolType.IndirectFunction) { flags |= SymbolFlags.Function; }
        if (symbol.Type is SymbolType.Object) { flags |= SymbolFlags.Object; }
        if (section.Name.StartsWith(".data..percpu", StringComparison.Ordinal)) { flags |= SymbolFlags.PerCpu; }
        if (section.Name.StartsWith(".discard", StringComparison.Ordinal)) { flags |= SymbolFlags.NotLoaded; }
        if (!section.IsExecutable) { return section.Name.StartsWith(".init", StringComparison.Ordinal) ? flags | SymbolFlags.Init : flags; }
        flags |= SymbolFlags.Text | barriers.FlagsOf(section, symbol.Address, symbol.ByteSize);
        if (name.StartsWith("__pfx_"u8) || name.StartsWith("__cfi_"u8)) { flags |= SymbolFlags.Preamble; }
        if (file.Machine == ElfMachine.X86_64 && section.HasBytes)
        {
            ReadOnlySpan<byte> content = file.Content(section).Span;
            ulong at = symbol.Address - section.Address;
            if (at < (ulong)content.Length && (ulong)content.Length - at >= 4 && content.Slice((int)at, 4).SequenceEqual(Endbr64)) { flags |= SymbolFlags.StartsWithEndbr; }
        }

        return flags;
    }

    private static ReadOnlySpan<byte> NameOf(ElfFile file, ReadOnlySpan<byte> names, uint offset)
    {
        if (offset >= (uint)names.Length)
        {
            throw InputFaultException.At(file.Name, ".strtab", offset, $"symbol name lies past the end of the section ({names.Length} bytes)");
        }

        ReadOnlySpan<byte> text = names[(int)offset..];
        int end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }
}
