using System.Collections.Frozen;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Probes.Registers;

/// <summary>
/// DWARF for the Arm 64-bit architecture (IHI 0057), table 1; arch/arm64/kernel/ptrace.c: x30 is <c>x30</c>, there is no <c>lr</c>.
/// </summary>
internal sealed class Arm64Registers : RegisterFile
{
    private static readonly string?[] ByNumber = [.. Numbered("x", 31), "sp", "pc"];

    public override IReadOnlySet<string> Names { get; } = FrozenSet.ToFrozenSet([.. ByNumber.OfType<string>(), "pstate"],
        StringComparer.Ordinal);

    // AAPCS64 §6.9.
    public override (string First, string Second)? ReturnPair => ("x0", "x1");

    private protected override CallingConvention Convention => CallingConvention.Of(ElfMachine.AArch64);

    public override string? NameOf(int dwarf) => At(ByNumber, dwarf);
}
