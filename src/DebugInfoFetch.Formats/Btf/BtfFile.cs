using System.Buffers.Binary;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Btf;

/// <summary>
/// BTF, the kernel's own type format (Documentation/bpf/btf.rst): a section <c>.BTF</c>, or a file of <c>/sys/kernel/btf</c>. All records and the
/// numbers in them are checked here once, so that what reads them later need not.
/// </summary>
/// <remarks>
/// A module's BTF is <em>split</em>: its types are numbered on from those of its base, vmlinux's, and its strings from the base's strings.
/// </remarks>
public sealed class BtfFile
{
    private const ushort Magic = 0xeb9f;
    private const int HeaderSize = 24, SupportedVersion = 1;
    private const uint LastKind = (uint)BtfKind.Enum64;
    // BTF_MAX_TYPE (include/uapi/linux/btf.h).
    private const int MaxTypes = 0xfffff;

    private readonly ReadOnlyMemory<byte> _types, _strings;
    private readonly PartName _typesName, _stringsName;
    private readonly bool _bigEndian;
    private int[] _offsets = [];

    private BtfFile(string file, string part, ReadOnlyMemory<byte> data, Header header, BtfFile? basis)
    {
        Base = basis;
        _bigEndian = header.IsBigEndian;
        _types = data.Slice(header.TypesAt, header.TypesSize);
        _strings = data.Slice(header.StringsAt, header.StringsSize);
        _typesName = new PartName(file, part, header.TypesAt);
        _stringsName = new PartName(file, part, header.StringsAt);
        FirstId = basis?.EndId ?? 1;
        FirstString = basis?.EndString ?? 0;
        EndString = FirstString + _strings.Length;
    }

    public BtfFile? Base { get; }

    /// <summary>Number of the first type that this BTF has itself; 0 is <c>void</c>.</summary>
    public int FirstId { get; }

    /// <summary>One more than the number of the last type.</summary>
    public int EndId => FirstId + _offsets.Length;

    /// <summary>Whether its encoder writes enums' signs (pahole 1.24): an older one leaves it open, and every value was an int.</summary>
    public bool TellsSigns { get; private set; }

    private int FirstString { get; }
    private int EndString { get; }

    public static bool IsBtf(ReadOnlySpan<byte> head)
        => head.Length >= 4 && head[2] == SupportedVersion && ((head[0] == 0x9f && head[1] == 0xeb) || (head[0] == 0xeb && head[1] == 0x9f));

    /// <param name="file">For faults.</param>
    /// <param name="part">For faults: <c>.BTF</c>.</param>
    /// <param name="basis">What split BTF is split from; null for BTF that stands alone.</param>
    /// <exception cref="InputFaultException">No BTF, of another version, or damaged; also split BTF of another base.</exception>
    public static BtfFile Parse(string file, string part, ReadOnlyMemory<byte> data, BtfFile? basis = null)
    {
        var btf = new BtfFile(file, part, data, Header.Read(data.Span, new PartName(file, part)), basis);
        btf.CheckStrings();
        btf.ReadTypes();
        btf.CheckReferences();
        return btf;
    }

    /// <summary>A type by its number, of this BTF or of its base. Void has no record.</summary>
    public BtfType Type(int id)
    {
        if (id < FirstId) { return Base is { } basis && id > 0 ? basis.Type(id) : default; }
        return Record(_offsets[id - FirstId]);
    }

    public ReadOnlySpan<byte> Name(int offset)
    {
        if (offset < FirstString) { return Base!.Name(offset); }
        ReadOnlySpan<byte> text = _strings.Span[(offset - FirstString)..];
        return text[..text.IndexOf((byte)0)];
    }

    public string NameText(int offset) => Encoding.UTF8.GetString(Name(offset));

    /// <summary>A member of a struct or union.</summary>
    public static BtfMember Member(in BtfType type, int index)
    {
        int at = type.At + BtfType.HeaderSize + (index * 12);
        uint offset = type.File.Word(at + 8);
        // With kind_flag the upper byte is a bit-field's width (btf.rst §2.2.4).
        return type.KindFlag
            ? new BtfMember((int)type.File.Word(at), (int)type.File.Word(at + 4), offset & 0xffffff, (int)(offset >> 24))
            : type.File.WithBitsOfInt(new BtfMember((int)type.File.Word(at), (int)type.File.Word(at + 4), offset, 0));
    }

