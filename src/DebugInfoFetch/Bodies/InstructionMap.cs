using System.Buffers.Binary;
using DebugInfoFetch.Formats.Elf;
using Iced.Intel;

namespace DebugInfoFetch.Bodies;

/// <summary>Whether an address is an instruction's first byte; the kernel decodes from the symbol's start as well (can_probe(), arch/x86/kernel/kprobes/core.c).</summary>
/// <param name="IsBoundary">Null: the file has no code there, and cannot tell.</param>
/// <param name="Before">The instruction that the address is inside of; its own address where it is a boundary.</param>
/// <param name="After">The next instruction.</param>
public readonly record struct InstructionPlace(bool? IsBoundary, ulong Before, ulong After);

/// <summary>Where instructions begin, by the architectures' own encodings.</summary>
internal static class InstructionMap
{
    // More than any function of a kernel; a symbol that claims more is none to decode along.
    private const ulong MaxDistance = 1 << 20;

    /// <param name="start">Of the symbol that the address is in. Both are the file's addresses.</param>
    public static InstructionPlace At(ElfFile elf, ulong start, ulong address)
    {
        if (address < start || address - start > MaxDistance) { return default; }
        int width = FixedWidth(elf.Machine);
        if (width > 0)
        {
            ulong before = address - ((address - start) % (ulong)width);
            if (CodeBefore(elf, before, out int offset) is { IsEmpty: false } words && SteppableCode.IsSecondWord(elf.Machine, words, offset)) { before -= (ulong)width; }
            return new InstructionPlace(before == address, before, address - ((address - start) % (ulong)width) + (ulong)width);
        }

        ReadOnlySpan<byte> code = CodeFrom(elf, start, address);
        if (code.IsEmpty) { return default; }
        return elf.Machine switch
        {
            ElfMachine.X86_64 => DecodeX86(code, start, address),
            ElfMachine.S390 => Walk(code, start, address, first => (first >> 6) switch { 0 => 2, 3 => 6, _ => 4 }),
            ElfMachine.RiscV => Walk(code, start, address, first => (first & 3) == 3 ? 4 : 2),
            _ => default,
        };
    }

    /// <summary>What kprobes have against an instruction itself; null for nothing, and where the file has no code.</summary>
    public static PatchKind? WhyNot(ElfFile elf, ulong address)
        => IsBreakpoint(elf, address) ? PatchKind.Breakpoint : CodeBefore(elf, address, out int at) is { IsEmpty: false } code ? SteppableCode.WhyNot(elf.Machine, code, at) : null;

    /// <summary>The four bytes at an address of a little-endian file; null where it has no code.</summary>
    public static uint? WordAt(ElfFile elf, ulong address)
        => CodeFrom(elf, address, address) is { Length: >= 4 } code ? BinaryPrimitives.ReadUInt32LittleEndian(code) : null;

    /// <summary>The code around an address, as far back as an exclusive load may be.</summary>
    /// <param name="at">Where in it the address is.</param>
    private static ReadOnlySpan<byte> CodeBefore(ElfFile elf, ulong address, out int at)
    {
        const ulong back = 128;
        ulong start = elf.SectionAt(address) is { } section ? Math.Max(section.Address, address - Math.Min(back, address)) : address;
        at = (int)(address - start);
        return CodeFrom(elf, start, address);
    }

    /// <summary>Whether an instruction is int3 (0xcc), which kprobes never take: __copy_instruction(), arch/x86/kernel/kprobes/core.c.</summary>
    private static bool IsBreakpoint(ElfFile elf, ulong address)
        => elf.Machine == ElfMachine.X86_64 && CodeFrom(elf, address, address) is [0xcc, ..];

    /// <summary>Bytes of each instruction; 0 where they differ.</summary>
    public static int FixedWidth(ElfMachine machine) => machine is ElfMachine.AArch64 or ElfMachine.PowerPc64 ? 4 : 0;

    private static InstructionPlace DecodeX86(ReadOnlySpan<byte> code, ulong start, ulong address)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code.ToArray()), start);
        while (decoder.IP <= address)
        {
            ulong at = decoder.IP;
            decoder.Decode(out Instruction instruction);
            if (instruction.IsInvalid) { return default; }
            if (address < decoder.IP) { return new InstructionPlace(at == address, at, decoder.IP); }
        }

        return default;
    }

    private static InstructionPlace Walk(ReadOnlySpan<byte> code, ulong start, ulong address, Func<byte, int> lengthOf)
    {
        ulong at = start;
        while (at - start + 2 <= (ulong)code.Length)
        {
            int offset = (int)(at - start);
            ulong next = at + (ulong)lengthOf(code[offset]);
            if (address < next) { return new InstructionPlace(at == address, at, next); }
            at = next;
        }

        return default;
    }

    /// <summary>The code from the symbol's start to a little behind the address; empty when the file has only the section's header.</summary>
    private static ReadOnlySpan<byte> CodeFrom(ElfFile elf, ulong start, ulong address)
    {
        const ulong longest = 16;
        if (elf.SectionAt(start) is not { IsExecutable: true, HasBytes: true } section) { return []; }
        ReadOnlySpan<byte> content = elf.Content(section).Span;
        ulong offset = start - section.Address, length = Math.Min(address - start + longest, (ulong)content.Length - Math.Min(offset, (ulong)content.Length));
        return offset < (ulong)content.Length ? content.Slice((int)offset, (int)length) : [];
    }
}
