using System.Collections.Frozen;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Probes.Registers;

/// <summary>RISC-V DWARF specification, table 1: 0-31 are x0-x31; arch/riscv/kernel/ptrace.c knows no <c>zero</c>.</summary>
internal sealed class Riscv64Registers : RegisterFile
{
    private static readonly string?[] ByNumber =
    [
        null, "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
        "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    ];

    public override IReadOnlySet<string> Names { get; } =
        FrozenSet.ToFrozenSet([.. ByNumber.OfType<string>(), "epc", "status", "badaddr", "cause", "orig_a0"], StringComparer.Ordinal);

    // RISC-V calling convention.
    public override (string First, string Second)? ReturnPair => ("a0", "a1");

    private protected override CallingConvention Convention => CallingConvention.Of(ElfMachine.RiscV);

    public override string? NameOf(int dwarf) => At(ByNumber, dwarf);
}
