using System.Buffers.Binary;
using System.Text;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>Assembles a header of an RPM from tags with named types; entries stand in the order of the calls.</summary>
public sealed class RpmHeaderBuilder
{
    private readonly List<(int Tag, int Type, int Offset, int Count)> _entries = [];
    private readonly List<byte> _data = [];

    public RpmHeaderBuilder String(int tag, string value) => Add(tag, 6, 1, 1, Encoding.UTF8.GetBytes(value + "\0"));

    public RpmHeaderBuilder Strings(int tag, params string[] values)
        => Add(tag, 8, values.Length, 1, Encoding.UTF8.GetBytes(string.Concat(values.Select(value => value + "\0"))));

    public RpmHeaderBuilder Int16(int tag, params int[] values) => Integers(tag, 3, 2, values.Select(value => (long)value));

    public RpmHeaderBuilder Int32(int tag, params long[] values) => Integers(tag, 4, 4, values);

    public RpmHeaderBuilder Int64(int tag, params long[] values) => Integers(tag, 5, 8, values);

    public RpmHeaderBuilder Binary(int tag, ReadOnlySpan<byte> value) => Add(tag, 7, value.Length, 1, value);

    /// <summary>An entry as given, true or not, without data.</summary>
    public RpmHeaderBuilder RawEntry(int tag, int type, int offset, int count)
    {
        _entries.Add((tag, type, offset, count));
        return this;
    }

    /// <param name="entryCount">What the preamble claims; the true number when null.</param>
    public byte[] ToArray(uint? entryCount = null, uint? dataSize = null)
    {
        byte[] bytes = new byte[16 + (_entries.Count * 16) + _data.Count];
        Convert.FromHexString("8eade80100000000").CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), entryCount ?? (uint)_entries.Count);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), dataSize ?? (uint)_data.Count);
        for (int i = 0; i < _entries.Count; i++)
        {
            var entry = bytes.AsSpan(16 + (i * 16));
            BinaryPrimitives.WriteInt32BigEndian(entry, _entries[i].Tag);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], _entries[i].Type);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], _entries[i].Offset);
            BinaryPrimitives.WriteInt32BigEndian(entry[12..], _entries[i].Count);
        }

        _data.ToArray().CopyTo(bytes, 16 + (_entries.Count * 16));
        return bytes;
    }

    private RpmHeaderBuilder Integers(int tag, int type, int width, IEnumerable<long> values)
    {
        using var bytes = new MemoryStream();
        Span<byte> item = stackalloc byte[8];
        int count = 0;
        foreach (long value in values)
        {
            BinaryPrimitives.WriteInt64BigEndian(item, value);
            bytes.Write(item[(8 - width)..]);
            count++;
        }

        return Add(tag, type, count, width, bytes.ToArray());
    }

    private RpmHeaderBuilder Add(int tag, int type, int count, int alignment, ReadOnlySpan<byte> data)
    {
        while (_data.Count % alignment != 0) { _data.Add(0); }

        _entries.Add((tag, type, (int)_data.Count, count));
        _data.AddRange(data);
        return this;
    }
}
