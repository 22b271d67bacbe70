namespace DebugInfoFetch.Index.Model;

/// <summary>Identifies a type within one kernel's cache. 0 is <c>void</c>.</summary>
public readonly record struct TypeId(int Value)
{
    /// <summary><c>void</c>: no DW_AT_type.</summary>
    public static TypeId Void => default;
    public bool IsVoid => Value == 0;
}

/// <summary>What a type is; the DWARF tag without its spelling (DWARF 5 §5).</summary>
public enum TypeKind : byte
{
    Void = 0,
    Base = 1,
    Pointer = 2,
    Const = 3,
    Volatile = 4,
    Restrict = 5,
    Atomic = 6,
    Array = 7,
    Typedef = 8,
    Struct = 9,
    Union = 10,
    Enum = 11,
    /// <summary>DW_TAG_subroutine_type: what a function pointer points at.</summary>
    Function = 12,
    /// <summary>DW_TAG_unspecified_type, and types of other languages (Rust) that have no C meaning.</summary>
    Unspecified = 13,
}

/// <summary>DW_AT_encoding of a base type (DWARF 5 §5.1.1, table 5.1); 0 where there is none.</summary>
public enum BaseEncoding : byte
{
    None = 0, Address = 1, Boolean = 2, ComplexFloat = 3, Float = 4, Signed = 5, SignedChar = 6, Unsigned = 7, UnsignedChar = 8, Utf = 0x10,
}

/// <summary>Where the source declares something: DW_AT_decl_file (relative to the source tree's root) and DW_AT_decl_line.</summary>
public readonly record struct SourceLocation(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}

/// <summary>
/// One type as the cache holds it. Types of the same content are one; types that only share a name are several.
/// </summary>
public sealed record TypeInfo
{
    public required TypeId Id { get; init; }
    public required TypeKind Kind { get; init; }
    /// <summary>The tag or type name without <c>struct</c>; empty for what has none.</summary>
    public string Name { get; init; } = "";
    /// <summary>Size in bytes; null for an incomplete type, a function and <c>void</c>. An array's is element size × count.</summary>
    public long? ByteSize { get; init; }
    /// <summary>Pointee, qualified or aliased type, array element, enum's underlying type, or a function type's return type.</summary>
    public TypeId Target { get; init; }
    public BaseEncoding Encoding { get; init; }
    /// <summary>Elements of an array's outermost dimension (each dimension is an Array of its own); null when the bound is open (<c>[]</c>).</summary>
    public long? ElementCount { get; init; }
    /// <summary>
    /// A struct, union or enum that is only named here (behind a pointer, or never defined in that unit). Its definition is found by
    /// kind and name: <see cref="IKernelModel.Definitions"/>.
    /// </summary>
    public bool IsReference { get; init; }
    public SourceLocation? DeclaredAt { get; init; }
    /// <summary>Members of a struct or union, in order of declaration. Offsets count from the start of this type.</summary>
    public IReadOnlyList<MemberInfo> Members { get; init; } = [];
    public IReadOnlyList<EnumeratorInfo> Enumerators { get; init; } = [];
    /// <summary>Parameter types of a function type.</summary>
    public IReadOnlyList<TypeId> Parameters { get; init; } = [];
    /// <summary>The first module that defines it: <c>vmlinux</c>, or a module's name as the kernel prints it (<c>nvme_core</c>).</summary>
    public string Module { get; init; } = "";
}

/// <summary>A member of a struct or union. An anonymous struct or union has an empty name.</summary>
/// <param name="ByteOffset">Bytes from the start of the type that declares it; of a bit-field, the byte that holds its first bit in memory order.</param>
/// <param name="BitOffset">Bit-field only: bits from the start of the declaring type (DW_AT_data_bit_offset's counting, DWARF 5 §5.7.6).</param>
/// <param name="BitSize">Bit-field only: width in bits.</param>
public sealed record MemberInfo(string Name, TypeId Type, long ByteOffset, long? BitOffset, int? BitSize)
{
    public bool IsBitField => BitSize is not null;
}

public sealed record EnumeratorInfo(string Name, long Value);
