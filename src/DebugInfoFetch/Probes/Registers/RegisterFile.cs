using DebugInfoFetch.Index;

namespace DebugInfoFetch.Probes.Registers;

/// <summary>
/// The registers of an architecture as its kernel's regs_query_register_offset() names them, exactly and case-sensitively (KPROBES.md
/// §1.3), and which of them a DWARF register number means.
/// </summary>
public abstract class RegisterFile
{
    private static readonly Dictionary<string, RegisterFile> ByArchitecture = new(StringComparer.Ordinal)
    {
        ["x86_64"] = new X8664Registers(),
        ["aarch64"] = new Arm64Registers(),
        ["s390x"] = new S390xRegisters(),
        ["ppc64le"] = new Ppc64leRegisters(),
        ["riscv64"] = new Riscv64Registers(),
    };

    /// <summary>Bits of a register and of an address.</summary>
    public virtual int WordBits => 64;

    /// <summary>Decides at which end of its container a bit-field lies.</summary>
    public virtual bool IsBigEndian => false;

    /// <summary>
    /// <c>SYM+OFF</c> means the same place as the symbol that stands there. Not where the kernel moves a probe on <c>SYM</c> itself to the
    /// function's local entry point (ppc64: arch/powerpc/kernel/kprobes.c).
    /// </summary>
    public virtual bool OffsetsReachEntries => true;

    public abstract IReadOnlySet<string> Names { get; }

    /// <summary>Null for registers that a fetch argument cannot name (vector, floating-point, condition codes).</summary>
    /// <param name="dwarf">Number in the architecture's psABI.</param>
    public abstract string? NameOf(int dwarf);

    /// <summary>What the psABI fixes at a function's first instruction.</summary>
    private protected abstract CallingConvention Convention { get; }

    /// <summary>
    /// N of the <c>$argN</c> that is this register (regs_get_kernel_argument() in arch/*/include/asm/ptrace.h); null for a register that carries
    /// no argument.
    /// </summary>
    /// <param name="dwarf">Number in the architecture's psABI.</param>
    public int? ArgumentNumber(int dwarf) => Array.IndexOf(Convention.ArgumentRegisters, dwarf) is >= 0 and var index ? index + 1 : null;

    /// <summary>N of the <c>$argN</c> that is this word of the stack; null where it is none, or the architecture's <c>$argN</c> ends with the registers.</summary>
    public virtual int? ArgumentNumberOnStack(int dwarf, long offset) => null;

    /// <summary>Registers of the first integers and pointers that a function takes, in order, by their DWARF numbers.</summary>
    public IReadOnlyList<int> ArgumentRegisters => Convention.ArgumentRegisters;

    /// <summary>DWARF number of the stack pointer.</summary>
    public int StackPointer => Convention.StackPointer;

    /// <summary>Bytes that a call instruction itself pushes: the return address, where no register takes it.</summary>
    public virtual int PushedByCall => 0;

    /// <summary>
    /// The registers that a struct of 9 to 16 bytes of integers and pointers is returned in, its first half first; null where the psABI returns it in
    /// memory.
    /// </summary>
    public virtual (string First, string Second)? ReturnPair => null;

    /// <summary>Null for an architecture that nothing is known about.</summary>
    /// <param name="architecture">As <c>uname -m</c> prints it.</param>
    public static RegisterFile? For(string architecture) => ByArchitecture.GetValueOrDefault(architecture);

    public static IEnumerable<string> Architectures => ByArchitecture.Keys;

    private protected static string? At(string?[] names, int dwarf) => dwarf >= 0 && dwarf < names.Length ? names[dwarf] : null;

    private protected static IEnumerable<string> Numbered(string prefix, int count)
        => Enumerable.Range(0, count).Select(n => $"{prefix}{n}");
}