    public static BtfEnumerator Enumerator(in BtfType type, int index)
    {
        BtfFile file = type.File;
        if (type.Kind == BtfKind.Enum64)
        {
            int wide = type.At + BtfType.HeaderSize + (index * 12);
            return new BtfEnumerator((int)file.Word(wide), (long)(file.Word(wide + 4) | ((ulong)file.Word(wide + 8) << 32)));
        }

        int at = type.At + BtfType.HeaderSize + (index * 8);
        uint value = file.Word(at + 4);
        return new BtfEnumerator((int)file.Word(at), type.KindFlag || !file.TellsSigns ? (int)value : value);
    }

    public static BtfParameter Parameter(in BtfType type, int index)
    {
        int at = type.At + BtfType.HeaderSize + (index * 8);
        return new BtfParameter((int)type.File.Word(at), (int)type.File.Word(at + 4));
    }

    public static BtfSectionVariable SectionVariable(in BtfType type, int index)
    {
        int at = type.At + BtfType.HeaderSize + (index * 12);
        return new BtfSectionVariable((int)type.File.Word(at), type.File.Word(at + 4), type.File.Word(at + 8));
    }

    public static BtfArray Array(in BtfType type)
    {
        int at = type.At + BtfType.HeaderSize;
        return new BtfArray((int)type.File.Word(at), (int)type.File.Word(at + 4), type.File.Word(at + 8));
    }

    public static BtfInt Int(in BtfType type)
    {
        uint word = type.File.Word(type.At + BtfType.HeaderSize);
        return new BtfInt((int)(word >> 24) & 0xf, (int)(word >> 16) & 0xff, (int)word & 0xff);
    }

    /// <summary>BTF_VAR_STATIC 0, BTF_VAR_GLOBAL_ALLOCATED 1, BTF_VAR_GLOBAL_EXTERN 2.</summary>
    public static int Linkage(in BtfType variable) => (int)variable.File.Word(variable.At + BtfType.HeaderSize);

    /// <summary>Where a type's record lies, for a fault that is found later.</summary>
    public static InputFaultException Fault(in BtfType type, string what) => type.File._typesName.Fault(type.At, what);

    /// <summary>Old encoders gave a bit-field an int of its own that says which bits of it are meant.</summary>
    private BtfMember WithBitsOfInt(BtfMember member)
    {
        int id = member.Type;
        BtfType type = Type(id);
        for (int depth = 0; depth < 32 && type.Kind is BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag; depth++) { type = Type(type.Target); }
        if (type.Kind != BtfKind.Int) { return member; }
        BtfInt bits = Int(type);
        return bits.BitSize == type.ByteSize * 8 && bits.BitOffset == 0 ? member : member with { BitOffset = member.BitOffset + bits.BitOffset, BitSize = bits.BitSize };
    }

    private void CheckStrings()
    {
        ReadOnlySpan<byte> text = _strings.Span;
        if (Base is null && (text.IsEmpty || text[0] != 0)) { throw _stringsName.Fault(0, "the strings do not begin with the empty one"); }
        if (!text.IsEmpty && text[^1] != 0) { throw _stringsName.Fault(text.Length - 1, "the last string has no end"); }
    }

    private void ReadTypes()
    {
        var offsets = new List<int>(_types.Length / 20);
        int end = _types.Length;
        for (int at = 0; at < end;)
        {
            if (end - at < BtfType.HeaderSize) { throw _typesName.Fault(at, $"a type's record ends after {end - at} of {BtfType.HeaderSize} bytes"); }
            BtfType type = Record(at);
            if (type.Kind == BtfKind.Void || (uint)type.Kind > LastKind)
            {
                throw _typesName.Fault(at + 4, $"unknown kind {(int)type.Kind} (known: 1 to {LastKind}): made by an encoder newer than this program?");
            }

            long size = BtfType.PartSize(type.Kind) * (BtfType.HasParts(type.Kind) ? (long)type.Count : 1);
            if (size > end - at - BtfType.HeaderSize)
            {
                throw _typesName.Fault(at, $"{type.Kind} with {type.Count} parts needs {size} bytes, {end - at - BtfType.HeaderSize} are left");
            }

            if (offsets.Count >= MaxTypes) { throw _typesName.Fault(at, $"more than {MaxTypes} types"); }
            TellsSigns |= type.Kind == BtfKind.Enum64 || (type is { Kind: BtfKind.Enum, KindFlag: true });
            offsets.Add(at);
            at += BtfType.HeaderSize + (int)size;
        }

        TellsSigns |= Base?.TellsSigns ?? false;
        _offsets = [.. offsets];
    }

