using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>One attribute of an abbreviation: where its value goes in <see cref="DieValues"/>, and how it is written.</summary>
/// <param name="Slot">Index into <see cref="DieValues"/>; <see cref="DieSlot.Ignored"/> for attributes nobody asks for.</param>
/// <param name="Size">Bytes that the form takes in this unit; -1 when that varies.</param>
public readonly record struct AttributeSpec(DieSlot Slot, DwForm Form, int Size, long ImplicitConst);

/// <summary>One declaration of .debug_abbrev (DWARF 5 §7.5.3), prepared for reading many DIEs.</summary>
public sealed class Abbreviation
{
    private AttributeRun[]? _runs;

    public Abbreviation(DwTag tag, bool hasChildren, AttributeSpec[] attributes, int fixedSize)
    {
        (Tag, HasChildren, Attributes, FixedSize) = (tag, hasChildren, attributes, fixedSize);
        Plain = PlainDie.Of(tag, hasChildren, attributes);
        HasLocationExpression = Array.Exists(attributes, spec => spec.Slot == DieSlot.Location && (spec.Form.IsBlock() || spec.Form == DwForm.Indirect));
    }

    public DwTag Tag { get; }
    public bool HasChildren { get; }
    public AttributeSpec[] Attributes { get; }

    /// <summary>Bytes of all attributes together when every form has a fixed size, else -1: lets a DIE be skipped in one step.</summary>
    public int FixedSize { get; }

    /// <summary>The location, if any, is one expression and no list: what has no such location has no fixed address.</summary>
    public bool HasLocationExpression { get; }

    /// <summary>The attributes in stretches that are read at once. Made when they are first asked for: of most types they never are.</summary>
    internal AttributeRun[] Runs => _runs ??= AttributeRun.Of(Attributes);

    /// <summary>How a DIE of a type, or of a part of one, is read at once; null when it cannot be.</summary>
    internal PlainDie? Plain { get; }
}

/// <summary>
/// Neighbouring attributes of fixed size: where each value stands is known beforehand, so that reading is one check of the end and a load a value. Nine of ten
/// DIEs of a kernel are a single run.
/// </summary>
/// <param name="From">Index of the first attribute.</param>
/// <param name="To">Index behind the last attribute, the varying one if there is any.</param>
/// <param name="ByteSize">Bytes of all attributes but the varying one.</param>
/// <param name="EndsVarying">The last attribute is none of fixed size, or one whose value is no plain number: it is read by its form.</param>
internal readonly record struct AttributeRun(int From, int To, int ByteSize, bool EndsVarying, PlainValue[] Values, ulong Slots)
{
    /// <summary>Bytes that a load may take beyond the run's own.</summary>
    public const int Slack = sizeof(ulong);

    public static AttributeRun[] Of(AttributeSpec[] attributes)
    {
        List<AttributeRun> runs = [];
        List<PlainValue> values = [];
        int from = 0, size = 0;
        ulong slots = 0;
        for (int i = 0; i < attributes.Length; i++)
        {
            AttributeSpec spec = attributes[i];
            PlainValue? plain = PlainValue.Of(spec, size);
            if (plain is { } value)
            {
                values.Add(value);
                slots |= 1ul << (int)spec.Slot;
            }

            bool isVarying = spec.Size < 0 || (plain is null && spec.Slot != DieSlot.Ignored);
            if (!isVarying) { size += spec.Size; }
            if (!isVarying && i + 1 < attributes.Length) { continue; }
            runs.Add(new AttributeRun(from, i + 1, size, isVarying, [.. values], slots));
            values.Clear();
            (from, size, slots) = (i + 1, 0, 0);
        }

        return [.. runs];
    }
}

