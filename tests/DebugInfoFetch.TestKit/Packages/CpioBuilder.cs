using System.Text;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>Assembles a cpio archive entry by entry; an entry can be malformed on purpose.</summary>
public sealed class CpioBuilder
{
    public const int Regular = 0x81A4, Symbolic = 0xA1FF, Directory = 0x41ED;

    private readonly List<byte> _bytes = [];

    public long Length => _bytes.Count;

    /// <summary>070701 with a name and content.</summary>
    public CpioBuilder Newc(string name, ReadOnlySpan<byte> content, int mode = Regular, uint inode = 0, uint links = 1, long? announcedSize = null)
        => Full("070701", name, content, mode, inode, links, announcedSize ?? content.Length, checksum: 0);

    /// <summary>070702: newc with the sum of the content's bytes.</summary>
    public CpioBuilder Crc(string name, ReadOnlySpan<byte> content, int mode = Regular)
    {
        uint sum = 0;
        foreach (byte value in content) { sum += value; }

        return Full("070702", name, content, mode, 0, 1, content.Length, sum);
    }

    /// <summary>07070X: an index into the package header's file list instead of all else.</summary>
    public CpioBuilder Stripped(uint fileIndex, ReadOnlySpan<byte> content)
    {
        Text($"07070X{fileIndex:x8}\0\0");
        _bytes.AddRange(content);
        return Pad();
    }

    public CpioBuilder Trailer() => Newc("TRAILER!!!", default, 0);

    public CpioBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => _bytes.ToArray();

    private CpioBuilder Full(string magic, string name, ReadOnlySpan<byte> content, int mode, uint inode, uint links, long size, uint checksum)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name + "\0");
        uint[] fields = [inode, (uint)mode, 0, 0, links, 0, (uint)size, 0, 1, 0, 0, (uint)nameBytes.Length, checksum];
        Text(magic);
        foreach (uint field in fields) { Text(field.ToString("x8", System.Globalization.CultureInfo.InvariantCulture)); }

        _bytes.AddRange(nameBytes);
        Pad();
        _bytes.AddRange(content);
        return Pad();
    }

    private void Text(string text) => _bytes.AddRange(Encoding.ASCII.GetBytes(text));

    private CpioBuilder Pad()
    {
        while (_bytes.Count % 4 != 0) { _bytes.Add(0); }

        return this;
    }
}
