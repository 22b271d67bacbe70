using System.Buffers.Binary;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Bodies;

/// <summary>An instruction that calls, or ends its function by jumping to, a place that it names itself. Addresses are the file's.</summary>
/// <param name="End">The first byte behind it: what a call returns to.</param>
/// <param name="IsJump">A tail call.</param>
internal readonly record struct DirectCall(ulong Address, ulong End, bool IsJump);

/// <summary>
/// Finds the direct calls of a function in a whole file by the code itself, which also says which copy is called: the debug information names functions of the source.
/// Where instructions begin is not decoded: of a machine with instructions of any length a find may be part of another instruction.
/// </summary>
internal static class DirectCalls
{
    /// <summary>Bytes that a branch takes, and what it leads to; a length of 0 for anything else.</summary>
    private readonly record struct Branch(int Length, long Distance, bool IsJump);

    /// <summary>Calls of the function that begins at an address, in the order of their own.</summary>
    /// <param name="symbols">Of ET_REL files.</param>
    public static List<DirectCall> Of(ElfFile elf, ElfSymbol[] symbols, ulong entry)
    {
        List<DirectCall> found = [];
        Add(elf, symbols, entry, found);
        // Callers that have the same TOC skip the two instructions that set it up (ELFv2 ABI, "Global and local entry points").
        if (elf.Machine == ElfMachine.PowerPc64) { Add(elf, symbols, entry + 8, found); }
        found.Sort((a, b) => a.Address.CompareTo(b.Address));
        return found;
    }

    private static void Add(ElfFile elf, ElfSymbol[] symbols, ulong target, List<DirectCall> found)
    {
        foreach (ElfSection section in elf.Sections)
        {
            if (section is not { IsExecutable: true, IsAllocated: true, HasBytes: true }) { continue; }
            HashSet<ulong> relocated = [];
            if (elf.Type == ElfType.Relocatable) { AddRelocated(elf, section, symbols, target, found, relocated); }
            AddEncoded(elf.Machine, section, elf.Content(section).Span, target, found, relocated);
        }
    }

    /// <summary>In ET_REL the assembler resolved only what is in the same section and local; the rest are relocations on the instructions.</summary>
    private static void AddRelocated(ElfFile elf, ElfSection section, ElfSymbol[] symbols, ulong target, List<DirectCall> found, HashSet<ulong> relocated)
    {
        ReadOnlyMemory<byte> code = elf.Content(section);
        // x86-64 and s390x relocate the field behind the opcode, whose addend makes up for where the processor counts from.
        (int before, long addend) = elf.Machine switch { ElfMachine.X86_64 => (1, 4L), ElfMachine.S390 => (2, -2L), _ => (0, 0L) };
        foreach ((ulong offset, ulong points) in Relocations.Entries(elf, section, symbols))
        {
            if (offset < (ulong)before || offset >= (ulong)code.Length) { continue; }
            ulong at = offset - (ulong)before;
            relocated.Add(at);
            if (unchecked(points + (ulong)addend) == target && Decode(elf.Machine, code.Span[(int)at..]) is { Length: > 0 } branch) { found.Add(Call(section.Address + at, branch)); }
        }
    }

    private static void AddEncoded(ElfMachine machine, ElfSection section, ReadOnlySpan<byte> code, ulong target, List<DirectCall> found, HashSet<ulong> relocated)
    {
        int step = machine switch { ElfMachine.AArch64 or ElfMachine.PowerPc64 => 4, ElfMachine.S390 or ElfMachine.RiscV => 2, _ => 1 };
        for (int at = 0; at < code.Length; at += step)
        {
            if (machine == ElfMachine.X86_64)
            {
                int skipped = code[at..].IndexOfAny((byte)0xe8, (byte)0xe9);
                if (skipped < 0) { return; }
                at += skipped;
            }

            if (Decode(machine, code[at..]) is not { Length: > 0 } branch) { continue; }
            ulong from = section.Address + (ulong)at;
            if (unchecked(from + (ulong)branch.Distance) == target && !relocated.Contains((ulong)at)) { found.Add(Call(from, branch)); }
        }
    }

