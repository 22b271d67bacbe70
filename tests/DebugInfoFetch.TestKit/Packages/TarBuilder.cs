using System.Globalization;
using System.Text;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>Assembles a tar archive entry by entry; an entry can be malformed on purpose.</summary>
public sealed class TarBuilder
{
    private readonly List<byte> _bytes = [];

    public TarBuilder File(string name, ReadOnlySpan<byte> content) => Entry(name, '0', content);

    public TarBuilder Directory(string name) => Entry(name, '5', default);

    public TarBuilder Symlink(string name, string target) => Entry(name, '2', default, link: target);

    public TarBuilder HardLink(string name, string target) => Entry(name, '1', default, link: target);

    /// <summary>GNU's L or K: the next entry's name or link target.</summary>
    public TarBuilder GnuLong(char type, string text) => Entry("././@LongLink", type, Encoding.UTF8.GetBytes(text + "\0"));

    /// <summary>pax records for the next entry.</summary>
    public TarBuilder Pax(params (string Key, string Value)[] records)
        => Entry("./PaxHeaders/x", 'x', Encoding.UTF8.GetBytes(string.Concat(records.Select(record => PaxRecord(record.Key, record.Value)))));

    /// <param name="size">The size field's 12 bytes; octal of the content's length when null.</param>
    public TarBuilder Entry(string name, char type, ReadOnlySpan<byte> content, string link = "", byte[]? size = null, bool isPosix = false, string prefix = "")
    {
        byte[] block = new byte[512];
        Put(block, 0, name);
        Put(block, 100, "0000644");
        Put(block, 108, "0000000");
        Put(block, 116, "0000000");
        if (size is not null) { size.CopyTo(block, 124); }
        else { Put(block, 124, Convert.ToString(content.Length, 8).PadLeft(11, '0')); }

        Put(block, 136, "00000000000");
        block[156] = (byte)type;
        Put(block, 157, link);
        Put(block, 257, isPosix ? "ustar\000" : "ustar  ");
        Put(block, 345, prefix);
        block.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in block) { sum += value; }

        Put(block, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        _bytes.AddRange(block);
        _bytes.AddRange(content);
        while (_bytes.Count % 512 != 0) { _bytes.Add(0); }

        return this;
    }

    public TarBuilder End()
    {
        _bytes.AddRange(new byte[1024]);
        return this;
    }

    public byte[] ToArray() => _bytes.ToArray();

    private static string PaxRecord(string key, string value)
    {
        // The length counts its own digits.
        int rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        int length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length) { length++; }

        return $"{length} {key}={value}\n";
    }

    private static void Put(byte[] block, int at, string text) => Encoding.UTF8.GetBytes(text).CopyTo(block, at);
}
