using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>A unit header of .debug_info (DWARF 5 §7.5.1). Offsets are bytes from the section's start.</summary>
/// <param name="End">Offset of the first byte after the unit.</param>
/// <param name="FirstDie">Offset of the unit's own DIE.</param>
/// <param name="OffsetSize">4 in 32-bit DWARF, 8 in 64-bit DWARF.</param>
public readonly record struct DwarfUnit(
    int Index, int Offset, int End, int FirstDie, ushort Version, DwUnitType Type, byte AddressSize, byte OffsetSize, ulong AbbrevOffset)
{
    public int ByteSize => End - Offset;

    /// <summary>All units of .debug_info, in order. Throws <see cref="InputFaultException"/> for an unknown version, naming those supported.</summary>
    public static List<DwarfUnit> ReadAll(DwarfSections sections)
    {
        var units = new List<DwarfUnit>();
        ByteReader reader = sections.Reader(sections.Info, ".debug_info");
        while (!reader.AtEnd)
        {
            if (ReadOne(ref reader, sections, units.Count) is { } unit) { units.Add(unit); }
        }

        return units;
    }

    /// <summary>The unit at an offset that another table names (.debug_aranges). Its <see cref="Index"/> is 0.</summary>
    public static DwarfUnit ReadAt(DwarfSections sections, int offset)
    {
        ByteReader reader = sections.Reader(sections.Info, ".debug_info");
        reader.Position = offset;
        return ReadOne(ref reader, sections, 0) ?? throw reader.Fault(offset, "no unit begins there");
    }

    /// <summary>Null for padding, which some linkers write between units: a length of zero.</summary>
    private static DwarfUnit? ReadOne(ref ByteReader reader, DwarfSections sections, int index)
    {
        int offset = reader.Position;
        ulong length = reader.ReadUInt32();
        byte offsetSize = 4;
        if (length == 0xffff_ffff)
        {
            length = reader.ReadUInt64();
            offsetSize = 8;
        }

        if (length > (ulong)(reader.Length - reader.Position))
        {
            throw reader.Fault(offset, $"unit of {length} bytes does not fit the section ({reader.Length} bytes): truncated?");
        }

        int end = reader.Position + (int)length;
        if (length == 0) { return null; }
        ushort version = reader.ReadUInt16();
        if (version is < 2 or > 5) { throw reader.Fault(offset, $"DWARF version {version}: versions 2 to 5 are supported"); }
        var type = DwUnitType.Compile;
        byte addressSize;
        ulong abbrev;
        if (version == 5)
        {
            type = (DwUnitType)reader.ReadByte();
            addressSize = reader.ReadByte();
            abbrev = reader.ReadUnsigned(offsetSize);
            if (type is DwUnitType.Type or DwUnitType.SplitType) { reader.Skip(8ul + offsetSize); }
            else if (type is DwUnitType.Skeleton or DwUnitType.SplitCompile) { reader.Skip(8); }
            else if (type is not (DwUnitType.Compile or DwUnitType.Partial)) { throw reader.Fault(offset, $"unknown unit type 0x{(byte)type:x}"); }
        }
        else
        {
            abbrev = reader.ReadUnsigned(offsetSize);
            addressSize = reader.ReadByte();
        }

        if (addressSize is not (4 or 8)) { throw reader.Fault(offset, $"address size {addressSize}: 4 and 8 are supported"); }
        if (abbrev > (ulong)sections.Abbrev.Length) { throw reader.Fault(offset, $"abbreviations at 0x{abbrev:x} lie past the end of .debug_abbrev"); }
        var unit = new DwarfUnit(index, offset, end, reader.Position, version, type, addressSize, offsetSize, abbrev);
        reader.Position = end;
        return unit;
    }
}
