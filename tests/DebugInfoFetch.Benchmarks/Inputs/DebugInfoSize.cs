using System.Buffers.Binary;
using System.Text;

namespace DebugInfoFetch.Benchmarks.Inputs;

/// <summary>Bytes of <c>.debug_info</c> of a little-endian 64-bit ELF file, read here and not by the reader under test.</summary>
internal static class DebugInfoSize
{
    private const int SectionHeaderSize = 64;
    private const ulong Compressed = 0x800; // SHF_COMPRESSED

    /// <returns>Uncompressed bytes; 0 when there is no such section.</returns>
    public static long Of(ReadOnlySpan<byte> elf)
    {
        // gABI: e_shoff at 40, e_shnum at 60, e_shstrndx at 62; sh_name at 0, sh_flags at 8, sh_offset at 24, sh_size at 32.
        ReadOnlySpan<byte> headers = elf[checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[40..]))..];
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[60..]);
        int names = Offset(headers, BinaryPrimitives.ReadUInt16LittleEndian(elf[62..]));
        for (int section = 0; section < count; section++)
        {
            ReadOnlySpan<byte> header = headers.Slice(section * SectionHeaderSize, SectionHeaderSize);
            ReadOnlySpan<byte> name = elf[(names + BinaryPrimitives.ReadInt32LittleEndian(header))..];
            if (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) != ".debug_info") { continue; }
            bool isCompressed = (BinaryPrimitives.ReadUInt64LittleEndian(header[8..]) & Compressed) != 0;
            // Elf64_Chdr has the uncompressed size at 8.
            return isCompressed
                ? BinaryPrimitives.ReadInt64LittleEndian(elf[(Offset(headers, section) + 8)..])
                : BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        }

        return 0;
    }

    private static int Offset(ReadOnlySpan<byte> headers, int section)
        => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(headers[((section * SectionHeaderSize) + 24)..]));
}
