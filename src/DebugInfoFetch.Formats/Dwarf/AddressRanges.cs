using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>.debug_aranges (DWARF 5 §6.1.2): which unit an address belongs to.</summary>
public static class AddressRanges
{
    /// <summary>Offset in .debug_info of the unit that has code at an address; null when the section, or the address in it, is not there.</summary>
    public static int? UnitOf(DwarfSections sections, ulong address)
    {
        ByteReader reader = sections.Reader(sections.Aranges, ".debug_aranges");
        while (!reader.AtEnd)
        {
            int offset = reader.Position;
            ulong length = reader.ReadUInt32();
            int offsetSize = 4;
            if (length == 0xffff_ffff)
            {
                length = reader.ReadUInt64();
                offsetSize = 8;
            }

            if (length > (ulong)(reader.Length - reader.Position)) { throw reader.Fault(offset, $"set of {length} bytes does not fit the section"); }
            int end = reader.Position + (int)length;
            ushort version = reader.ReadUInt16();
            if (version != 2) { throw reader.Fault(offset, $"version {version}: version 2 is supported"); }
            ulong unit = reader.ReadUnsigned(offsetSize);
            int addressSize = reader.ReadByte(), segmentSize = reader.ReadByte();
            if (segmentSize != 0 || addressSize is not (4 or 8)) { throw reader.Fault(offset, $"addresses of {addressSize} bytes with segments of {segmentSize} are not supported"); }
            // The first pair is aligned to its own size, counted from the set's start.
            int pair = 2 * addressSize, misaligned = (reader.Position - offset) % pair;
            if (misaligned != 0) { reader.Skip((ulong)(pair - misaligned)); }
            while (reader.Position + pair <= end)
            {
                ulong start = reader.ReadUnsigned(addressSize), size = reader.ReadUnsigned(addressSize);
                if (address - start < size && address >= start) { return unit < (ulong)sections.Info.Length ? (int)unit : throw reader.Fault(offset, $"names a unit at 0x{unit:x}, past the end of .debug_info"); }
            }

            reader.Position = end;
        }

        return null;
    }
}
