using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>One attribute of an abbreviation: where its value goes in <see cref="DieValues"/>, and how it is written.</summary>
/// <param name="Slot">Index into <see cref="DieValues"/>; <see cref="DieSlot.Ignored"/> for attributes nobody asks for.</param>
/// <param name="Size">Bytes that the form takes in this unit; -1 when that varies.</param>
public readonly record struct AttributeSpec(DieSlot Slot, DwForm Form, int Size, long ImplicitConst);

/// <summary>One declaration of .debug_abbrev (DWARF 5 §7.5.3), prepared for reading many DIEs.</summary>
/// <param name="FixedSize">Bytes of all attributes together when every form has a fixed size, else -1: lets a DIE be skipped in one step.</param>
public sealed record Abbreviation(DwTag Tag, bool HasChildren, AttributeSpec[] Attributes, int FixedSize);

/// <summary>The abbreviations of a unit, indexed by code.</summary>
public sealed class AbbreviationTable
{
    // Compilers number codes from 1 without gaps; a table with a code above this is kept in the dictionary.
    private const int DenseLimit = 4096;
    private readonly Abbreviation?[] _dense;
    private readonly Dictionary<ulong, Abbreviation> _sparse = [];

    private AbbreviationTable(Abbreviation?[] dense, Dictionary<ulong, Abbreviation> sparse)
    {
        _dense = dense;
        _sparse = sparse;
    }

    /// <summary>The abbreviation of that code; null when the unit declares none.</summary>
    public Abbreviation? Find(ulong code)
        => code < (ulong)_dense.Length ? _dense[code] : _sparse.GetValueOrDefault(code);

    public static AbbreviationTable Read(DwarfSections sections, in DwarfUnit unit)
    {
        ByteReader reader = sections.Reader(sections.Abbrev, ".debug_abbrev");
        reader.Position = (int)unit.AbbrevOffset;
        var dense = new Abbreviation?[256];
        var sparse = new Dictionary<ulong, Abbreviation>();
        var specs = new List<AttributeSpec>();
        while (true)
        {
            int at = reader.Position;
            ulong code = reader.ReadUleb();
            if (code == 0) { return new AbbreviationTable(dense, sparse); }
            ulong tag = reader.ReadUleb();
            bool children = reader.ReadByte() != 0;
            specs.Clear();
            int fixedSize = 0;
            while (true)
            {
                int specAt = reader.Position;
                ulong attribute = reader.ReadUleb(), form = reader.ReadUleb();
                if (attribute == 0 && form == 0) { break; }
                if (form > ushort.MaxValue || !DieReader.IsKnownForm((DwForm)form)) { throw reader.Fault(specAt, $"unknown form 0x{form:x} (attribute 0x{attribute:x})"); }
                long constant = (DwForm)form == DwForm.ImplicitConst ? reader.ReadSleb() : 0;
                int size = DieReader.FixedSize((DwForm)form, unit);
                specs.Add(new AttributeSpec(DieSlots.Of(attribute), (DwForm)form, size, constant));
                fixedSize = fixedSize < 0 || size < 0 ? -1 : fixedSize + size;
            }

            var abbreviation = new Abbreviation(tag <= ushort.MaxValue ? (DwTag)tag : DwTag.None, children, specs.ToArray(), fixedSize);
            if (code < DenseLimit)
            {
                if (code >= (ulong)dense.Length) { Array.Resize(ref dense, (int)Math.Max(code + 1, (ulong)dense.Length * 2)); }
                if (dense[code] is not null) { throw reader.Fault(at, $"abbreviation code {code} is declared twice"); }
                dense[code] = abbreviation;
            }
            else if (!sparse.TryAdd(code, abbreviation)) { throw reader.Fault(at, $"abbreviation code {code} is declared twice"); }
        }
    }
}
