using System.Buffers.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

public enum PatchKind : byte
{
    Ftrace, JumpLabel, StaticCall, Bug, Alternative,
    /// <summary>int3: the compiler's, behind indirect jumps against straight-line speculation. Kprobes take it for another debugger's.</summary>
    Breakpoint,
    /// <summary>Alternatives of an architecture whose kprobes refuse some instructions: which one stands there once the kernel runs is not known.</summary>
    Replaced,
    /// <summary>An instruction that kprobes do not take: <see cref="SteppableCode"/>.</summary>
    NotSteppable,
    /// <summary>Between an exclusive load and its store.</summary>
    Exclusive,
}

/// <summary>
/// Code that the kernel rewrites while it runs, from the tables in the file that tell it where (KPROBES.md §2.2): kprobes are refused there, or find other
/// instructions than the file has. Addresses are the file's.
/// </summary>
internal sealed class PatchedCode
{
    /// <summary>A table: its section in a module, its bounds in vmlinux (include/asm-generic/vmlinux.lds.h), bytes of an entry by version.</summary>
    private sealed record Table(PatchKind Kind, string Section, string Start, string Stop, params int[] EntrySizes);

    private static readonly Table Sites = new(PatchKind.Ftrace, "__mcount_loc", "__start_mcount_loc", "__stop_mcount_loc", 8);

    /// <summary>Entries that begin with the place of the code, as 32 bits relative to themselves.</summary>
    private static readonly Table[] Relative =
    [
        // struct jump_entry: code, target, key (include/linux/jump_label.h).
        new(PatchKind.JumpLabel, "__jump_table", "__start___jump_table", "__stop___jump_table", 16),
        // struct static_call_site: addr, key (include/linux/static_call_types.h).
        new(PatchKind.StaticCall, ".static_call_sites", "__start_static_call_sites", "__stop_static_call_sites", 8),
        // struct bug_entry with GENERIC_BUG_RELATIVE_POINTERS and BUGVERBOSE, then without (include/asm-generic/bug.h).
        new(PatchKind.Bug, "__bug_table", "__start___bug_table", "__stop___bug_table", 12, 6),
        // struct alt_instr since 6.4, since 5.13, before (arch/x86/include/asm/alternative.h).
        new(PatchKind.Alternative, ".altinstructions", "__alt_instructions", "__alt_instructions_end", 14, 12, 13),
    ];

    private readonly ElfFile _elf;
    private readonly ElfSymbol[] _symbols;
    private readonly Func<string, ulong?> _label;
    private readonly SortedDictionary<ulong, (ulong End, PatchKind Kind)> _ranges = [];
    private readonly ulong[] _starts;

    /// <param name="symbols">Of ET_REL files.</param>
    /// <param name="label">The address of a symbol of vmlinux.</param>
    public PatchedCode(ElfFile elf, ElfSymbol[] symbols, Func<string, ulong?> label)
    {
        _elf = elf;
        _symbols = symbols;
        _label = label;
        ReadSites();
        Array.ForEach(Relative, ReadRelative);
        _starts = [.. _ranges.Keys];
    }

    /// <summary>What is rewritten at an address, and from where to where; null for plain code.</summary>
    public (PatchKind Kind, ulong Start, ulong End)? At(ulong address)
    {
        int at = Array.BinarySearch(_starts, address);
        at = at < 0 ? ~at - 1 : at;
        return at >= 0 && _ranges[_starts[at]] is var range && address < range.End ? (range.Kind, _starts[at], range.End) : null;
    }

    private void ReadSites()
    {
        foreach (ulong site in AbsoluteSites())
        {
            ulong size = _elf.Machine switch
            {
                // call __fentry__
                ElfMachine.X86_64 => 5,
                ElfMachine.AArch64 => SizeOfNops(site),
                // riscv: two instructions; others: at most that.
                _ => 8,
            };
            _ranges.TryAdd(site, (site + size, PatchKind.Ftrace));
        }
    }

    /// <summary>arm64: the NOPs that are patched, with a BTI among them; with call ops some stand in front of the function (ftrace_call_adjust(), arch/arm64/kernel/ftrace.c).</summary>
    private ulong SizeOfNops(ulong site)
    {
        const uint nop = 0xd503201f, bti = 0xd503241f;
        ulong size = 0;
        for (; size < 24 && InstructionMap.WordAt(_elf, site + size) is { } word && (word == nop || (word & ~0xc0u) == bti); size += 4) { }
        return Math.Max(size, 8);
    }