/// <summary>A value that is a little-endian number of 1, 2, 4 or 8 bytes, or none of the DIE's own: <c>(the eight bytes at At &amp; Mask) | Bits</c>.</summary>
/// <param name="At">Bytes from the run's start.</param>
internal readonly record struct PlainValue(DieSlot Slot, DwForm Form, int At, ulong Mask, ulong Bits)
{
    /// <summary>What is the same in all DIEs, since none has it.</summary>
    public static PlainValue Absent(ulong value) => new(DieSlot.Ignored, DwForm.None, 0, 0, value);

    public static PlainValue? Of(in AttributeSpec spec, int at)
    {
        if (spec.Slot == DieSlot.Ignored) { return null; }
        ulong mask = spec.Size switch { 1 => byte.MaxValue, 2 => ushort.MaxValue, 4 => uint.MaxValue, 8 => ulong.MaxValue, _ => 0 };
        return spec.Form switch
        {
            DwForm.ImplicitConst => new(spec.Slot, spec.Form, at, 0, (ulong)spec.ImplicitConst),
            DwForm.FlagPresent => new(spec.Slot, spec.Form, at, 0, 1),
            DwForm.Strp => new(spec.Slot, spec.Form, at, StringReference.InStr(mask), StringReference.InStr(0)),
            DwForm.LineStrp => new(spec.Slot, spec.Form, at, StringReference.InStr(mask), StringReference.InLineStr(0)),
            DwForm.Data1 or DwForm.Data2 or DwForm.Data4 or DwForm.Data8 or DwForm.Flag or DwForm.Ref1 or DwForm.Ref2 or DwForm.Ref4 or DwForm.Ref8 or DwForm.SecOffset
                => new(spec.Slot, spec.Form, at, mask, 0),
            DwForm.Addr when mask != 0 => new(spec.Slot, spec.Form, at, mask, 0),
            _ => null,
        };
    }

    /// <param name="run">The run's first byte; <see cref="AttributeRun.Slack"/> bytes may be read behind the run.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong In(ref readonly byte run) => (Unsafe.ReadUnaligned<ulong>(in Unsafe.Add(ref Unsafe.AsRef(in run), At)) & Mask) | Bits;
}

/// <summary>
/// The abbreviations of a unit, indexed by code. A table can be filled anew for the next unit: units of one compiler declare mostly the same
/// abbreviations, which are then not made again.
/// </summary>
/// <param name="isReused">It will be filled for many units.</param>
public sealed class AbbreviationTable(DieDetail detail = DieDetail.Declarations, bool isReused = true)
{
    // Compilers number codes from 1 without gaps; a table with a code above this is kept in the dictionary.
    private const int DenseLimit = 4096;
    private readonly Dictionary<ulong, Abbreviation> _sparse = [];
    private readonly DeclarationMemo? _seen = isReused ? new() : null;
    private readonly List<AttributeSpec> _specs = [];
    private Abbreviation?[] _dense = new Abbreviation?[256];
    private int _denseCount;

    /// <summary>Bytes of the unit's declarations.</summary>
    public int ByteSize { get; private set; }

    /// <summary>By code, as far as codes are small. A longer array than there are codes.</summary>
    internal ReadOnlySpan<Abbreviation?> Dense => _dense;

    /// <summary>The abbreviation of that code; null when the unit declares none.</summary>
    public Abbreviation? Find(ulong code)
        => code < (ulong)_dense.Length ? _dense[code] : _sparse.GetValueOrDefault(code);

    public static AbbreviationTable Read(DwarfSections sections, in DwarfUnit unit, DieDetail detail = DieDetail.Declarations)
    {
        var table = new AbbreviationTable(detail, isReused: false);
        table.Fill(sections, unit);
        return table;
    }

