using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>A definition's DIE, and a key: equal keys of one file are definitions of the same content.</summary>
internal readonly record struct SkimmedDefinition(int Offset, ulong Key);

/// <summary>
/// Steps over the DIEs of a unit and stops only at definitions of one name. Of these it tells by a key which are the same, so that of a type that a
/// thousand units repeat one unit has to be scanned. The key is made of everything that <see cref="UnitTypes"/> looks at, by the same rule of what is
/// meant by value and what by its name: content that differs there differs here. The converse need not hold, and costs one more scan.
/// </summary>
internal ref struct DefinitionSkim
{
    // As in UnitTypes: deeper by value is no C.
    private const int MaxDepth = 256;
    private readonly DwarfSections _sections;
    private readonly Dictionary<long, ulong> _keys;
    private DieReader _reader;
    private DieValues _values;

    private DefinitionSkim(SearchedFile file, in DwarfUnit unit, AbbreviationTable abbreviations, Dictionary<long, ulong> keys)
    {
        _sections = file.Sections;
        _keys = keys;
        _reader = new DieReader(file.Sections, unit, abbreviations);
    }

    /// <returns>False when the unit must be scanned to tell, or to say what is wrong with it.</returns>
    /// <param name="keys">Reused from unit to unit.</param>
    public static bool TryRead(
        SearchedFile file, in DwarfUnit unit, NameTrace name, AbbreviationTable abbreviations, Dictionary<long, ulong> keys,
        List<SkimmedDefinition> found)
    {
        found.Clear();
        // Indexed strings need the unit's bases.
        if (!file.Sections.StrOffsets.IsEmpty) { return false; }
        keys.Clear();
        abbreviations.Fill(file.Sections, unit);
        var skim = new DefinitionSkim(file, unit, abbreviations, keys);
        try
        {
            return skim.Find(name, found) && skim.AddKeys(found);
        }
        catch (InputFaultException)
        {
            // Whether it matters, the scan says.
            return false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Find(NameTrace name, List<SkimmedDefinition> found)
    {
        if (_reader.ReadAbbreviation() is not { Tag: DwTag.CompileUnit or DwTag.PartialUnit } unit) { return false; }
        _reader.Read(unit, ref _values);
        if (!UnitHeaderValues.IsLanguageC(_values.GetOr(DieSlot.Language, 0)) || !unit.HasChildren) { return true; }
        for (int depth = 1; depth > 0 && !_reader.AtEnd;)
        {
            int offset = _reader.NextOffset;
            if (_reader.ReadAbbreviation() is not { } abbreviation)
            {
                depth--;
                continue;
            }

            if (UnitScanner.KindOf(abbreviation.Tag) is TypeKind.Struct or TypeKind.Union or TypeKind.Enum or TypeKind.Typedef)
            {
                _reader.Read(abbreviation, ref _values);
                if (_values.Has(DieSlot.Name) && _values.GetOr(DieSlot.Declaration, 0) == 0 && name.Is(_values.Get(DieSlot.Name))) { found.Add(new SkimmedDefinition(offset, 0)); }
            }
            else { _reader.Skip(abbreviation); }

            if (abbreviation.HasChildren) { depth++; }
        }

        return true;
    }

    private bool AddKeys(List<SkimmedDefinition> found)
    {
        for (int i = 0; i < found.Count; i++)
        {
            ulong key = KeyOf(found[i].Offset, byReference: false, 0);
            if (key == 0) { return false; }
            found[i] = found[i] with { Key = key };
        }

        return true;
    }

    /// <summary>A key of the type at a unit offset; 0 when there is none that could be told.</summary>
    private ulong KeyOf(int offset, bool byReference, int depth)
    {
        if (offset == 0) { return 1; }
        if (depth > MaxDepth) { return 0; }
        long place = ((long)offset << 1) | (byReference ? 1u : 0u);
        if (_keys.TryGetValue(place, out ulong known)) { return known; }
        _reader.NextOffset = offset;
        if (_reader.ReadAbbreviation() is not { } abbreviation || UnitScanner.KindOf(abbreviation.Tag) is not { } kind) { return 0; }
        _reader.Read(abbreviation, ref _values);
        bool isTagged = kind is TypeKind.Struct or TypeKind.Union or TypeKind.Enum;
        ulong key = OwnKey(abbreviation.Tag);
        if (byReference && isTagged && _values.Has(DieSlot.Name)) { key = ContentHash.Mix(ContentHash.Mix((ulong)kind, NameKey()), 0x7265666572656e63); }
        else
        {
            int target = Target(), children = _reader.NextOffset;
            bool inside = kind is TypeKind.Pointer or TypeKind.Function || (byReference && !isTagged);
            ulong targetKey = KeyOf(target, inside, depth + 1);
            if (targetKey == 0) { return 0; }
            key = ContentHash.Mix(key, targetKey);
            if (abbreviation.HasChildren)
            {
                key = AddParts(key, children, byReference: kind is TypeKind.Function || (kind == TypeKind.Array && byReference), depth);
                if (key == 0) { return 0; }
            }
        }

        key |= 1ul << 63;
        _keys.TryAdd(place, key);
        return key;
    }

    private ulong AddParts(ulong key, int first, bool byReference, int depth)
    {
        for (int next = first; ;)
        {
            _reader.NextOffset = next;
            if (_reader.ReadAbbreviation() is not { } abbreviation) { return key; }
            if (abbreviation.Tag is not (DwTag.Member or DwTag.FormalParameter or DwTag.UnspecifiedParameters or DwTag.Enumerator or DwTag.SubrangeType))
            {
                // A type that is declared inside: what refers to it leads there.
                SkipWithChildren(abbreviation);
                next = _reader.NextOffset;
                continue;
            }

            if (abbreviation.HasChildren) { return 0; }
            _reader.Read(abbreviation, ref _values);
            next = _reader.NextOffset;
            key = ContentHash.Mix(key, OwnKey(abbreviation.Tag));
            // A dimension's own type is that of its index.
            if (abbreviation.Tag == DwTag.SubrangeType) { continue; }
            ulong type = KeyOf(Target(), byReference, depth + 1);
            if (type == 0) { return 0; }
            key = ContentHash.Mix(key, type);
        }
    }

    private void SkipWithChildren(Abbreviation abbreviation)
    {
        _reader.Skip(abbreviation);
        for (int depth = abbreviation.HasChildren ? 1 : 0; depth > 0;)
        {
            if (_reader.ReadAbbreviation() is not { } inside) { depth--; continue; }
            _reader.Skip(inside);
            if (inside.HasChildren) { depth++; }
        }
    }

    /// <summary>What a DIE says itself, but for what it refers to and where it is declared.</summary>
    private readonly ulong OwnKey(DwTag tag)
    {
        ulong key = ContentHash.Mix((ulong)tag, NameKey());
        foreach (DieSlot slot in Content)
        {
            if (!_values.Has(slot)) { continue; }
            DwForm form = _values.Form(slot);
            key = ContentHash.Mix(key, ((ulong)slot << 32) | (ulong)form);
            // Blocks are values of where they stand: what they say is not compared, and a type with one is its unit's own.
            key = ContentHash.Mix(key, _values.Get(slot));
        }

        return key;
    }

    private static ReadOnlySpan<DieSlot> Content =>
    [
        DieSlot.ByteSize, DieSlot.DataMemberLocation, DieSlot.BitSize, DieSlot.DataBitOffset, DieSlot.BitOffset, DieSlot.Declaration, DieSlot.Encoding, DieSlot.UpperBound,
        DieSlot.Count, DieSlot.ConstValue,
    ];

    /// <summary>Within one file a string is told by its offset; short ones stand in the DIE and are told by their text.</summary>
    private readonly ulong NameKey()
    {
        if (!_values.Has(DieSlot.Name)) { return 0; }
        ulong name = _values.Get(DieSlot.Name);
        return new StringReference(name) is { IsInline: true } text ? ContentHash.Of(text.Read(_sections)) : name;
    }

    private readonly int Target()
        => _values.Has(DieSlot.Type) && _values.Get(DieSlot.Type) is var target && target <= int.MaxValue ? (int)target : 0;
}
