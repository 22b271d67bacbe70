namespace DebugInfoFetch.Index.Model;

/// <summary>What the compiler made of a symbol's base name (the last suffix decides).</summary>
public enum SuffixKind : byte { None = 0, Isra = 1, Constprop = 2, Part = 3, Cold = 4, Llvm = 5, Other = 6 }

/// <summary>Why the kernel would refuse a kprobe at a symbol, or what else is known about its code. Read from the ELF file (KPROBES.md §2.2).</summary>
[Flags]
public enum SymbolFlags
{
    None = 0,
    /// <summary>STT_FUNC, or a label in an executable section.</summary>
    Text = 1,
    /// <summary>STB_LOCAL.</summary>
    Local = 2,
    /// <summary>STB_WEAK.</summary>
    Weak = 4,
    /// <summary>STT_FUNC proper.</summary>
    Function = 8,
    /// <summary>STT_OBJECT.</summary>
    Object = 0x10,
    /// <summary>In _kprobe_blacklist (NOKPROBE_SYMBOL).</summary>
    Blacklisted = 0x20,
    /// <summary>In .noinstr.text, .kprobes.text, .entry.text and their bounds in vmlinux.</summary>
    NoInstrument = 0x40,
    /// <summary>In init text: gone after boot (vmlinux) or after the module's init.</summary>
    Init = 0x80,
    /// <summary>An ftrace site (__mcount_loc) lies inside: the function can be probed where notrace code is refused.</summary>
    HasFtraceSite = 0x100,
    /// <summary>__pfx_ or __cfi_ preamble of another function.</summary>
    Preamble = 0x200,
    /// <summary>Its module has no ftrace table at all, so the absence of <see cref="HasFtraceSite"/> says nothing.</summary>
    FtraceUnknown = 0x400,
    /// <summary>The first instruction is ENDBR64 (x86 IBT).</summary>
    StartsWithEndbr = 0x800,
    /// <summary>In a per-CPU section: its address is an offset, a fetch argument cannot follow it.</summary>
    PerCpu = 0x1000,
    /// <summary>In a section that is discarded or not loaded: not in the running kernel's symbol table.</summary>
    NotLoaded = 0x2000,
}

/// <summary>A symbol of an ELF symbol table, as the kernel's kallsyms would have it.</summary>
public sealed record SymbolInfo
{
    public required string Name { get; init; }
    /// <summary>The name without <c>.isra.N</c>, <c>.constprop.N</c>, <c>.part.N</c>, <c>.cold</c>, <c>.llvm.N</c>.</summary>
    public required string BaseName { get; init; }
    public SuffixKind Suffix { get; init; }
    public required string Module { get; init; }
    public required string Section { get; init; }
    /// <summary>vmlinux: virtual address at link time. Modules: bytes from the section's start.</summary>
    public required ulong Address { get; init; }
    public long ByteSize { get; init; }
    public SymbolFlags Flags { get; init; }
}

/// <summary>A global or static variable with its symbol.</summary>
public sealed record VariableInfo
{
    public required string Name { get; init; }
    public required TypeId Type { get; init; }
    public required UnitId Unit { get; init; }
    public required string Module { get; init; }
    public SourceLocation? DeclaredAt { get; init; }
    public bool IsExternal { get; init; }
    /// <summary>DW_OP_addr: vmlinux virtual address, or bytes from the section's start in a module.</summary>
    public ulong Address { get; init; }
    public string Section { get; init; } = "";
}
