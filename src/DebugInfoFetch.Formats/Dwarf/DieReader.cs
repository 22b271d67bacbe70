using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>
/// Reads the DIEs of one unit, one after the other (DWARF 5 §7.5). Allocates nothing per DIE.
/// <para>
/// Values by class: constants as they are (signed forms sign-extended); references as offsets from the <em>unit's</em> start; strings as
/// <see cref="StringReference"/>; blocks and expressions as <see cref="Block"/>; addresses as addresses; lists as offsets into their section.
/// </para>
/// </summary>
public ref struct DieReader
{
    private readonly DwarfSections _sections;
    private readonly DwarfUnit _unit;
    private readonly AbbreviationTable _abbreviations;
    private ByteReader _reader;

    public DieReader(DwarfSections sections, in DwarfUnit unit, AbbreviationTable abbreviations)
    {
        _sections = sections;
        _unit = unit;
        _abbreviations = abbreviations;
        // The reader ends where the unit ends, so that no DIE can run into the next unit.
        _reader = new ByteReader(sections.Info.Span[..unit.End], new PartName(sections.File.Name, ".debug_info"), sections.IsBigEndian) { Position = unit.FirstDie };
    }

    /// <summary>Bases of the unit's indexed forms (DW_AT_str_offsets_base, DW_AT_addr_base, …), known once the unit's own DIE was read.</summary>
    public ulong StringOffsetsBase { get; set; }
    public ulong AddressBase { get; set; }

    /// <summary>Offset of the next DIE, from the unit's start.</summary>
    public int NextOffset
    {
        readonly get => _reader.Position - _unit.Offset;
        set => _reader.Position = _unit.Offset + value;
    }

    public readonly bool AtEnd => _reader.Position >= _unit.End;

    /// <summary>Reads the next DIE's abbreviation; null for the entry that ends a list of siblings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Abbreviation? ReadAbbreviation()
    {
        int at = _reader.Position;
        ulong code = _reader.ReadUleb();
        if (code == 0) { return null; }
        return _abbreviations.Find(code) ?? throw _reader.Fault(at, $"abbreviation code {code} is not declared at .debug_abbrev+0x{_unit.AbbrevOffset:x}");
    }

    /// <summary>Steps over the attributes of the DIE whose abbreviation was just read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(Abbreviation abbreviation)
    {
        if (abbreviation.FixedSize >= 0) { _reader.Skip((ulong)abbreviation.FixedSize); }
        else { SkipEach(abbreviation); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SkipEach(Abbreviation abbreviation)
    {
        foreach (ref readonly AttributeSpec spec in abbreviation.Attributes.AsSpan()) { Skip(spec); }
    }

    /// <summary>Reads the attributes of the DIE whose abbreviation was just read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(Abbreviation abbreviation, ref DieValues values)
    {
        values.Clear();
        foreach (ref readonly AttributeRun run in abbreviation.Runs.AsSpan())
        {
            if (_reader.IsBigEndian || !_reader.TryTake(run.ByteSize, AttributeRun.Slack, out ReadOnlySpan<byte> bytes))
            {
                ReadEach(abbreviation.Attributes.AsSpan()[run.From..run.To], ref values);
                continue;
            }

            ref byte first = ref MemoryMarshal.GetReference(bytes);
            foreach (ref readonly PlainValue value in run.Values.AsSpan())
            {
                // Within what TryTake returned: a value starts in the run or at its end.
                values.Put(value.Slot, value.In(in first), value.Form);
            }

            values.Mark(run.Slots);
            if (run.EndsVarying) { ReadOne(abbreviation.Attributes[run.To - 1], ref values); }
        }
    }

    /// <summary>
    /// Reads DIEs of parts of a type, up to the end of the siblings, the first that is not as simple as most, or one near the unit's end.
    /// </summary>
    /// <returns>Whether the entry that ends the siblings was read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool ReadParts<T>(ref T parts) where T : ITypeParts, allows ref struct
    {
        if (_reader.IsBigEndian) { return false; }
        ReadOnlySpan<Abbreviation?> abbreviations = _abbreviations.Dense;
        ref byte data = ref MemoryMarshal.GetReference(_reader.Data);
        int at = _reader.Position;
        bool isEnd = false;
        // Whoever reads on from here has every read checked.
        for (int last = _unit.End - PlainDie.Reach; at <= last;)
        {
            int next = at + 1;
            uint code = Unsafe.Add(ref data, at);
            if (code >= 0x80)
            {
                uint high = Unsafe.Add(ref data, next++);
                if (high >= 0x80) { break; }
                code = (code & 0x7f) | (high << 7);
            }

            if (code == 0)
            {
                (isEnd, at) = (true, next);
                break;
            }

            if (code >= (uint)abbreviations.Length || abbreviations[(int)code]?.Plain is not { IsPart: true } part) { break; }
            if (!TryReadName(part, in data, ref next, out ulong name)) { break; }
            ref byte run = ref Unsafe.Add(ref data, next);
            ulong type = part.Type.In(in run);
            if (type >= (ulong)_unit.ByteSize) { break; }
            parts.Add(name, (int)type, (long)part.Number.In(in run));
            at = next + part.ByteSize;
        }

        _reader.Position = at;
        return isEnd;
    }

    /// <summary>Reads the DIE of a type in one step. False when it is not as simple as most: then nothing was read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadType(Abbreviation abbreviation, out TypeDie die)
    {
        die = default;
        int at = _reader.Position;
        if (abbreviation.Plain is not { IsPart: false } type || _reader.IsBigEndian || at > _unit.End - PlainDie.Reach) { return false; }
        ref byte data = ref MemoryMarshal.GetReference(_reader.Data);
        if (!TryReadName(type, in data, ref at, out ulong name)) { return false; }
        ref byte run = ref Unsafe.Add(ref data, at);
        die = new TypeDie(name, type.Type.In(in run), (long)type.Number.In(in run), (int)type.File.In(in run), (int)type.Line.In(in run), 0, type.IsDeclaration);
        _reader.Position = at + type.ByteSize;
        return true;
    }

    /// <summary>The name of a plain DIE. False for one in the DIE that is too long for that.</summary>
    /// <param name="at">Where its attributes begin; then where its values do.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadName(PlainDie die, ref readonly byte data, ref int at, out ulong name)
    {
        ref byte attributes = ref Unsafe.Add(ref Unsafe.AsRef(in data), at);
        if (!die.BeginsWithName)
        {
            name = die.Name.In(in attributes);
            return true;
        }

        int length = ShortText.LengthOf(Unsafe.ReadUnaligned<ulong>(in attributes));
        name = StringReference.InInfo((ulong)at);
        at += length + 1;
        return length >= 0;
    }

    private void ReadEach(ReadOnlySpan<AttributeSpec> specs, ref DieValues values)
    {
        foreach (ref readonly AttributeSpec spec in specs) { ReadOne(spec, ref values); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ReadOne(in AttributeSpec spec, ref DieValues values)
    {
        if (spec.Slot == DieSlot.Ignored) { Skip(spec); }
        else { ReadForm(spec.Slot, spec.Form, spec.ImplicitConst, ref values); }
    }

    /// <summary>
    /// Reads the unit's own DIE, and with it the bases of the unit's indexed forms: they may stand behind attributes that need them (DWARF 5 §3.1.1).
    /// </summary>
    public Abbreviation ReadUnitDie(ref DieValues values)
    {
        Abbreviation abbreviation = ReadAbbreviation() ?? throw Fault(NextOffset, "unit without a DIE");
        StringOffsetsBase = AddressBase = 8;
        if (Array.Exists(abbreviation.Attributes, IsBase))
        {
            DieReader first = this;
            values.Clear();
            foreach (ref readonly AttributeSpec spec in abbreviation.Attributes.AsSpan())
            {
                if (IsBase(spec)) { first.ReadOne(spec, ref values); } else { first.Skip(spec); }
            }

            StringOffsetsBase = values.GetOr(DieSlot.StringOffsetsBase, 8);
            AddressBase = values.GetOr(DieSlot.AddressBase, 8);
        }

        Read(abbreviation, ref values);
        return abbreviation;

        static bool IsBase(AttributeSpec spec) => spec.Slot is DieSlot.StringOffsetsBase or DieSlot.AddressBase;
    }

    public readonly InputFaultException Fault(long unitOffset, string what) => _reader.Fault(_unit.Offset + unitOffset, what);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadForm(DieSlot slot, DwForm form, long implicitConst, ref DieValues values)
    {
        ulong value;
        switch (form)
        {
            case DwForm.Data1: value = _reader.ReadByte(); break;
            case DwForm.Data2: value = _reader.ReadUInt16(); break;
            case DwForm.Data4: value = _reader.ReadUInt32(); break;
            case DwForm.Data8: value = _reader.ReadUInt64(); break;
            case DwForm.Udata: value = _reader.ReadUleb(); break;
            case DwForm.Sdata: value = (ulong)_reader.ReadSleb(); break;
            case DwForm.ImplicitConst: value = (ulong)implicitConst; break;
            case DwForm.Flag: value = _reader.ReadByte(); break;
            case DwForm.FlagPresent: value = 1; break;
            case DwForm.Ref4: value = _reader.ReadUInt32(); break;
            case DwForm.Ref1: value = _reader.ReadByte(); break;
            case DwForm.Ref2: value = _reader.ReadUInt16(); break;
            case DwForm.Ref8: value = _reader.ReadUInt64(); break;
            case DwForm.RefUdata: value = _reader.ReadUleb(); break;
            case DwForm.RefAddr: value = ReadRefAddr(); break;
            case DwForm.Strp: value = StringReference.InStr(ReadOffset()); break;
            case DwForm.LineStrp: value = StringReference.InLineStr(ReadOffset()); break;
            case DwForm.String:
                value = StringReference.InInfo((ulong)_reader.Position);
                _reader.ReadCString();
                break;
            case DwForm.Strx or DwForm.Strx1 or DwForm.Strx2 or DwForm.Strx3 or DwForm.Strx4: value = StringReference.InStr(LookUp(_sections.StrOffsets, ".debug_str_offsets", StringOffsetsBase, ReadIndex(form), _unit.OffsetSize)); break;
            case DwForm.Addr: value = _reader.ReadUnsigned(_unit.AddressSize); break;
            case DwForm.Addrx or DwForm.Addrx1 or DwForm.Addrx2 or DwForm.Addrx3 or DwForm.Addrx4: value = ReadAddressAt(ReadIndex(form)); break;
            case DwForm.SecOffset: value = ReadOffset(); break;
            case DwForm.LocListx or DwForm.RngListx: value = _reader.ReadUleb(); break;
            case DwForm.ExprLoc or DwForm.Block: value = ReadBlock(_reader.ReadUleb()); break;
            case DwForm.Block1: value = ReadBlock(_reader.ReadByte()); break;
            case DwForm.Block2: value = ReadBlock(_reader.ReadUInt16()); break;
            case DwForm.Block4: value = ReadBlock(_reader.ReadUInt32()); break;
            case DwForm.Data16: value = ReadBlock(16); break;
            case DwForm.Indirect: ReadIndirect(slot, ref values); return;
            case DwForm.RefSig8:
                _reader.Skip(8);
                throw _reader.Fault(_reader.Position - 8, "type units (DW_FORM_ref_sig8) are not supported");
            default: throw _reader.Fault(_reader.Position, $"form 0x{(int)form:x} refers to a supplementary file (dwz): not supported");
        }

        values.Set(slot, value, form);
    }

    private void ReadIndirect(DieSlot slot, ref DieValues values)
    {
        int at = _reader.Position;
        ulong form = _reader.ReadUleb();
        if (form > ushort.MaxValue || !IsKnownForm((DwForm)form) || (DwForm)form is DwForm.Indirect or DwForm.ImplicitConst) { throw _reader.Fault(at, $"unknown form 0x{form:x}"); }
        ReadForm(slot, (DwForm)form, 0, ref values);
    }

    /// <summary>Steps over one attribute; they come in the abbreviation's order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(in AttributeSpec spec)
    {
        if (spec.Size >= 0) { _reader.Skip((ulong)spec.Size); } else { SkipVarying(spec.Form); }
    }

    private void SkipVarying(DwForm form)
    {
        switch (form)
        {
            case DwForm.Udata or DwForm.Sdata or DwForm.RefUdata or DwForm.Strx or DwForm.Addrx or DwForm.LocListx or DwForm.RngListx:
                while (_reader.ReadByte() >= 0x80) { }
                break;
            case DwForm.ExprLoc or DwForm.Block: _reader.Skip(_reader.ReadUleb()); break;
            case DwForm.Block1: _reader.Skip(_reader.ReadByte()); break;
            case DwForm.Block2: _reader.Skip(_reader.ReadUInt16()); break;
            case DwForm.Block4: _reader.Skip(_reader.ReadUInt32()); break;
            case DwForm.String: _reader.ReadCString(); break;
            case DwForm.Indirect:
                int at = _reader.Position;
                ulong actual = _reader.ReadUleb();
                if (actual > ushort.MaxValue || !IsKnownForm((DwForm)actual) || (DwForm)actual is DwForm.Indirect or DwForm.ImplicitConst) { throw _reader.Fault(at, $"unknown form 0x{actual:x}"); }
                int size = FixedSize((DwForm)actual, _unit);
                if (size >= 0) { _reader.Skip((ulong)size); } else { SkipVarying((DwForm)actual); }
                break;
            default: throw _reader.Fault(_reader.Position, $"unknown form 0x{(int)form:x}");
        }
    }

    private ulong ReadRefAddr()
    {
        int at = _reader.Position;
        // In DWARF 2 the reference had the size of an address (DWARF 3 §7.5.4).
        ulong target = _reader.ReadUnsigned(_unit.Version <= 2 ? _unit.AddressSize : _unit.OffsetSize);
        if (target < (ulong)_unit.Offset || target >= (ulong)_unit.End)
        {
            throw _reader.Fault(at, $"reference to 0x{target:x} in another unit (link-time optimisation or dwz): not supported");
        }

        return target - (ulong)_unit.Offset;
    }

    private ulong ReadBlock(ulong length)
    {
        int at = _reader.Position;
        _reader.Skip(length);
        return Block.Encode(at, (int)length);
    }

    private ulong ReadOffset() => _unit.OffsetSize == 4 ? _reader.ReadUInt32() : _reader.ReadUInt64();

    private ulong ReadIndex(DwForm form) => form switch
    {
        DwForm.Strx1 or DwForm.Addrx1 => _reader.ReadByte(),
        DwForm.Strx2 or DwForm.Addrx2 => _reader.ReadUInt16(),
        DwForm.Strx3 or DwForm.Addrx3 => _reader.ReadUInt24(),
        DwForm.Strx4 or DwForm.Addrx4 => _reader.ReadUInt32(),
        _ => _reader.ReadUleb(),
    };

    /// <summary>An address by its index in the unit's part of .debug_addr (DWARF 5 §7.27).</summary>
    public readonly ulong ReadAddressAt(ulong index) => LookUp(_sections.Addr, ".debug_addr", AddressBase, index, _unit.AddressSize);

    private readonly ulong LookUp(ReadOnlyMemory<byte> table, string name, ulong tableBase, ulong index, int size)
    {
        if (index > int.MaxValue || tableBase > (ulong)table.Length || index * (ulong)size > (ulong)table.Length - tableBase)
        {
            throw _reader.Fault(_reader.Position, $"index {index} lies past the end of {name} ({table.Length} bytes)");
        }

        ByteReader reader = _sections.Reader(table, name);
        reader.Position = (int)(tableBase + (index * (ulong)size));
        return reader.ReadUnsigned(size);
    }

    internal static bool IsKnownForm(DwForm form) => form is (>= DwForm.Addr and <= DwForm.Addrx4 and not (DwForm)0x02) or DwForm.GnuRefAlt or DwForm.GnuStrpAlt;

    /// <summary>Bytes that a form takes in a unit; -1 when that varies.</summary>
    internal static int FixedSize(DwForm form, in DwarfUnit unit) => form switch
    {
        DwForm.FlagPresent or DwForm.ImplicitConst => 0,
        DwForm.Data1 or DwForm.Ref1 or DwForm.Flag or DwForm.Strx1 or DwForm.Addrx1 => 1,
        DwForm.Data2 or DwForm.Ref2 or DwForm.Strx2 or DwForm.Addrx2 => 2,
        DwForm.Strx3 or DwForm.Addrx3 => 3,
        DwForm.Data4 or DwForm.Ref4 or DwForm.Strx4 or DwForm.Addrx4 or DwForm.RefSup4 => 4,
        DwForm.Data8 or DwForm.Ref8 or DwForm.RefSig8 or DwForm.RefSup8 => 8,
        DwForm.Data16 => 16,
        DwForm.Addr => unit.AddressSize,
        DwForm.RefAddr => unit.Version <= 2 ? unit.AddressSize : unit.OffsetSize,
        DwForm.Strp or DwForm.LineStrp or DwForm.SecOffset or DwForm.StrpSup or DwForm.GnuRefAlt or DwForm.GnuStrpAlt => unit.OffsetSize,
        _ => -1,
    };
}

/// <summary>Where a string's bytes are: which section, and at what offset. Fits a DIE's value slot.</summary>
public readonly record struct StringReference(ulong Encoded)
{
    private const int KindShift = 62;
    private const ulong OffsetMask = (1ul << KindShift) - 1;

    /// <summary>No string.</summary>
    public const ulong None = ulong.MaxValue;

    /// <summary>Encodes a string of .debug_str.</summary>
    public static ulong InStr(ulong offset) => offset & OffsetMask;
    internal static ulong InLineStr(ulong offset) => (1ul << KindShift) | (offset & OffsetMask);
    /// <summary>Encodes a string in its DIE.</summary>
    public static ulong InInfo(ulong offset) => (2ul << KindShift) | (offset & OffsetMask);
    internal static ulong InLine(ulong offset) => (3ul << KindShift) | (offset & OffsetMask);

    /// <summary>The string stands in its DIE (DW_FORM_string), as compilers write short ones: equal strings then have many references.</summary>
    public bool IsInline => (Encoded >> KindShift) == 2;

    /// <summary>Bytes from the start of its section.</summary>
    public ulong Offset => Encoded & OffsetMask;

    /// <summary>The string's bytes without the NUL.</summary>
    public ReadOnlySpan<byte> Read(DwarfSections sections)
    {
        (ReadOnlyMemory<byte> section, string name) = (Encoded >> KindShift) switch
        {
            0 => (sections.Str, ".debug_str"),
            1 => (sections.LineStr, ".debug_line_str"),
            2 => (sections.Info, ".debug_info"),
            _ => (sections.Line, ".debug_line"),
        };
        ByteReader reader = sections.Reader(section, name);
        if (Offset >= (ulong)section.Length) { throw reader.Fault((long)Offset, $"string lies past the end ({section.Length} bytes)"); }
        reader.Position = (int)Offset;
        return reader.ReadCString();
    }
}

/// <summary>A block or expression inside .debug_info: its offset in the section and its length in bytes.</summary>
public readonly record struct Block(int Offset, int Length)
{
    internal static ulong Encode(int offset, int length) => (ulong)(uint)offset | ((ulong)(uint)length << 32);
    public static Block Decode(ulong value) => new((int)(uint)value, (int)(value >> 32));
}
