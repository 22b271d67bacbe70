using System.Buffers.Binary;
using System.Text;

namespace DebugInfoFetch.Formats.Deb;

/// <summary>A header block of a tar archive (POSIX.1-1988 ustar, and GNU's form of it: tar manual, "Basic Tar Format").</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int BlockSize = 512;

    private readonly ReadOnlySpan<byte> _block = block;

    public bool IsZero => !_block.ContainsAnyExcept((byte)0);

    public byte TypeFlag => _block[156];

    public string LinkName => Text(_block.Slice(157, 100));

    /// <summary>-1: not a number.</summary>
    public long ByteSize => Number(_block.Slice(124, 12));

    public string Name
    {
        get
        {
            string name = Text(_block[..100]);
            // POSIX ustar has a prefix field; GNU's magic "ustar  " uses its place for other things.
            bool hasPrefix = _block.Slice(257, 6).SequenceEqual("ustar\0"u8);
            string prefix = hasPrefix ? Text(_block.Slice(345, 155)) : "";
            return prefix.Length > 0 ? $"{prefix}/{name}" : name;
        }
    }

    /// <summary>The checksum is the sum of all bytes, its own field taken for blanks; old tars summed signed bytes.</summary>
    public bool HasValidChecksum
    {
        get
        {
            long unsigned = 0, signed = 0;
            for (int i = 0; i < BlockSize; i++)
            {
                byte value = i is >= 148 and < 156 ? (byte)' ' : _block[i];
                unsigned += value;
                signed += (sbyte)value;
            }

            long expected = Number(_block.Slice(148, 8));
            return expected == unsigned || expected == signed;
        }
    }

    // Octal digits between blanks or zeros; or, GNU, a big-endian number behind a set high bit for sizes of 8 GiB and more.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            ulong large = BinaryPrimitives.ReadUInt64BigEndian(field[^8..]);
            bool fits = field[0] == 0x80 && !field[1..^8].ContainsAnyExcept((byte)0) && large <= long.MaxValue;
            return fits ? (long)large : -1;
        }

        long value = 0;
        bool ended = false, began = false;
        foreach (byte digit in field)
        {
            if (digit is (byte)' ' or 0) { ended = began; }
            else if (ended || digit is < (byte)'0' or > (byte)'7') { return -1; }
            else
            {
                began = true;
                value = (value << 3) | (uint)(digit - '0');
            }
        }

        return value;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