    /// <summary>Forgets the unit before and reads another's declarations.</summary>
    public void Fill(DwarfSections sections, in DwarfUnit unit)
    {
        Array.Clear(_dense, 0, _denseCount);
        _denseCount = 0;
        _sparse.Clear();
        ReadOnlySpan<byte> table = sections.Abbrev.Span;
        ByteReader reader = sections.Reader(sections.Abbrev, ".debug_abbrev");
        reader.Position = (int)unit.AbbrevOffset;
        uint format = ((uint)unit.Version << 16) | ((uint)unit.OffsetSize << 8) | unit.AddressSize;
        while (true)
        {
            int at = reader.Position;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                ByteSize = reader.Position - (int)unit.AbbrevOffset;
                return;
            }

            int start = reader.Position;
            int length = 0;
            Abbreviation? abbreviation = _seen?.Find(table[start..], format, out length);
            if (abbreviation is not null) { reader.Skip((ulong)length); }
            else
            {
                abbreviation = ReadDeclaration(ref reader, unit);
                _seen?.Add(table[start..reader.Position], format, abbreviation);
            }

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
        while (true)
        {
            int specAt = reader.Position;
            ulong attribute = reader.ReadUleb(), form = reader.ReadUleb();
            if (attribute == 0 && form == 0) { break; }
            if (form > ushort.MaxValue || !DieReader.IsKnownForm((DwForm)form)) { throw reader.Fault(specAt, $"unknown form 0x{form:x} (attribute 0x{attribute:x})"); }
            long constant = (DwForm)form == DwForm.ImplicitConst ? reader.ReadSleb() : 0;
            int size = DieReader.FixedSize((DwForm)form, unit);
            AddSpec(DieSlots.Of(attribute, (DwTag)tag, detail), (DwForm)form, size, constant);
            fixedSize = fixedSize < 0 || size < 0 ? -1 : fixedSize + size;
        }

        return new Abbreviation(tag <= ushort.MaxValue ? (DwTag)tag : DwTag.None, children, [.. _specs], fixedSize);
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
}

/// <summary>
/// Declarations read before, found by their bytes: the same bytes are the same declaration, and units of one compiler have mostly the same ones.
/// One of two whose hashes meet in a place is forgotten.
/// </summary>
internal sealed class DeclarationMemo
{
    private const int PlacesLog = 14;
    // Kept bytes; beyond, all are forgotten.
    private const int MaxKept = 1 << 21;
    private readonly Seen[] _places = new Seen[1 << PlacesLog];
    private byte[] _kept = new byte[1 << 14];
    private int _used;

    private struct Seen
    {
        public Abbreviation? Value;
        public uint Format;
        public int From, Length;
    }

    /// <param name="bytes">From the tag on.</param>
    /// <param name="format">Whatever else decides what they mean.</param>
    /// <param name="length">Bytes of the declaration when it is known.</param>
    public Abbreviation? Find(ReadOnlySpan<byte> bytes, uint format, out int length)
    {
        length = LengthOf(bytes);
        if (length < 0) { return null; }
        ref Seen seen = ref _places[PlaceOf(bytes[..length])];
        return seen.Length == length && seen.Format == format && bytes[..length].SequenceEqual(_kept.AsSpan(seen.From, length)) ? seen.Value : null;
    }

    /// <param name="declaration">From the tag to the two zeros.</param>
    public void Add(ReadOnlySpan<byte> declaration, uint format, Abbreviation value)
    {
        if (_used + declaration.Length > MaxKept)
        {
            Array.Clear(_places);
            _used = 0;
            if (declaration.Length > MaxKept) { return; }
        }

        if (_used + declaration.Length > _kept.Length) { Array.Resize(ref _kept, Math.Max(_kept.Length * 2, _used + declaration.Length)); }
        declaration.CopyTo(_kept.AsSpan(_used));
        _places[PlaceOf(declaration)] = new Seen { Value = value, Format = format, From = _used, Length = declaration.Length };
        _used += declaration.Length;
    }

    /// <summary>Bytes up to the two zeros, without a look at what is between; -1 when they do not come.</summary>
    private static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        int at = PastNumber(bytes, 0) + 1;
        while (at < bytes.Length)
        {
            int attribute = at, form = PastNumber(bytes, attribute);
            at = PastNumber(bytes, form);
            if (at > bytes.Length) { break; }
            if (bytes[attribute] == 0 && bytes[form] == 0) { return at; }
            if (bytes[form] == (byte)DwForm.ImplicitConst) { at = PastNumber(bytes, at); }
        }

        return -1;
    }

    /// <summary>Behind a LEB128 number; past the end when it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PastNumber(ReadOnlySpan<byte> bytes, int at)
    {
        while ((uint)at < (uint)bytes.Length && bytes[at] >= 0x80) { at++; }
        return at + 1;
    }

    private static int PlaceOf(ReadOnlySpan<byte> declaration)
    {
        ulong hash = (ulong)declaration.Length;
        while (declaration.Length >= sizeof(ulong))
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(declaration));
            declaration = declaration[sizeof(ulong)..];
        }

        foreach (byte b in declaration) { hash = (hash << 8) ^ b; }
        return (int)(Mix(hash, hash >> 32) >> (64 - PlacesLog));
    }

    private static ulong Mix(ulong hash, ulong value) => ulong.RotateLeft((hash ^ value) * 0x9e3779b97f4a7c15, 29);
}
