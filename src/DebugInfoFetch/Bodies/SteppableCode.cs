using System.Buffers.Binary;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Bodies;

/// <summary>
/// Instructions that an architecture's kprobes do not take, since they can neither be stepped over elsewhere nor imitated: arch_prepare_kprobe() and what it asks. Where versions
/// differ, what any of them refuses. x86-64's are another matter: can_probe() decodes, and refuses only int3 (<see cref="PatchedCode"/> has the rest).
/// </summary>
internal static class SteppableCode
{
    /// <summary>MAX_ATOMIC_CONTEXT_SIZE (arch/arm64/kernel/probes/decode-insn.c): 128 bytes.</summary>
    private const int AtomicInstructions = 32;

    /// <param name="code">From the symbol's start, or a little before the instruction, up to its end and beyond.</param>
    /// <param name="at">Where in it the instruction begins.</param>
    public static PatchKind? WhyNot(ElfMachine machine, ReadOnlySpan<byte> code, int at)
    {
        ReadOnlySpan<byte> here = code[at..];
        return machine switch
        {
            ElfMachine.AArch64 when here.Length >= 4 => !IsSteppableArm64(BinaryPrimitives.ReadUInt32LittleEndian(here)) ? PatchKind.NotSteppable
                : Exclusive(code, at, w => (w & 0x3fc0_0000) == 0x0840_0000, w => (w & 0x3fc0_0000) == 0x0800_0000)
                    // Before 6.15 the masks also counted ldar and casa as loads, stlr and cas as stores.
                    ?? Exclusive(code, at, w => (w & 0x3f40_0000) == 0x0840_0000, w => (w & 0x3f40_0000) == 0x0800_0000),
            ElfMachine.PowerPc64 when here.Length >= 4 => !IsSteppablePowerPc(BinaryPrimitives.ReadUInt32LittleEndian(here)) ? PatchKind.NotSteppable : Exclusive(code, at, IsLoadPowerPc, IsStorePowerPc),
            ElfMachine.S390 when here.Length >= 2 => IsSteppableS390(BinaryPrimitives.ReadUInt16BigEndian(here)) ? null : PatchKind.NotSteppable,
            ElfMachine.RiscV when here.Length >= 2 => IsSteppableRiscV(BinaryPrimitives.ReadUInt16LittleEndian(here)) ? null : PatchKind.NotSteppable,
            _ => null,
        };
    }

    /// <summary>The second word of a prefixed instruction (Power ISA 3.1, 1.6): no instruction begins there.</summary>
    public static bool IsSecondWord(ElfMachine machine, ReadOnlySpan<byte> code, int at)
        => machine == ElfMachine.PowerPc64 && at >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(code[(at - 4)..]) >> 26 == 1;

    /// <summary>aarch64_insn_is_steppable() and what arm_kprobe_decode_insn() imitates beside it (arch/arm64/kernel/probes/decode-insn.c; masks: arch/arm64/include/asm/insn.h).</summary>
    private static bool IsSteppableArm64(uint word)
    {
        if ((word & 0x1c00_0000) == 0x1400_0000)
        {
            // Imitated: b, bl, b.cond, cbz and cbnz, tbz and tbnz; br, blr, ret without pointer authentication.
            if ((word & 0x7c00_0000) == 0x1400_0000 || (word & 0xff00_0010) == 0x5400_0000 || (word & 0x7e00_0000) is 0x3400_0000 or 0x3600_0000) { return true; }
            if ((word & 0xffff_fc1f) is 0xd61f_0000 or 0xd63f_0000 or 0xd65f_0000) { return true; }
            // svc, hvc, smc, brk, hlt, dcps; other branches by register, with eret among them.
            if ((word & 0xff00_0000) == 0xd400_0000 || (word & 0xfe00_0000) == 0xd600_0000) { return false; }
            // msr with an immediate, msr, mrs but for DAIF.
            if ((word & 0xfff8_f01f) == 0xd500_401f || (word & 0xfff0_0000) == 0xd510_0000) { return false; }
            if ((word & 0xfff0_0000) == 0xd530_0000) { return (word & 0x001f_ffe0) >> 5 == 0xda11; }
            // Hints: nop, xpaclri, pacia1716, pacib1716, paciaz, paciasp, pacibz, pacibsp, bti with its variants.
            return (word & 0xffff_f01f) != 0xd503_201f || ((word >> 5) & 0x7f) is 0 or 7 or 8 or 10 or 0x18 or 0x19 or 0x1a or 0x1b or 0x20 or 0x22 or 0x24 or 0x26;
        }

        // prfm of a literal; adr, adrp and loads of literals are imitated. Exclusive loads and stores.
        return (word & 0xff00_0000) != 0xd800_0000 && (word & 0x3f80_0000) != 0x0800_0000;
    }

    /// <summary>can_single_step() (arch/powerpc/include/asm/probes.h): traps, sc, rfid and its like, mtmsr, mtmsrd.</summary>
    private static bool IsSteppablePowerPc(uint word) => (word >> 26, (word >> 1) & 0x3ff) switch
    {
        (2 or 3 or 17, _) => false,
        (19, 18 or 38 or 39 or 50 or 51 or 82 or 274 or 306 or 370 or 402 or 434 or 466 or 498) => false,
        (31, 4 or 68 or 146 or 178) => false,
        _ => true,
    };

    // lbarx, lharx, lwarx, ldarx, lqarx and st?cx.: the kernel takes a probe between, but its interrupt loses the reservation each time, and the loop never ends.
    private static bool IsLoadPowerPc(uint word) => word >> 26 == 31 && ((word >> 1) & 0x3ff) is 20 or 52 or 84 or 116 or 276;
    private static bool IsStorePowerPc(uint word) => word >> 26 == 31 && ((word >> 1) & 0x3ff) is 150 or 182 or 214 or 694 or 726;

    /// <summary>probe_is_prohibited_opcode() (arch/s390/lib/probes.c).</summary>
    private static bool IsSteppableS390(ushort word) => (word >> 8) switch
    {
        0x0c or 0x0b or 0x83 or 0x44 or 0xac or 0xad => false,
        0xc6 => (word & 15) != 0,
        _ => word is not (0 or 0x0101 or 0xb25a or 0xb240 or 0xb258 or 0xb218 or 0xb228 or 0xb98d or 0xe560 or 0xe561 or 0xb2f8),
    };

    /// <summary>riscv_probe_decode_insn() (arch/riscv/kernel/probes/decode-insn.c): system instructions, fences, c.ebreak; and lr and sc, whose reservation a trap loses.</summary>
    private static bool IsSteppableRiscV(ushort word) => (word & 0x7f) is not (0x73 or 0x0f or 0x2f) && word != 0x9002;

    /// <summary>Behind an exclusive load whose store has not come yet.</summary>
    private static PatchKind? Exclusive(ReadOnlySpan<byte> code, int at, Func<uint, bool> isLoad, Func<uint, bool> isStore)
    {
        for (int before = at - 4; before >= Math.Max(0, at - (4 * AtomicInstructions)); before -= 4)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(code[before..]);
            if (isStore(word)) { return null; }
            if (isLoad(word)) { return PatchKind.Exclusive; }
        }

        return null;
    }
}
