namespace DebugInfoFetch.Formats.Btf;

/// <summary>A type record (struct btf_type): name, kind, and size or referenced type.</summary>
/// <param name="File">The BTF that holds it; that of the base for a type of the base.</param>
/// <param name="At">Bytes from the start of that BTF's type section.</param>
/// <param name="NameOffset">Into the strings; 0 for what has no name.</param>
/// <param name="Info">vlen in bits 0-15, kind in bits 24-28, kind_flag in bit 31.</param>
/// <param name="SizeOrType">Bytes of what has a size, else the number of the type that is referred to.</param>
public readonly record struct BtfType(BtfFile File, int At, int NameOffset, uint Info, uint SizeOrType)
{
    internal const int HeaderSize = 12;

    public BtfKind Kind => (BtfKind)((Info >> 24) & 0x1f);
    public bool KindFlag => Info >> 31 != 0;

    /// <summary>How many members, enumerators, parameters or variables follow.</summary>
    public int Count => (int)(Info & 0xffff);
    public int Target => (int)SizeOrType;
    public long ByteSize => SizeOrType;
    public bool HasName => NameOffset != 0;
    public bool IsStructOrUnion => Kind is BtfKind.Struct or BtfKind.Union;

    /// <summary>Bytes of each of the <see cref="Count"/> things behind the record; of a kind that has none, of all that is behind it.</summary>
    internal static int PartSize(BtfKind kind) => kind switch
    {
        BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag => 4,
        BtfKind.Array or BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => 12,
        BtfKind.Enum or BtfKind.FunctionPrototype => 8,
        _ => 0,
    };

    internal static bool HasParts(BtfKind kind)
        => kind is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.FunctionPrototype or BtfKind.DataSection;
}

/// <param name="BitOffset">From the start of the struct.</param>
/// <param name="BitSize">0 for what is no bit-field.</param>
public readonly record struct BtfMember(int NameOffset, int Type, long BitOffset, int BitSize);

public readonly record struct BtfEnumerator(int NameOffset, long Value);

/// <summary>A parameter. The last one is <c>...</c> when it has neither name nor type.</summary>
public readonly record struct BtfParameter(int NameOffset, int Type);

public readonly record struct BtfArray(int Element, int IndexType, uint ElementCount);

/// <param name="Encoding">BTF_INT_SIGNED 1, BTF_INT_CHAR 2, BTF_INT_BOOL 4.</param>
/// <param name="BitOffset">Where the value's bits begin in its storage; not 0 only for bit-fields of old encoders.</param>
public readonly record struct BtfInt(int Encoding, int BitOffset, int BitSize)
{
    public bool IsSigned => (Encoding & 1) != 0;
    public bool IsBool => (Encoding & 4) != 0;
}

/// <summary>A variable of a section (struct btf_var_secinfo).</summary>
/// <param name="Offset">Bytes from the section's start.</param>
public readonly record struct BtfSectionVariable(int Variable, uint Offset, uint ByteSize);
