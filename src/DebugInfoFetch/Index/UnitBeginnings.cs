using System.Buffers.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// Beginnings of units that other units repeat. modpost gives each module a unit NAME.mod.c, which is the same headers but for its end: in a package of
/// thousands of modules these are a tenth of all debug information, in a dozen kinds. What stands in the beginning of one is taken over from the one scanned before.
/// </summary>
internal sealed class UnitBeginnings
{
    private const int Most = 16;
    private static ReadOnlySpan<byte> RepeatedName => ".mod.c"u8;
    private readonly List<UnitBeginning> _known = [];

    /// <summary>The one that a unit may begin with, as its abbreviations are the same; null when there is none.</summary>
    public UnitBeginning? Find(DwarfSections sections, in DwarfUnit unit)
    {
        foreach (UnitBeginning beginning in _known)
        {
            if (beginning.HasAbbreviationsOf(sections, unit)) { return beginning; }
        }

        return null;
    }

    /// <summary>Keeps the beginning of a unit whose types have been hashed, where others will have the same.</summary>
    /// <param name="name">DW_AT_name.</param>
    public void Keep(DwarfSections sections, in DwarfUnit unit, ReadOnlySpan<byte> name, FileStrings strings, UnitNodes nodes)
    {
        if (!name.EndsWith(RepeatedName) || _known.Count == Most || !UnitBeginning.CanBeOf(sections, unit) || Find(sections, unit) is not null) { return; }
        _known.Add(new UnitBeginning(sections, unit, strings, nodes));
    }
}

/// <summary>
/// A unit's DIEs up to the first that describes no type and is no declaration of a variable: the bytes, what the scan made of them, and where their strings are. A unit
/// with the same bytes and equal strings has the same types.
/// </summary>
internal sealed class UnitBeginning
{
    // What a name is, other than the string at an index of _strings.
    private const int None = -1, Inline = -2;

    private readonly byte[] _unit, _abbreviations;
    private readonly int _unitOffset, _firstChild;
    private readonly ushort _version;
    private readonly byte _addressSize;
    private readonly List<(int At, ulong Hash)> _strings = [];
    // Between two DIEs below the unit's own, so that nothing before refers to anything behind; with how many nodes stand before.
    private readonly List<(int Offset, int Types, int Parts, int Variables)> _ends = [];
    private readonly TypeNode[] _types;
    private readonly PartNode[] _parts;
    private readonly VariableNode[] _variables;
    private readonly int[] _typeNames, _partNames, _variableNames;
    // By index of _strings: where the unit that is compared has them.
    private readonly ulong[] _references;

    /// <param name="nodes">What the scan made of the unit.</param>
    public UnitBeginning(DwarfSections sections, in DwarfUnit unit, FileStrings strings, UnitNodes nodes)
    {
        Abbreviations = AbbreviationTable.Read(sections, unit);
        _unit = sections.Info.Span[unit.Offset..unit.End].ToArray();
        _abbreviations = sections.Abbrev.Span.Slice((int)unit.AbbrevOffset, Abbreviations.ByteSize).ToArray();
        (_unitOffset, _version, _addressSize) = (unit.Offset, unit.Version, unit.AddressSize);
        var stringAt = new Dictionary<ulong, int>();
        _firstChild = Walk(sections, unit, strings, stringAt);
        (int _, int types, int parts, int variables) = _ends.Count > 0 ? _ends[^1] : default;
        _types = nodes.Types.AsSpan()[..types].ToArray();
        _parts = nodes.Parts.AsSpan()[..parts].ToArray();
        _variables = nodes.Variables.AsSpan()[..variables].ToArray();
        _typeNames = Array.ConvertAll(_types, node => NameOf(node.Name));
        _partNames = Array.ConvertAll(_parts, node => NameOf(node.Name));
        _variableNames = Array.ConvertAll(_variables, node => NameOf(node.Name));
        _references = new ulong[_strings.Count];

        int NameOf(ulong name) => name == StringReference.None ? None : stringAt.TryGetValue(name, out int index) ? index : Inline;
    }

    public AbbreviationTable Abbreviations { get; }

    /// <summary>Strings are compared where little-endian offsets of four bytes stand, as they do in kernels.</summary>
    public static bool CanBeOf(DwarfSections sections, in DwarfUnit unit) => unit.OffsetSize == sizeof(uint) && !sections.IsBigEndian;

    public bool HasAbbreviationsOf(DwarfSections sections, in DwarfUnit unit)
        => unit.Version == _version && unit.AddressSize == _addressSize && CanBeOf(sections, unit)
            && sections.Abbrev.Span[(int)unit.AbbrevOffset..].StartsWith(_abbreviations);

