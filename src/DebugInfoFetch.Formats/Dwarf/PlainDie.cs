namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>
/// Where the values of a type, or of a part of one, stand in a DIE that has nothing but numbers of fixed size, and perhaps a name before them. Nearly all DIEs of types
/// are such, and these are most DIEs of a kernel: they are read without a look at each attribute.
/// </summary>
internal sealed class PlainDie
{
    /// <summary>Bytes that reading one may look at: the code, a name in the DIE, the values, and what a load takes beyond them.</summary>
    public const int Reach = 2 + sizeof(ulong) + MaxByteSize + AttributeRun.Slack;
    private const int MaxByteSize = 64;

    private PlainDie(bool isPart) => IsPart = isPart;

    /// <summary>A member, enumerator or parameter; else what has no other values than a type has.</summary>
    public bool IsPart { get; }

    /// <summary>The DIE begins with its name (DW_FORM_string); the values count from behind it.</summary>
    public bool BeginsWithName { get; private set; }

    public bool IsDeclaration { get; private set; }

    /// <summary>Bytes of the values.</summary>
    public int ByteSize { get; private set; }

    public PlainValue Name { get; private set; } = PlainValue.Absent(StringReference.None);
    public PlainValue Type { get; private set; } = PlainValue.Absent(0);

    /// <summary>A member's offset, an enumerator's value, a type's size.</summary>
    public PlainValue Number { get; private set; }

    public PlainValue File { get; private set; } = PlainValue.Absent(0);
    public PlainValue Line { get; private set; } = PlainValue.Absent(0);

    /// <summary>Null when a DIE says more, or otherwise.</summary>
    public static PlainDie? Of(DwTag tag, bool hasChildren, AttributeSpec[] attributes)
    {
        bool isPart = tag is DwTag.Member or DwTag.FormalParameter or DwTag.Enumerator;
        if (isPart && hasChildren) { return null; }
        var plain = new PlainDie(isPart) { Number = PlainValue.Absent(isPart ? 0 : ulong.MaxValue) };
        for (int i = 0; i < attributes.Length; i++)
        {
            ref readonly AttributeSpec spec = ref attributes[i];
            if (i == 0 && spec is { Slot: DieSlot.Name, Form: DwForm.String }) { plain.BeginsWithName = true; }
            else if (spec.Size < 0 || !plain.TryAdd(tag, spec)) { return null; }
        }

        return plain.ByteSize <= MaxByteSize ? plain : null;
    }

    private bool TryAdd(DwTag tag, in AttributeSpec spec)
    {
        int at = ByteSize;
        ByteSize += spec.Size;
        if (spec.Slot == DieSlot.Ignored) { return true; }
        if (PlainValue.Of(spec, at) is not { } value) { return false; }
        switch (spec.Slot)
        {
            case DieSlot.Name: Name = value; return true;
            case DieSlot.Type: Type = value; return true;
            case DieSlot.DataMemberLocation when tag == DwTag.Member: Number = value; return true;
            case DieSlot.ConstValue when tag == DwTag.Enumerator && spec.Form.IsConstant(): Number = value; return true;
            case DieSlot.ByteSize when !IsPart: Number = value; return true;
            case DieSlot.DeclFile: File = value; return true;
            case DieSlot.DeclLine: Line = value; return true;
            case DieSlot.Declaration when spec.Form == DwForm.FlagPresent: IsDeclaration = true; return true;
            default: return false;
        }
    }
}

/// <summary>What the DIE of a type says.</summary>
/// <param name="Name">A <see cref="StringReference"/>, or <see cref="StringReference.None"/>.</param>
/// <param name="Type">Offset from the unit's start of the type that it is made of; 0 for none.</param>
/// <param name="ByteSize">-1 when it has none.</param>
public readonly record struct TypeDie(ulong Name, ulong Type, long ByteSize, int File, int Line, byte Encoding, bool IsDeclaration);

/// <summary>Takes up the parts of a type.</summary>
public interface ITypeParts
{
    /// <param name="name">A <see cref="StringReference"/>, or <see cref="StringReference.None"/>.</param>
    /// <param name="type">Offset from the unit's start, less than the unit's size; 0 for none.</param>
    /// <param name="value">Byte offset of a member, value of an enumerator, else 0.</param>
    void Add(ulong name, int type, long value);
}
