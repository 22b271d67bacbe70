using System.Collections.Frozen;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Probes.Registers;

/// <summary>x86-64 psABI figure 3.36; arch/x86/kernel/ptrace.c, regoffset_table.</summary>
internal sealed class X8664Registers : RegisterFile
{
    private static readonly string?[] ByNumber = ["ax", "dx", "cx", "bx", "si", "di", "bp", "sp", "r8", "r9", "r10", "r11", "r12", "r13",
        "r14", "r15"];

    public override IReadOnlySet<string> Names { get; } =
        FrozenSet.ToFrozenSet([.. ByNumber.OfType<string>(), "ip", "flags", "cs", "ss", "orig_ax"], StringComparer.Ordinal);

    // psABI x86-64 §3.2.3.
    public override (string First, string Second)? ReturnPair => ("ax", "dx");

    public override int PushedByCall => 8;

    private protected override CallingConvention Convention => CallingConvention.Of(ElfMachine.X86_64);

    public override string? NameOf(int dwarf) => At(ByNumber, dwarf);

    // arch/x86/include/asm/ptrace.h: behind the six registers, words from the one above the return address on.
    public override int? ArgumentNumberOnStack(int dwarf, long offset)
        => dwarf == Convention.StackPointer && offset >= 8 && offset % 8 == 0 && offset / 8 < 64
            ? Convention.ArgumentRegisters.Length + (int)(offset / 8)
            : null;
}
