using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>
/// Where a DIE's values stand when all that is asked for are numbers of fixed size, but for a name that may stand in the DIE before them. Nearly all DIEs of types and
/// their parts are such, and these are most DIEs of a kernel: they are read without a look at each attribute.
/// </summary>
internal readonly record struct PlainDie(bool BeginsWithName, AttributeRun Run)
{
    /// <summary>Bytes that reading one may look at: the code, a name in the DIE, the values, and what a load takes beyond them.</summary>
    public const int Reach = 2 + sizeof(ulong) + MaxByteSize + AttributeRun.Slack;
    private const int MaxByteSize = 64;

    /// <summary>The value of a slot; one that is always <paramref name="absent"/> where the DIE has none.</summary>
    public PlainValue Value(DieSlot slot, ulong absent = 0)
    {
        int index = Array.FindIndex(Run.Values, value => value.Slot == slot);
        return index >= 0 ? Run.Values[index] : new PlainValue(slot, DwForm.None, 0, 0, absent);
    }

    /// <summary>Null when an attribute is not plain.</summary>
    public static PlainDie? Of(AttributeSpec[] attributes, AttributeRun[] runs)
    {
        bool beginsWithName = runs is [{ To: 1 }, _] && attributes[0] is { Slot: DieSlot.Name, Form: DwForm.String };
        return (runs.Length == 1 || beginsWithName) && runs[^1] is { EndsVarying: false, ByteSize: <= MaxByteSize } run ? new PlainDie(beginsWithName, run) : null;
    }
}

/// <summary>The values of a member, enumerator or parameter that has nothing but a name, a type and an offset or value.</summary>
internal sealed record PlainPart(bool BeginsWithName, int ByteSize, PlainValue Name, PlainValue Type, PlainValue Value)
{
    /// <summary>Null when it is none, or is not plain.</summary>
    public static PlainPart? Of(DwTag tag, bool hasChildren, AttributeSpec[] attributes, AttributeRun[] runs)
    {
        if (hasChildren || tag is not (DwTag.Member or DwTag.FormalParameter or DwTag.Enumerator)) { return null; }
        DieSlot value = tag == DwTag.Enumerator ? DieSlot.ConstValue : DieSlot.DataMemberLocation;
        return Array.TrueForAll(attributes, IsKnown) && PlainDie.Of(attributes, runs) is { } plain
            ? new(plain.BeginsWithName, plain.Run.ByteSize, plain.Value(DieSlot.Name, StringReference.None), plain.Value(DieSlot.Type), plain.Value(value))
            : null;

        bool IsKnown(AttributeSpec spec) => spec.Slot is DieSlot.Name or DieSlot.Type or DieSlot.Ignored || (spec.Slot == value && spec.Form.IsConstant());
    }
}

/// <summary>The values of a type.</summary>
internal sealed record PlainType(
    bool BeginsWithName, int ByteSize, PlainValue Name, PlainValue Type, PlainValue Size, PlainValue File, PlainValue Line, PlainValue Encoding, PlainValue Declaration)
{
    /// <summary>Null when it is not plain. Nobody asks for it of DIEs that are no types.</summary>
    public static PlainType? Of(AttributeSpec[] attributes, AttributeRun[] runs)
        => PlainDie.Of(attributes, runs) is { } plain
            ? new(
                plain.BeginsWithName, plain.Run.ByteSize, plain.Value(DieSlot.Name, StringReference.None), plain.Value(DieSlot.Type), plain.Value(DieSlot.ByteSize, ulong.MaxValue),
                plain.Value(DieSlot.DeclFile), plain.Value(DieSlot.DeclLine), plain.Value(DieSlot.Encoding), plain.Value(DieSlot.Declaration))
            : null;
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
