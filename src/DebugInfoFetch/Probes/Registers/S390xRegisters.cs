using System.Collections.Frozen;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;

namespace DebugInfoFetch.Probes.Registers;

/// <summary>s390x ELF ABI, DWARF register mapping: 0-15 are the general registers; arch/s390/kernel/ptrace.c.</summary>
internal sealed class S390xRegisters : RegisterFile
{
    private static readonly string?[] ByNumber = [.. Numbered("r", 16)];

    public override bool IsBigEndian => true;

    public override IReadOnlySet<string> Names { get; } = FrozenSet.ToFrozenSet([.. ByNumber.OfType<string>()], StringComparer.Ordinal);

    private protected override CallingConvention Convention => CallingConvention.Of(ElfMachine.S390);

    public override string? NameOf(int dwarf) => At(ByNumber, dwarf);
}