    /// <summary>Adds the nodes of what a unit has in common with this one.</summary>
    /// <param name="firstChild">Offset of the unit's first DIE below its own.</param>
    /// <returns>Offset of the first DIE that is still to be scanned.</returns>
    public int AddTo(UnitNodes nodes, DwarfSections sections, in DwarfUnit unit, int firstChild, FileStrings strings)
    {
        if (firstChild != _firstChild) { return firstChild; }
        int common = CommonLength(sections.Info.Span[unit.Offset..unit.End], strings);
        (int end, int types, int parts, int variables) = _ends.FindLast(e => e.Offset <= common);
        if (end == 0) { return firstChild; }
        int moved = unit.Offset - _unitOffset;
        for (int i = 0; i < types; i++)
        {
            ref TypeNode node = ref nodes.AddType(_types[i].Offset);
            node = _types[i];
            node.Name = Name(node.Name, _typeNames[i], moved);
        }

        for (int i = 0; i < parts; i++)
        {
            ref PartNode node = ref nodes.Parts.Add();
            node = _parts[i];
            node.Name = Name(node.Name, _partNames[i], moved);
        }

        // The last type before the end has all its parts, and none behind: they are its children.
        for (int i = 0; i < variables; i++)
        {
            VariableNode node = _variables[i];
            nodes.Add(node with { Name = Name(node.Name, _variableNames[i], moved) });
        }

        return end;
    }

    private ulong Name(ulong own, int name, int moved) => name switch
    {
        None => own,
        Inline => StringReference.InInfo(new StringReference(own).Offset + (ulong)moved),
        _ => _references[name],
    };

    /// <summary>Bytes from the start of both units that are the same, but for where equal strings stand.</summary>
    private int CommonLength(ReadOnlySpan<byte> other, FileStrings strings)
    {
        int from = _firstChild;
        for (int i = 0; i < _strings.Count; i++)
        {
            (int at, ulong hash) = _strings[i];
            if (at + sizeof(uint) > other.Length || !other[from..at].SequenceEqual(_unit.AsSpan(from..at))) { break; }
            ulong reference = StringReference.InStr(BinaryPrimitives.ReadUInt32LittleEndian(other[at..]));
            if (strings.Hash(reference) != hash) { return at; }
            _references[i] = reference;
            from = at + sizeof(uint);
        }

        return from + other[from..].CommonPrefixLength(_unit.AsSpan(from));
    }

    /// <summary>Finds strings and ends.</summary>
    /// <returns>Offset of the first DIE below the unit's own.</returns>
    private int Walk(DwarfSections sections, in DwarfUnit unit, FileStrings strings, Dictionary<ulong, int> stringAt)
    {
        var reader = new DieReader(sections, unit, Abbreviations);
        DieValues values = default;
        if (!reader.ReadUnitDie(ref values).HasChildren) { return 0; }
        int first = reader.NextOffset, furthest = 0, types = 0, parts = 0, variables = 0;
        for (int depth = 1; !reader.AtEnd;)
        {
            int offset = reader.NextOffset;
            if (depth == 1 && furthest < offset) { _ends.Add((offset, types, parts, variables)); }
            if (reader.ReadAbbreviation() is not { } abbreviation)
            {
                if (--depth == 0) { break; }
                continue;
            }

            // The parts of a type with another one inside do not stand in the order of their DIEs.
            if (depth == 1 && UnitScanner.KindOf(abbreviation.Tag) is not null) { types++; }
            else if (abbreviation.Tag is DwTag.Member or DwTag.Enumerator or DwTag.SubrangeType or DwTag.FormalParameter) { parts++; }
            else if (abbreviation.Tag == DwTag.Variable && depth == 1) { variables++; }
            else if (abbreviation.Tag != DwTag.UnspecifiedParameters) { break; }
            foreach (ref readonly AttributeSpec spec in abbreviation.Attributes.AsSpan())
            {
                int at = reader.NextOffset;
                reader.Skip(spec);
                if (spec.Slot == DieSlot.Ignored) { continue; }
                uint value = spec.Size == sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(_unit.AsSpan(at)) : 0;
                if (spec.Form == DwForm.Ref4) { furthest = Math.Max(furthest, (int)Math.Min(value, int.MaxValue)); }
                else if (spec.Form == DwForm.Strp)
                {
                    ulong reference = StringReference.InStr(value);
                    stringAt.TryAdd(reference, _strings.Count);
                    _strings.Add((at, strings.Hash(reference)));
                }
                else if (!IsPlain(spec.Form) && !IsRegister(spec.Form, _unit.AsSpan(at, reader.NextOffset - at))) { return first; }
            }

            if (abbreviation.HasChildren) { depth++; }
        }

        return first;
    }

    /// <summary>The value is the same wherever the same bytes stand, or (a string in the DIE) as far from the unit's start.</summary>
    private static bool IsPlain(DwForm form) => form.IsConstant() || form is DwForm.Flag or DwForm.FlagPresent or DwForm.String;

    /// <summary>The place of a variable that is a register by name, such as x86's current_stack_pointer.</summary>
    private static bool IsRegister(DwForm form, ReadOnlySpan<byte> value)
        => form == DwForm.ExprLoc && value is [1, >= (byte)DwOp.Reg0 and <= (byte)DwOp.Reg31];
}
