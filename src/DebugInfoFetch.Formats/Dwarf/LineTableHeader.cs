using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>The fixed part of a line table's header (DWARF 5 §6.2.4, DWARF 2 to 4 §6.2.4). Offsets count from the start of .debug_line.</summary>
/// <param name="Program">Of the line number program.</param>
/// <param name="End">Of the first byte behind the table.</param>
internal readonly record struct LineTableHeader(
    ushort Version, int OffsetSize, int Program, int End, byte MinimumInstructionLength, byte MaximumOperations, bool DefaultIsStatement, sbyte LineBase,
    byte LineRange, byte OpcodeBase, ReadOnlyMemory<byte> OperandCounts)
{
    /// <summary>Operands of a standard opcode, LEB128 each.</summary>
    public int OperandCount(byte opcode) => opcode >= 1 && opcode <= OperandCounts.Length ? OperandCounts.Span[opcode - 1] : 0;

    /// <summary>Reads the header at an offset and leaves the reader at the directory and file lists.</summary>
    public static LineTableHeader Read(ref ByteReader reader, ulong offset)
    {
        if (offset >= (ulong)reader.Length) { throw reader.Fault((long)Math.Min(offset, long.MaxValue), "line table lies past the end of the section"); }
        reader.Position = (int)offset;
        ulong length = reader.ReadUInt32();
        int offsetSize = 4;
        if (length == 0xffff_ffff)
        {
            length = reader.ReadUInt64();
            offsetSize = 8;
        }

        if (length > (ulong)(reader.Length - reader.Position)) { throw reader.Fault((long)offset, $"line table of {length} bytes does not fit the section"); }
        int end = reader.Position + (int)length;
        ushort version = reader.ReadUInt16();
        if (version is < 2 or > 5) { throw reader.Fault((long)offset, $"line table version {version}: versions 2 to 5 are supported"); }
        // address_size, segment_selector_size
        if (version == 5) { reader.Skip(2); }
        ulong headerLength = reader.ReadUnsigned(offsetSize);
        if (headerLength > (ulong)Math.Max(end - reader.Position, 0)) { throw reader.Fault((long)offset, $"line table header of {headerLength} bytes does not fit the table"); }
        int program = reader.Position + (int)headerLength;
        byte minimum = reader.ReadByte(), maximum = version >= 4 ? reader.ReadByte() : (byte)1;
        bool isStatement = reader.ReadByte() != 0;
        sbyte lineBase = (sbyte)reader.ReadByte();
        byte lineRange = reader.ReadByte(), opcodeBase = reader.ReadByte();
        byte[] counts = reader.ReadBytes(opcodeBase == 0 ? 0u : opcodeBase - 1u).ToArray();
        return new LineTableHeader(version, offsetSize, program, end, minimum, maximum, isStatement, lineBase, lineRange, opcodeBase, counts);
    }
}