    private IEnumerable<ulong> AbsoluteSites()
    {
        if (_elf.Type == ElfType.Relocatable)
        {
            ElfSection? section = _elf.Find(Sites.Section);
            if (section is { ByteSize: > 0 } && Relocations.Targets(_elf, section, _symbols).ToArray() is { Length: > 0 } found) { return found; }
            return _elf.Find("__patchable_function_entries") is { } entries ? Relocations.Targets(_elf, entries, _symbols) : [];
        }

        if (Bounds(Sites) is not { } bounds) { return []; }
        var sites = new List<ulong>();
        for (int at = 0; at + 8 <= bounds.Content.Length; at += 8)
        {
            if (Read64(bounds.Content.Span[at..]) is not 0 and var site) { sites.Add(site); }
        }

        return sites.Count > 0 ? sites : Relocations.Relative(_elf, bounds.Address, bounds.Address + (ulong)bounds.Content.Length).Where(s => s != 0);
    }

    private void ReadRelative(Table table)
    {
        foreach (int size in table.EntrySizes)
        {
            (ulong Code, ReadOnlyMemory<byte> Entry)[] entries = _elf.Type == ElfType.Relocatable ? [.. OfModule(table, size)] : [.. OfVmlinux(table, size)];
            // The size that a version has shows by every entry's leading to code.
            if (entries.Length == 0 || !entries.All(e => _elf.SectionAt(e.Code) is { IsExecutable: true })) { continue; }
            foreach ((ulong code, ReadOnlyMemory<byte> entry) in entries)
            {
                ulong length = table.Kind switch
                {
                    // instrlen is behind the two offsets and what says when (4 bytes, before 6.4 2).
                    PatchKind.Alternative => entry.Length == 0 ? 1ul : entry.Span[size == 14 ? 12 : 10],
                    PatchKind.StaticCall => 5,
                    _ => 1,
                };
                _ranges.TryAdd(code, (code + Math.Max(length, 1), table.Kind == PatchKind.Alternative && _elf.Machine != ElfMachine.X86_64 ? PatchKind.Replaced : table.Kind));
            }

            return;
        }
    }

    private IEnumerable<(ulong Code, ReadOnlyMemory<byte> Entry)> OfVmlinux(Table table, int size)
    {
        if (Bounds(table) is not { } bounds || bounds.Content.Length % size != 0) { yield break; }
        for (int at = 0; at + size <= bounds.Content.Length; at += size)
        {
            yield return (Follow(bounds.Address + (ulong)at, bounds.Content.Span[at..]), bounds.Content.Slice(at, size));
        }
    }

    private ulong Follow(ulong at, ReadOnlySpan<byte> field)
        => unchecked(at + (ulong)(_elf.IsBigEndian ? BinaryPrimitives.ReadInt32BigEndian(field) : BinaryPrimitives.ReadInt32LittleEndian(field)));

    private ulong Read64(ReadOnlySpan<byte> at) => _elf.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(at) : BinaryPrimitives.ReadUInt64LittleEndian(at);

    /// <summary>In a module the fields are relocations, relative to themselves: symbol + addend is the place itself.</summary>
    private IEnumerable<(ulong Code, ReadOnlyMemory<byte> Entry)> OfModule(Table table, int size)
    {
        if (_elf.Find(table.Section) is not { ByteSize: > 0 } section || section.ByteSize % size != 0) { yield break; }
        Memory<byte> content = _elf.Content(section);
        foreach ((ulong offset, ulong target) in Relocations.Entries(_elf, section, _symbols))
        {
            if (offset % (ulong)size != 0) { continue; }
            yield return (target, offset + (ulong)size <= (ulong)content.Length ? content.Slice((int)offset, size) : default);
        }
    }

    private (ulong Address, ReadOnlyMemory<byte> Content)? Bounds(Table table)
    {
        if (_label(table.Start) is not { } start || _label(table.Stop) is not { } stop || stop <= start || _elf.SectionAt(start) is not { HasBytes: true } section) { return null; }
        ReadOnlyMemory<byte> content = _elf.Content(section);
        ulong offset = start - section.Address, length = stop - start;
        return offset <= (ulong)content.Length && length <= (ulong)content.Length - offset ? (start, content.Slice((int)offset, (int)length)) : null;
    }
}
