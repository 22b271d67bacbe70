using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>A frame description entry with what its common information entry says (DWARF 5 §6.4.1).</summary>
internal readonly record struct FrameDescription
{
    public ulong Start { get; init; }
    public ulong End { get; init; }
    public ulong CodeAlignment { get; init; }
    public long DataAlignment { get; init; }
    public int AddressSize { get; init; }
    /// <summary>Offsets in the section of both programs: <see cref="FrameEntries.Open"/>.</summary>
    public (int From, int End) InitialInstructions { get; init; }
    public (int From, int End) Instructions { get; init; }
    /// <summary>How DW_CFA_set_loc's operand is encoded (DW_EH_PE); 0: a plain address.</summary>
    public byte Encoding { get; init; }
}

/// <summary>Walks the entries of .debug_frame or .eh_frame.</summary>
internal ref struct FrameEntries
{
    private readonly DwarfSections _sections;
    private readonly bool _isEhFrame;
    private readonly string _name;
    private readonly ReadOnlyMemory<byte> _section;
    private readonly ulong _sectionAddress;
    private ByteReader _reader;
    private int _commonAt = -1;
    private Common _common;

    public FrameEntries(DwarfSections sections, bool isEhFrame)
    {
        _sections = sections;
        _isEhFrame = isEhFrame;
        _name = isEhFrame ? ".eh_frame" : ".debug_frame";
        _section = isEhFrame ? sections.EhFrame : sections.Frame;
        _sectionAddress = isEhFrame ? sections.File.Find(_name)?.Address ?? 0 : 0;
        _reader = sections.Reader(_section, _name);
    }

    /// <summary>Goes to the next frame description; common information entries are passed over.</summary>
    public bool MoveNext(out int offset)
    {
        while (!_reader.AtEnd)
        {
            offset = _reader.Position;
            (int end, ulong id, _, _) = ReadHeader(ref _reader, offset);
            // A length of 0 ends .eh_frame; in a file of several it only parts them.
            bool isDescription = end > offset + 4 && !IsCommon(id);
            _reader.Position = end;
            if (isDescription) { return true; }
        }

        offset = 0;
        return false;
    }

    public FrameDescription ReadDescription(int offset)
    {
        ByteReader reader = _reader;
        (int end, ulong pointer, int idAt, _) = ReadHeader(ref reader, offset);
        // .eh_frame counts backwards from the pointer's own place.
        ulong commonAt = _isEhFrame ? (ulong)idAt - pointer : pointer;
        if (commonAt >= (ulong)_section.Length) { throw reader.Fault(offset, $"names a common information entry at 0x{commonAt:x}, outside the section"); }
        // Most descriptions of a unit share one.
        if (_commonAt != (int)commonAt) { (_common, _commonAt) = (ReadCommon((int)commonAt), (int)commonAt); }
        Common common = _common;
        ulong start = ReadAddress(ref reader, common.Encoding, common.AddressSize);
        // The size is encoded as the start is, but never relative to anything.
        ulong size = ReadAddress(ref reader, (byte)(common.Encoding & 0x0f), common.AddressSize);
        if (common.HasAugmentationData) { reader.Skip(reader.ReadUleb()); }
        return new FrameDescription
        {
            Start = start, End = start + size, CodeAlignment = common.CodeAlignment, DataAlignment = common.DataAlignment, AddressSize = common.AddressSize,
            Encoding = common.Encoding, InitialInstructions = (common.InstructionsAt, common.End), Instructions = (reader.Position, end),
        };
    }

    private readonly record struct Common(ulong CodeAlignment, long DataAlignment, int AddressSize, byte Encoding, bool HasAugmentationData, int InstructionsAt, int End);

    private readonly Common ReadCommon(int offset)
    {
        ByteReader reader = _reader;
        reader.Position = offset;
        (int end, ulong id, _, _) = ReadHeader(ref reader, offset);
        if (!IsCommon(id)) { throw reader.Fault(offset, "no common information entry"); }
        byte version = reader.ReadByte();
        if (version is not (1 or 3 or 4)) { throw reader.Fault(offset, $"frame version {version}: versions 1, 3 and 4 are supported"); }
        ReadOnlySpan<byte> augmentation = reader.ReadCString();
        int addressSize = 8;
        if (version == 4)
        {
            addressSize = reader.ReadByte();
            // segment_selector_size
            reader.Skip(1);
            if (addressSize is not (4 or 8)) { throw reader.Fault(offset, $"address size {addressSize}: 4 and 8 are supported"); }
        }

        ulong code = reader.ReadUleb();
        long data = reader.ReadSleb();
        if (version == 1) { reader.Skip(1); } else { reader.ReadUleb(); }
        byte encoding = 0;
        bool hasData = !augmentation.IsEmpty && augmentation[0] == (byte)'z';
        if (hasData)
        {
            int dataEnd = checked((int)reader.ReadUleb()) + reader.Position;
            foreach (byte letter in augmentation[1..])
            {
                if (letter == (byte)'R') { encoding = reader.ReadByte(); }
                else if (letter == (byte)'L') { reader.Skip(1); }
                else if (letter is not ((byte)'S' or (byte)'B')) { break; }
            }

            reader.Position = dataEnd;
        }
        else if (!augmentation.IsEmpty) { throw reader.Fault(offset, $"unknown augmentation \"{PartName.Printable(augmentation)}\""); }

        return new Common(code, data, addressSize, encoding, hasData, reader.Position, end);
    }

    /// <summary>Length and id; leaves the reader behind them.</summary>
    private readonly (int End, ulong Id, int IdAt, bool Is64Bit) ReadHeader(ref ByteReader reader, int offset)
    {
        reader.Position = offset;
        ulong length = reader.ReadUInt32();
        bool is64Bit = length == 0xffff_ffff;
        if (is64Bit) { length = reader.ReadUInt64(); }
        if (length > (ulong)(reader.Length - reader.Position)) { throw reader.Fault(offset, $"entry of {length} bytes does not fit the section"); }
        int end = reader.Position + (int)length, idAt = reader.Position;
        if (length == 0) { return (end, 0, idAt, is64Bit); }
        return (end, is64Bit && !_isEhFrame ? reader.ReadUInt64() : reader.ReadUInt32(), idAt, is64Bit);
    }

    private readonly bool IsCommon(ulong id) => _isEhFrame ? id == 0 : id is 0xffff_ffff or ulong.MaxValue;

    /// <summary>DW_EH_PE_*: the format in the low four bits, what it is relative to in the high ones (LSB "DWARF Exception Header Encoding").</summary>
    private readonly ulong ReadAddress(ref ByteReader reader, byte encoding, int addressSize)
    {
        int at = reader.Position;
        ulong value = (encoding & 0x0f) switch
        {
            0x00 => reader.ReadUnsigned(addressSize),
            0x01 => reader.ReadUleb(),
            0x02 => reader.ReadUInt16(),
            0x03 => reader.ReadUInt32(),
            0x04 or 0x0c => reader.ReadUInt64(),
            0x09 => (ulong)reader.ReadSleb(),
            0x0a => (ulong)(short)reader.ReadUInt16(),
            0x0b => (ulong)(int)reader.ReadUInt32(),
            _ => throw reader.Fault(at, $"unknown pointer encoding 0x{encoding:x}"),
        };
        return (encoding & 0xf0) switch
        {
            0x00 => value,
            0x10 => unchecked(_sectionAddress + (ulong)at + value),
            _ => throw reader.Fault(at, $"unknown pointer encoding 0x{encoding:x}"),
        };
    }

    /// <summary>A reader of a program that keeps the section's offsets.</summary>
    public readonly ByteReader Open((int From, int End) program)
    {
        if (program.End < program.From) { throw _reader.Fault(program.From, "entry ends before its instructions begin"); }
        return new ByteReader(_section.Span[..program.End], new PartName(_sections.File.Name, _name), _sections.IsBigEndian) { Position = program.From };
    }
}
