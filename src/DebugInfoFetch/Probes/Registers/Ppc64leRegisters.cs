using System.Collections.Frozen;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Probes.Registers;

/// <summary>
/// Power Architecture 64-bit ELF V2 ABI, table 2.27: 0-31 general, 65 link, 66 count; arch/powerpc/kernel/ptrace/ptrace-view.c.
/// </summary>
internal sealed class Ppc64leRegisters : RegisterFile
{
    private static readonly string?[] General = [.. Numbered("gpr", 32)];

    public override bool OffsetsReachEntries => false;

    public override IReadOnlySet<string> Names { get; } =
        FrozenSet.ToFrozenSet([.. General.OfType<string>(), "nip", "msr", "ctr", "link", "xer", "ccr", "softe", "trap", "dar", "dsisr"],
            StringComparer.Ordinal);

    // ELFv2 §2.2.5.
    public override (string First, string Second)? ReturnPair => ("gpr3", "gpr4");

    private protected override CallingConvention Convention => CallingConvention.Of(ElfMachine.PowerPc64);

    public override string? NameOf(int dwarf) => dwarf switch { 65 => "link", 66 => "ctr", _ => At(General, dwarf) };
}
