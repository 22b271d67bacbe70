using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>The attributes that readers of kernels ask for; everything else is stepped over.</summary>
public enum DieSlot : byte
{
    Name, Type, ByteSize, DeclFile, DeclLine, DataMemberLocation, BitSize, DataBitOffset, BitOffset, Declaration, Encoding, UpperBound, Count,
    ConstValue, AbstractOrigin, Specification, LowPc, HighPc, Ranges, Location, CallFile, CallLine, EntryPc, External,
    StatementList, CompilationDirectory, Language, Producer, StringOffsetsBase, AddressBase, RangeListsBase, LocationListsBase,
    // Only of bodies: DieDetail.Bodies.
    FrameBase, CallReturnPc, CallPc, CallValue, CallOrigin, CallParameter,
    Length, Ignored = 0xff,
}

/// <summary>Which attributes a reader asks for.</summary>
public enum DieDetail : byte
{
    /// <summary>What describes types, functions and variables.</summary>
    Declarations,
    /// <summary>The same, and what describes the code inside functions.</summary>
    Bodies,
}

internal static class DieSlots
{
    /// <summary>The slot of an attribute in DIEs of a tag.</summary>
    public static DieSlot Of(ulong attribute, DwTag tag, DieDetail detail)
    {
        DieSlot slot = Of(attribute);
        if (detail == DieDetail.Bodies) { return slot == DieSlot.Ignored ? OfBody(attribute) : slot; }

        // Of parts of a type or prototype nobody asks where they are declared.
        bool isPart = tag is DwTag.Member or DwTag.FormalParameter or DwTag.Enumerator or DwTag.SubrangeType;
        return isPart && (slot is DieSlot.DeclFile or DieSlot.DeclLine) ? DieSlot.Ignored : slot;
    }

    /// <summary>Call sites by DWARF 5 (§3.4) and by the GNU extension that it was made of.</summary>
    private static DieSlot OfBody(ulong attribute) => (DwAttribute)Math.Min(attribute, ushort.MaxValue) switch
    {
        DwAttribute.FrameBase => DieSlot.FrameBase,
        DwAttribute.CallReturnPc => DieSlot.CallReturnPc,
        DwAttribute.CallPc => DieSlot.CallPc,
        DwAttribute.CallValue or DwAttribute.GnuCallSiteValue => DieSlot.CallValue,
        DwAttribute.CallOrigin => DieSlot.CallOrigin,
        DwAttribute.CallParameter => DieSlot.CallParameter,
        _ => DieSlot.Ignored,
    };

    private static DieSlot Of(ulong attribute) => (DwAttribute)Math.Min(attribute, ushort.MaxValue) switch
    {
        DwAttribute.Name => DieSlot.Name,
        DwAttribute.Type => DieSlot.Type,
        DwAttribute.ByteSize => DieSlot.ByteSize,
        DwAttribute.DeclFile => DieSlot.DeclFile,
        DwAttribute.DeclLine => DieSlot.DeclLine,
        DwAttribute.DataMemberLocation => DieSlot.DataMemberLocation,
        DwAttribute.BitSize => DieSlot.BitSize,
        DwAttribute.DataBitOffset => DieSlot.DataBitOffset,
        DwAttribute.BitOffset => DieSlot.BitOffset,
        DwAttribute.Declaration => DieSlot.Declaration,
        DwAttribute.Encoding => DieSlot.Encoding,
        DwAttribute.UpperBound => DieSlot.UpperBound,
        DwAttribute.Count => DieSlot.Count,
        DwAttribute.ConstValue => DieSlot.ConstValue,
        DwAttribute.AbstractOrigin => DieSlot.AbstractOrigin,
        DwAttribute.Specification => DieSlot.Specification,
        DwAttribute.LowPc => DieSlot.LowPc,
        DwAttribute.HighPc => DieSlot.HighPc,
        DwAttribute.Ranges => DieSlot.Ranges,
        DwAttribute.Location => DieSlot.Location,
        DwAttribute.CallFile => DieSlot.CallFile,
        DwAttribute.CallLine => DieSlot.CallLine,
        DwAttribute.EntryPc => DieSlot.EntryPc,
        DwAttribute.External => DieSlot.External,
        DwAttribute.StatementList => DieSlot.StatementList,
        DwAttribute.CompilationDirectory => DieSlot.CompilationDirectory,
        DwAttribute.Language => DieSlot.Language,
        DwAttribute.Producer => DieSlot.Producer,
        DwAttribute.StringOffsetsBase => DieSlot.StringOffsetsBase,
        DwAttribute.AddressBase => DieSlot.AddressBase,
        DwAttribute.RangeListsBase => DieSlot.RangeListsBase,
        DwAttribute.LocationListsBase => DieSlot.LocationListsBase,
        _ => DieSlot.Ignored,
    };
}

/// <summary>
/// The attribute values of one DIE. Reused from DIE to DIE: only <see cref="Clear"/> between them, no allocation.
/// A value's meaning depends on its form: see <see cref="DieReader"/>.
/// </summary>
public struct DieValues
{
    private ulong _present;
    private SlotArray _values;
    private FormArray _forms;

    public void Clear() => _present = 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(DieSlot slot) => (_present & (1ul << (int)slot)) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Get(DieSlot slot) => _values[(int)slot];

    public readonly ulong GetOr(DieSlot slot, ulong absent) => Has(slot) ? _values[(int)slot] : absent;
    public readonly DwForm Form(DieSlot slot) => Has(slot) ? _forms[(int)slot] : DwForm.None;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Set(DieSlot slot, ulong value, DwForm form)
    {
        Put(slot, value, form);
        Mark(1ul << (int)slot);
    }

    /// <summary>A value that counts once its slot is marked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Put(DieSlot slot, ulong value, DwForm form)
    {
        _values[(int)slot] = value;
        _forms[(int)slot] = form;
    }

    /// <param name="slots">A bit each, by its number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Mark(ulong slots) => _present |= slots;

    [InlineArray((int)DieSlot.Length)]
    private struct SlotArray { private ulong _first; }

    [InlineArray((int)DieSlot.Length)]
    private struct FormArray { private DwForm _first; }
}
