using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>One attribute of an abbreviation: where its value goes in <see cref="DieValues"/>, and how it is written.</summary>
/// <param name="Slot">Index into <see cref="DieValues"/>; <see cref="DieSlot.Ignored"/> for attributes nobody asks for.</param>
/// <param name="Size">Bytes that the form takes in this unit; -1 when that varies.</param>
public readonly record struct AttributeSpec(DieSlot Slot, DwForm Form, int Size, long ImplicitConst);

/// <summary>One declaration of .debug_abbrev (DWARF 5 §7.5.3), prepared for reading many DIEs.</summary>
/// <param name="FixedSize">Bytes of all attributes together when every form has a fixed size, else -1: lets a DIE be skipped in one step.</param>
public sealed record Abbreviation(DwTag Tag, bool HasChildren, AttributeSpec[] Attributes, int FixedSize)
{
    /// <summary>The location, if any, is one expression and no list: what has no such location has no fixed address.</summary>
    public bool HasLocationExpression { get; } = Array.Exists(
        Attributes, spec => spec.Slot == DieSlot.Location && spec.Form is DwForm.ExprLoc or DwForm.Block or DwForm.Block1 or DwForm.Block2 or DwForm.Block4 or DwForm.Indirect);
}

/// <summary>
/// The abbreviations of a unit, indexed by code. A table can be filled anew for the next unit: units of one compiler declare mostly the same
/// abbreviations, which are then not made again.
/// </summary>
public sealed class AbbreviationTable(DieDetail detail = DieDetail.Declarations)
{
    // Compilers number codes from 1 without gaps; a table with a code above this is kept in the dictionary.
    private const int DenseLimit = 4096;
    // Beyond this many different ones something is odd with the file; remembering them would only cost memory.
    private const int MaxRemembered = 1 << 14;
    private readonly Dictionary<ulong, Abbreviation> _sparse = [];
    private readonly Dictionary<ulong, Abbreviation> _seen = [];
    private readonly List<AttributeSpec> _specs = [];
    private Abbreviation?[] _dense = new Abbreviation?[256];
    private int _denseCount;

    /// <summary>The abbreviation of that code; null when the unit declares none.</summary>
    public Abbreviation? Find(ulong code)
        => code < (ulong)_dense.Length ? _dense[code] : _sparse.GetValueOrDefault(code);

    public static AbbreviationTable Read(DwarfSections sections, in DwarfUnit unit, DieDetail detail = DieDetail.Declarations)
    {
        var table = new AbbreviationTable(detail);
        table.Fill(sections, unit);
        return table;
    }

    /// <summary>Forgets the unit before and reads another's declarations.</summary>
    public void Fill(DwarfSections sections, in DwarfUnit unit)
    {
        Array.Clear(_dense, 0, _denseCount);
        _denseCount = 0;
        _sparse.Clear();
        ByteReader reader = sections.Reader(sections.Abbrev, ".debug_abbrev");
        reader.Position = (int)unit.AbbrevOffset;
        while (true)
        {
            int at = reader.Position;
            ulong code = reader.ReadUleb();
            if (code == 0) { return; }
            Abbreviation abbreviation = ReadDeclaration(ref reader, unit);
            if (code < DenseLimit)
            {
                if (code >= (ulong)_dense.Length) { Array.Resize(ref _dense, (int)Math.Max(code + 1, (ulong)_dense.Length * 2)); }
                if (_dense[code] is not null) { throw reader.Fault(at, $"abbreviation code {code} is declared twice"); }
                _dense[code] = abbreviation;
                _denseCount = Math.Max(_denseCount, (int)code + 1);
            }
            else if (!_sparse.TryAdd(code, abbreviation)) { throw reader.Fault(at, $"abbreviation code {code} is declared twice"); }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Abbreviation ReadDeclaration(ref ByteReader reader, in DwarfUnit unit)
    {
        ulong tag = reader.ReadUleb();
        bool children = reader.ReadByte() != 0;
        _specs.Clear();
        int fixedSize = 0;
        ulong key = Mix(Mix(tag, children ? 1u : 0u), ((ulong)unit.Version << 16) | ((ulong)unit.OffsetSize << 8) | unit.AddressSize);
        while (true)
        {
            int specAt = reader.Position;
            ulong attribute = reader.ReadUleb(), form = reader.ReadUleb();
            if (attribute == 0 && form == 0) { break; }
            if (form > ushort.MaxValue || !DieReader.IsKnownForm((DwForm)form)) { throw reader.Fault(specAt, $"unknown form 0x{form:x} (attribute 0x{attribute:x})"); }
            long constant = (DwForm)form == DwForm.ImplicitConst ? reader.ReadSleb() : 0;
            int size = DieReader.FixedSize((DwForm)form, unit);
            AddSpec(DieSlots.Of(attribute, (DwTag)tag, detail), (DwForm)form, size, constant);
            key = Mix(Mix(key, (attribute << 16) | form), (ulong)constant);
            fixedSize = fixedSize < 0 || size < 0 ? -1 : fixedSize + size;
        }

        var dwTag = tag <= ushort.MaxValue ? (DwTag)tag : DwTag.None;
        // The key only finds; whether it is the same is compared.
        if (_seen.TryGetValue(key, out Abbreviation? seen) && seen.Tag == dwTag && seen.HasChildren == children
            && seen.Attributes.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(_specs)))
        {
            return seen;
        }

        var abbreviation = new Abbreviation(dwTag, children, [.. _specs], fixedSize);
        if (_seen.Count < MaxRemembered) { _seen[key] = abbreviation; }
        return abbreviation;
    }

    /// <summary>What nobody asks for is stepped over, neighbours of fixed size in one step.</summary>
    private void AddSpec(DieSlot slot, DwForm form, int size, long constant)
    {
        if (slot != DieSlot.Ignored)
        {
            _specs.Add(new AttributeSpec(slot, form, size, constant));
        }
        else if (size >= 0 && _specs.Count > 0 && _specs[^1] is { Slot: DieSlot.Ignored, Size: >= 0 and int before })
        {
            _specs[^1] = new AttributeSpec(DieSlot.Ignored, DwForm.None, before + size, 0);
        }
        else if (size != 0)
        {
            _specs.Add(new AttributeSpec(DieSlot.Ignored, form, size, 0));
        }
    }

    private static ulong Mix(ulong hash, ulong value) => ulong.RotateLeft((hash ^ value) * 0x9e3779b97f4a7c15, 29);
}