    /// <summary>Every number of a type and every offset of a name leads somewhere.</summary>
    private void CheckReferences()
    {
        int end = EndId;
        foreach (int at in _offsets)
        {
            BtfType type = Record(at);
            CheckName(type.NameOffset, at);
            int parts = at + BtfType.HeaderSize;
            switch (type.Kind)
            {
                case BtfKind.Pointer or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Function
                    or BtfKind.Variable or BtfKind.DeclarationTag or BtfKind.TypeTag:
                    CheckType(type.SizeOrType, at + 8, end);
                    if (type.Kind == BtfKind.Function && Type(type.Target).Kind != BtfKind.FunctionPrototype) { throw _typesName.Fault(at + 8, $"function of type {type.SizeOrType}, which is no prototype"); }
                    break;
                case BtfKind.FunctionPrototype:
                    CheckType(type.SizeOrType, at + 8, end);
                    for (int i = 0; i < type.Count; i++) { CheckPart(parts + (i * 8), end); }
                    break;
                case BtfKind.Array:
                    CheckType(Word(parts), parts, end);
                    CheckType(Word(parts + 4), parts + 4, end);
                    break;
                case BtfKind.Struct or BtfKind.Union:
                    for (int i = 0; i < type.Count; i++) { CheckPart(parts + (i * 12), end); }
                    break;
                case BtfKind.Enum or BtfKind.Enum64:
                    for (int i = 0; i < type.Count; i++) { CheckName((int)Word(parts + (i * BtfType.PartSize(type.Kind))), parts); }
                    break;
                case BtfKind.DataSection:
                    for (int i = 0; i < type.Count; i++) { CheckType(Word(parts + (i * 12)), parts + (i * 12), end); }
                    break;
                default:
                    break;
            }
        }
    }

    private void CheckPart(int at, int end)
    {
        CheckName((int)Word(at), at);
        CheckType(Word(at + 4), at + 4, end);
    }

    private void CheckType(uint id, int at, int end)
    {
        if (id >= (uint)end) { throw _typesName.Fault(at, $"type {id}, but the last is {end - 1}: damaged, or split from another kernel's BTF"); }
    }

    private void CheckName(int offset, int at)
    {
        if ((uint)offset >= (uint)EndString) { throw _typesName.Fault(at, $"a name at {(uint)offset}, but the strings have {EndString} bytes: damaged, or split from another kernel's BTF"); }
    }

    private BtfType Record(int at) => new(this, at, (int)Word(at), Word(at + 4), Word(at + 8));

    private uint Word(int at)
    {
        ReadOnlySpan<byte> bytes = _types.Span.Slice(at, 4);
        return _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>struct btf_header; places are from the start of the BTF.</summary>
    private readonly record struct Header(bool IsBigEndian, int TypesAt, int TypesSize, int StringsAt, int StringsSize)
    {
        public static Header Read(ReadOnlySpan<byte> data, PartName part)
        {
            if (data.Length < HeaderSize) { throw part.Fault(0, $"{data.Length} bytes, where BTF has a header of {HeaderSize}"); }
            bool bigEndian = BinaryPrimitives.ReadUInt16BigEndian(data) == Magic;
            if (!bigEndian && BinaryPrimitives.ReadUInt16LittleEndian(data) != Magic) { throw part.Fault(0, $"not BTF (starts with 0x{data[0]:x2}{data[1]:x2})"); }
            if (data[2] != SupportedVersion) { throw part.Fault(2, $"BTF version {data[2]}; supported is {SupportedVersion}"); }
            var reader = new ByteReader(data, part, bigEndian) { Position = 4 };
            uint header = reader.ReadUInt32();
            // A longer header has fields that came later; what is there stays where it was.
            if (header < HeaderSize || header > data.Length) { throw part.Fault(4, $"a header of {header} bytes in a BTF of {data.Length}"); }
            (int typesAt, int typesSize) = Range(ref reader, header, data.Length, 8, "types");
            (int stringsAt, int stringsSize) = Range(ref reader, header, data.Length, 16, "strings");
            return new Header(bigEndian, typesAt, typesSize, stringsAt, stringsSize);
        }

        private static (int At, int Size) Range(ref ByteReader reader, uint header, int length, int field, string what)
        {
            uint offset = reader.ReadUInt32(), size = reader.ReadUInt32();
            ulong at = (ulong)header + offset;
            return at + size <= (ulong)length ? ((int)at, (int)size) : throw reader.Fault(field, $"the {what} ({size} bytes from 0x{at:x} on) lie past the end ({length} bytes): truncated?");
        }
    }
}
