namespace DebugInfoFetch.Index.Model;

/// <summary>Identifies a function (its source-level identity, not a copy) within one kernel's cache.</summary>
public readonly record struct FunctionId(int Value);

/// <summary>Identifies a compilation unit of one module within one kernel's cache.</summary>
public readonly record struct UnitId(int Value);

/// <summary>
/// A function of the source: same name, place of declaration and prototype. It may have any number of out-of-line copies
/// (<see cref="EntryInfo"/>) and of inlined ones (<see cref="InlineSiteInfo"/>), none included.
/// </summary>
public sealed record FunctionInfo
{
    public required FunctionId Id { get; init; }
    public required string Name { get; init; }
    public SourceLocation? DeclaredAt { get; init; }
    public TypeId ReturnType { get; init; }
    /// <summary>DW_AT_external: visible outside its file.</summary>
    public bool IsExternal { get; init; }
    /// <summary>In source order, from the abstract instance where there is one (children of a clone's concrete instance are reordered).</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; init; } = [];
    /// <summary>Has DW_TAG_unspecified_parameters (<c>...</c>).</summary>
    public bool IsVariadic { get; init; }
}

/// <param name="Name">Empty when the source names none.</param>
public sealed record ParameterInfo(string Name, TypeId Type);

/// <summary>
/// An out-of-line copy of a function: where it starts, under which symbol, and where its parameters are at its first instruction.
/// </summary>
public sealed record EntryInfo
{
    public required FunctionId Function { get; init; }
    /// <summary>The unit that the copy was compiled in: type names in its expressions mean that unit's types.</summary>
    public required UnitId Unit { get; init; }
    /// <summary>Source file of the unit (DW_AT_name), relative to the source tree's root.</summary>
    public required string UnitFile { get; init; }
    public required string Module { get; init; }
    /// <summary>Section that holds it, e.g. <c>.text</c>.</summary>
    public required string Section { get; init; }
    /// <summary>vmlinux: the link-time virtual address. Modules (ET_REL): bytes from the start of <see cref="Section"/>.</summary>
    public required ulong Address { get; init; }
    public long ByteSize { get; init; }
    /// <summary>The function symbol at that address with all its suffixes (<c>f.isra.0</c>); null when the symbol table has none.</summary>
    public SymbolInfo? Symbol { get; init; }
    /// <summary>One place per <see cref="FunctionInfo.Parameters"/>, same order.</summary>
    public IReadOnlyList<ArgumentPlace> Places { get; init; } = [];
}

/// <summary>An inlined copy of a function.</summary>
/// <param name="Container">Symbol of the out-of-line function whose code holds it; null when unknown.</param>
/// <param name="Offset">Bytes from the container's start to the first instruction of the inlined copy.</param>
/// <param name="CallSite">Where the source calls it (DW_AT_call_file, DW_AT_call_line).</param>
public sealed record InlineSiteInfo(FunctionId Function, UnitId Unit, string Module, SymbolInfo? Container, long Offset, SourceLocation? CallSite);

/// <summary>What is known about a variable's value at an address. KPROBES.md §4.3 is the ladder.</summary>
public enum PlaceKind : byte
{
    /// <summary>Nothing in the debug information says where it is at this address.</summary>
    OptimizedOut = 0,
    /// <summary>DW_OP_regN: the value is in <see cref="ArgumentPlace.Register"/>.</summary>
    Register = 1,
    /// <summary>The value is in memory at <see cref="ArgumentPlace.Register"/> + <see cref="ArgumentPlace.Value"/> (stack parameters).</summary>
    Memory = 2,
    /// <summary>DW_AT_const_value, DW_OP_litN/constN + stack_value, implicit_value: the value is <see cref="ArgumentPlace.Value"/>.</summary>
    Constant = 3,
    /// <summary>DW_OP_addr: the value is in memory at the fixed address <see cref="ArgumentPlace.Value"/> (of this module's file).</summary>
    AtAddress = 4,
    /// <summary>DW_OP_addr; DW_OP_stack_value: the value is itself the address <see cref="ArgumentPlace.Value"/>, a symbol's.</summary>
    AddressConstant = 5,
    /// <summary>DW_OP_bregN; DW_OP_stack_value: the value is Register + Value, in no memory: only what it points at can be read.</summary>
    Computed = 6,
    /// <summary>DW_OP_GNU_parameter_ref/DW_OP_entry_value of a removed parameter: known at the call sites only.</summary>
    Removed = 7,
    /// <summary>Spread over several places (DW_OP_piece, DW_OP_bit_piece).</summary>
    InPieces = 8,
    /// <summary>No place at the entry, but from entry + <see cref="ArgumentPlace.Value"/> bytes on.</summary>
    Later = 9,
    /// <summary>An expression that a fetch argument cannot say; <see cref="ArgumentPlace.Expression"/> holds its bytes.</summary>
    Unsupported = 10,
    /// <summary>
    /// DW_OP_entry_value inside a function: what <see cref="ArgumentPlace.Register"/> held at the entry, plus <see cref="ArgumentPlace.Value"/>;
    /// here it is nowhere. Never in a cache, which holds places at entries.
    /// </summary>
    AtEntryOnly = 11,
    /// <summary>DW_OP_implicit_pointer: it points at <see cref="ArgumentPlace.Pointee"/>, which is in no memory. Never in a cache.</summary>
    ImplicitPointer = 12,
}

/// <summary>Where a parameter is at a given address: a stored answer, never an exception and never an omission.</summary>
/// <param name="Register">DWARF register number of the architecture's psABI; -1 where the kind has none.</param>
/// <param name="Value">Meaning by <see cref="PlaceKind"/>: byte offset, constant or address.</param>
/// <param name="Expression">The DWARF expression's bytes, for kinds that cannot be said otherwise.</param>
public sealed record ArgumentPlace(PlaceKind Kind, int Register = -1, long Value = 0, byte[]? Expression = null)
{
    public static ArgumentPlace OptimizedOut { get; } = new(PlaceKind.OptimizedOut);

    /// <summary>Of an implicit pointer: where the value is that it points at.</summary>
    public ArgumentPlace? Pointee { get; init; }
}
