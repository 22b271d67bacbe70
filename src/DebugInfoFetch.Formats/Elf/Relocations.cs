using System.Runtime.CompilerServices;
using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Elf;

/// <summary>
/// Applies SHT_RELA relocations to the debug sections of an ET_REL file (a kernel module). Not for ET_EXEC and ET_DYN: a vmlinux linked
/// with <c>--emit-relocs</c> carries relocations that were applied already.
/// </summary>
public static class Relocations
{
    private const int RelaSize = 24;

    private enum Action : byte { Unknown, None, Store32, Store64, Add8, Add16, Add32, Add64, Sub8, Sub16, Sub32, Sub64, Set6, Sub6, Set8, Set16, Set32, SetUleb, SubUleb }

    /// <summary>Relocates the named section in place, if the file has relocations for it.</summary>
    /// <param name="symbols">The file's symbol table, in file order.</param>
    public static void Apply(ElfFile file, ElfSection target, ElfSymbol[] symbols)
    {
        if (file.Type != ElfType.Relocatable) { return; }
        foreach (ElfSection section in file.Sections)
        {
            if (section.Info != target.Index) { continue; }
            if (section.Type == SectionType.Rel)
            {
                throw InputFaultException.At(file.Name, section.Name, 0, "relocations without addends (SHT_REL) are not supported");
            }

            if (section.Type == SectionType.Rela) { ApplyTable(file, section, target, symbols); }
        }
    }

    /// <summary>What each relocation of a section points at: symbol address + addend. For tables of addresses such as __mcount_loc.</summary>
    public static IEnumerable<ulong> Targets(ElfFile file, ElfSection target, ElfSymbol[] symbols) => Entries(file, target, symbols).Select(e => e.Target);

    /// <summary>The same with the place that each relocation fills: bytes from the section's start.</summary>
    public static IEnumerable<(ulong Offset, ulong Target)> Entries(ElfFile file, ElfSection target, ElfSymbol[] symbols)
    {
        foreach (ElfSection section in file.Sections)
        {
            if (section.Info != target.Index || section.Type != SectionType.Rela) { continue; }
            Memory<byte> table = file.Content(section);
            for (int at = 0; at + RelaSize <= table.Length; at += RelaSize)
            {
                ReadOnlySpan<byte> entry = table.Span.Slice(at, RelaSize);
                (ulong info, long addend) = ReadEntry(entry, file.IsBigEndian);
                ulong offset = file.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(entry) : BinaryPrimitives.ReadUInt64LittleEndian(entry);
                yield return (offset, SymbolAddress(file, section, at, info, symbols) + (ulong)addend);
            }
        }
    }

    /// <summary>
    /// What R_*_RELATIVE relocations of a file that can be loaded anywhere put into a range of addresses: arm64's vmlinux has zeros there (link_pie, arch/arm64/Makefile).
    /// </summary>
    public static IEnumerable<ulong> Relative(ElfFile file, ulong from, ulong to)
    {
        if (file.Type != ElfType.SharedObject || file.Find(".rela.dyn") is not { Type: SectionType.Rela } section) { yield break; }
        uint relative = file.Machine switch { ElfMachine.X86_64 => 8u, ElfMachine.AArch64 => 1027, ElfMachine.S390 => 12, ElfMachine.PowerPc64 => 22, ElfMachine.RiscV => 3, _ => 0 };
        Memory<byte> table = file.Content(section);
        for (int at = 0; at + RelaSize <= table.Length; at += RelaSize)
        {
            ReadOnlySpan<byte> entry = table.Span.Slice(at, RelaSize);
            ulong offset = file.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(entry) : BinaryPrimitives.ReadUInt64LittleEndian(entry);
            if (offset < from || offset >= to) { continue; }
            (ulong info, long addend) = ReadEntry(entry, file.IsBigEndian);
            if ((uint)info == relative && relative != 0) { yield return (ulong)addend; }
        }
    }