    /// <summary>Of two instructions that make one call (riscv) the second is the one that leaves.</summary>
    private static DirectCall Call(ulong from, in Branch branch)
    {
        ulong end = from + (ulong)branch.Length;
        return new DirectCall(branch.Length == 8 ? end - 4 : from, end, branch.IsJump);
    }

    private static Branch Decode(ElfMachine machine, ReadOnlySpan<byte> code) => machine switch
    {
        ElfMachine.X86_64 when code.Length >= 5 && code[0] is 0xe8 or 0xe9 => new Branch(5, 5 + BinaryPrimitives.ReadInt32LittleEndian(code[1..]), code[0] == 0xe9),
        // bl, b: 26 bits of words (Arm ARM C6.2).
        ElfMachine.AArch64 when code.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(code) is var word && (word & 0x7c00_0000) == 0x1400_0000
            => new Branch(4, (long)((int)(word << 6) >> 6) * 4, word >> 31 == 0),
        // bl, b: 24 bits of words, neither absolute (Power ISA, I-form).
        ElfMachine.PowerPc64 when code.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(code) is var word && (word & 0xfc00_0002) == 0x4800_0000
            => new Branch(4, (int)((word & 0x03ff_fffc) << 6) >> 6, (word & 1) == 0),
        // brasl, and brcl with all conditions: 32 bits of half-words.
        ElfMachine.S390 when code.Length >= 6 && code[0] == 0xc0 && ((code[1] & 15) == 5 || code[1] == 0xf4)
            => new Branch(6, 2L * BinaryPrimitives.ReadInt32BigEndian(code[2..]), code[1] == 0xf4),
        ElfMachine.RiscV when code.Length >= 2 && (code[0] & 3) != 3 => CompressedRiscV(BinaryPrimitives.ReadUInt16LittleEndian(code)),
        ElfMachine.RiscV when code.Length >= 4 => RiscV(code),
        _ => default,
    };

    /// <summary>c.j: bits 12 to 2 are bits 11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5 of the distance (RISC-V unprivileged ISA, 16.4).</summary>
    private static Branch CompressedRiscV(ushort word)
    {
        if ((word & 0xe003) != 0xa001) { return default; }
        int Bit(int from, int to) => ((word >> from) & 1) << to;
        int distance = Bit(12, 11) | Bit(11, 4) | Bit(10, 9) | Bit(9, 8) | Bit(8, 10) | Bit(7, 6) | Bit(6, 7) | Bit(5, 3) | Bit(4, 2) | Bit(3, 1) | Bit(2, 5);
        return new Branch(2, (distance << 20) >> 20, true);
    }

    /// <summary>jal ra or x0; auipc REG with jalr ra or x0 through it (RISC-V unprivileged ISA, 2.5).</summary>
    private static Branch RiscV(ReadOnlySpan<byte> code)
    {
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(code);
        uint register = (word >> 7) & 31;
        if ((word & 0x7f) == 0x6f && register is 0 or 1)
        {
            uint distance = ((word >> 31) << 20) | (word & 0xff000) | (((word >> 20) & 1) << 11) | (((word >> 21) & 0x3ff) << 1);
            return new Branch(4, (int)(distance << 11) >> 11, register == 0);
        }

        if ((word & 0x7f) != 0x17 || code.Length < 8) { return default; }
        uint next = BinaryPrimitives.ReadUInt32LittleEndian(code[4..]);
        bool followsIt = (next & 0x707f) == 0x67 && ((next >> 15) & 31) == register && ((next >> 7) & 31) is 0 or 1;
        return followsIt ? new Branch(8, (long)(int)(word & 0xffff_f000) + ((int)next >> 20), ((next >> 7) & 31) == 0) : default;
    }
}