    private static (ulong Info, long Addend) ReadEntry(ReadOnlySpan<byte> entry, bool bigEndian) => bigEndian
        ? (BinaryPrimitives.ReadUInt64BigEndian(entry[8..]), BinaryPrimitives.ReadInt64BigEndian(entry[16..]))
        : (BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SymbolAddress(ElfFile file, ElfSection table, int at, ulong info, ElfSymbol[] symbols)
    {
        ulong symbol = info >> 32;
        return symbol < (ulong)symbols.Length ? symbols[symbol].Address : throw NoSymbol(file, table, at, symbol, symbols.Length);
    }

    private static InputFaultException NoSymbol(ElfFile file, ElfSection table, int at, ulong symbol, int count)
        => InputFaultException.At(file.Name, table.Name, at, $"names symbol {symbol} of {count}");

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ApplyTable(ElfFile file, ElfSection table, ElfSection target, ElfSymbol[] symbols)
    {
        Span<byte> content = file.Content(target).Span;
        ReadOnlySpan<byte> entries = file.Content(table).Span;
        bool bigEndian = file.IsBigEndian;
        // Nearly all entries are of the type of the one before.
        uint type = 0;
        Action action = Action.None;
        ulong width = 0;
        for (int at = 0; at + RelaSize <= entries.Length; at += RelaSize)
        {
            ReadOnlySpan<byte> entry = entries.Slice(at, RelaSize);
            ulong offset = bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(entry) : BinaryPrimitives.ReadUInt64LittleEndian(entry);
            (ulong info, long addend) = ReadEntry(entry, bigEndian);
            if ((uint)info != type)
            {
                type = (uint)info;
                action = Classify(file.Machine, type);
                width = (ulong)Width(action);
            }

            if (action == Action.None) { continue; }
            if (action == Action.Unknown)
            {
                throw InputFaultException.At(file.Name, table.Name, at, $"relocation type {type} of machine {file.Machine} is not supported");
            }

            ulong value = SymbolAddress(file, table, at, info, symbols) + (ulong)addend;
            if (offset > (ulong)content.Length || (ulong)content.Length - offset < width)
            {
                throw InputFaultException.At(file.Name, table.Name, at, $"relocates offset 0x{offset:x} outside {target.Name} ({content.Length} bytes)");
            }

            Span<byte> place = content[(int)offset..];
            if (action == Action.Store32 && !bigEndian) { BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)value); } else { Store(place, action, value, bigEndian); }
        }
    }

    private static void Store(Span<byte> at, Action action, ulong value, bool bigEndian)
    {
        switch (action)
        {
            case Action.Store32 or Action.Set32: Put32(at, (uint)value, bigEndian); break;
            case Action.Store64: Put64(at, value, bigEndian); break;
            // riscv: the assembler leaves label differences to the linker, as pairs of ADD and SUB (riscv ELF psABI, "Relocations").
            case Action.Add8: at[0] += (byte)value; break;
            case Action.Sub8: at[0] -= (byte)value; break;
            case Action.Set8: at[0] = (byte)value; break;
            case Action.Set6: at[0] = (byte)((at[0] & 0xc0) | ((byte)value & 0x3f)); break;
            case Action.Sub6: at[0] = (byte)((at[0] & 0xc0) | ((at[0] - (byte)value) & 0x3f)); break;
            case Action.Set16: BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)value); break;
            case Action.Add16: BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(at) + value)); break;
            case Action.Sub16: BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(at) - value)); break;
            case Action.Add32: Put32(at, BinaryPrimitives.ReadUInt32LittleEndian(at) + (uint)value, bigEndian); break;
            case Action.Sub32: Put32(at, BinaryPrimitives.ReadUInt32LittleEndian(at) - (uint)value, bigEndian); break;
            case Action.Add64: Put64(at, BinaryPrimitives.ReadUInt64LittleEndian(at) + value, bigEndian); break;
            case Action.Sub64: Put64(at, BinaryPrimitives.ReadUInt64LittleEndian(at) - value, bigEndian); break;
            case Action.SetUleb: PatchUleb(at, value); break;
            case Action.SubUleb: PatchUleb(at, ReadUleb(at) - value); break;
            default: break;
        }
    }

    private static void Put32(Span<byte> at, uint value, bool bigEndian)
    {
        if (bigEndian) { BinaryPrimitives.WriteUInt32BigEndian(at, value); } else { BinaryPrimitives.WriteUInt32LittleEndian(at, value); }
    }

    private static void Put64(Span<byte> at, ulong value, bool bigEndian)
    {
        if (bigEndian) { BinaryPrimitives.WriteUInt64BigEndian(at, value); } else { BinaryPrimitives.WriteUInt64LittleEndian(at, value); }
    }

    private static ulong ReadUleb(ReadOnlySpan<byte> at)
    {
        ulong value = 0;
        for (int i = 0; i < at.Length && i < 10; i++)
        {
            value |= (ulong)(at[i] & 0x7f) << (7 * i);
            if (at[i] < 0x80) { break; }
        }

        return value;
    }

    /// <summary>Writes a value over a LEB128 without changing how many bytes it takes.</summary>
    private static void PatchUleb(Span<byte> at, ulong value)
    {
        for (int i = 0; i < at.Length; i++)
        {
            bool last = at[i] < 0x80;
            at[i] = (byte)((value & 0x7f) | (last ? 0u : 0x80u));
            value >>= 7;
            if (last) { break; }
        }
    }

    private static int Width(Action action) => action switch
    {
        Action.Store64 or Action.Add64 or Action.Sub64 => 8,
        Action.Store32 or Action.Set32 or Action.Add32 or Action.Sub32 => 4,
        Action.Set16 or Action.Add16 or Action.Sub16 => 2,
        _ => 1,
    };

    /// <summary>The relocation types that compilers use in debug sections, by each architecture's ELF psABI.</summary>
    private static Action Classify(ElfMachine machine, uint type) => (machine, type) switch
    {
        (_, 0) => Action.None,
        (ElfMachine.X86_64, 1) => Action.Store64,       // R_X86_64_64
        (ElfMachine.X86_64, 10 or 11) => Action.Store32, // R_X86_64_32, R_X86_64_32S
        (ElfMachine.X86_64, 17 or 21) => Action.None,    // R_X86_64_DTPOFF64/32: thread-local storage, unknown to kernels
        (ElfMachine.AArch64, 257) => Action.Store64,     // R_AARCH64_ABS64
        (ElfMachine.AArch64, 258) => Action.Store32,     // R_AARCH64_ABS32
        (ElfMachine.S390, 22) => Action.Store64,         // R_390_64
        (ElfMachine.S390, 4) => Action.Store32,          // R_390_32
        (ElfMachine.PowerPc64, 38) => Action.Store64,    // R_PPC64_ADDR64
        (ElfMachine.PowerPc64, 1) => Action.Store32,     // R_PPC64_ADDR32
        (ElfMachine.RiscV, 1) => Action.Store32,         // R_RISCV_32
        (ElfMachine.RiscV, 2) => Action.Store64,         // R_RISCV_64
        (ElfMachine.RiscV, 33) => Action.Add8,
        (ElfMachine.RiscV, 34) => Action.Add16,
        (ElfMachine.RiscV, 35) => Action.Add32,
        (ElfMachine.RiscV, 36) => Action.Add64,
        (ElfMachine.RiscV, 37) => Action.Sub8,
        (ElfMachine.RiscV, 38) => Action.Sub16,
        (ElfMachine.RiscV, 39) => Action.Sub32,
        (ElfMachine.RiscV, 40) => Action.Sub64,
        (ElfMachine.RiscV, 52) => Action.Sub6,
        (ElfMachine.RiscV, 53) => Action.Set6,
        (ElfMachine.RiscV, 54) => Action.Set8,
        (ElfMachine.RiscV, 55) => Action.Set16,
        (ElfMachine.RiscV, 56) => Action.Set32,
        (ElfMachine.RiscV, 60) => Action.SetUleb,
        (ElfMachine.RiscV, 61) => Action.SubUleb,
        _ => Action.Unknown,
    };
}
