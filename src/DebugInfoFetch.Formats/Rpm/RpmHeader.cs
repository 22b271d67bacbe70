using System.Buffers.Binary;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Rpm;

/// <summary>
/// A header of an RPM: entries of tag, type, offset and count, and the data they point into. Big-endian. Both headers of a package
/// have this form; tag numbers mean different things in each.
/// </summary>
public sealed class RpmHeader
{
    /// <summary>Bytes before the entries: magic, reserved, number of entries, bytes of data.</summary>
    public const int PreambleSize = 16;

    private const int EntrySize = 16;
    // rpm's own limits (header.cc: HEADER_TAGS_MAX, HEADER_DATA_MAX; rpmfi: items of an array).
    private const uint MostEntries = 65_535;
    private const uint MostData = 256 << 20;
    private const uint MostItems = 1_048_575;
    private static readonly byte[] Magic = [0x8E, 0xAD, 0xE8, 0x01, 0, 0, 0, 0];

    private readonly Dictionary<int, Entry> _entries;
    private readonly byte[] _bytes;
    private readonly int _dataStart;
    private readonly string _displayName;

    private RpmHeader(byte[] bytes, int entryCount, string displayName, string part)
    {
        _bytes = bytes;
        _dataStart = PreambleSize + (entryCount * EntrySize);
        _displayName = displayName;
        Part = part;
        _entries = new Dictionary<int, Entry>(entryCount);
        for (int i = 0; i < entryCount; i++) { AddEntry(PreambleSize + (i * EntrySize)); }
    }

    /// <summary><c>signature header</c> or <c>main header</c>; for faults.</summary>
    public string Part { get; }

    /// <summary>The whole header from magic to the data's end: what the header's digests and signatures are over.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <param name="offset">Where the header begins, in bytes from the file's start; for faults.</param>
    /// <exception cref="InputFaultException">No header begins here, it ends too early, or it is larger than rpm allows.</exception>
    public static RpmHeader Read(Stream stream, string displayName, string part, long offset)
    {
        InputFaultException Fault(long at, string what) => InputFaultException.At(displayName, part, at, what);

        Span<byte> preamble = stackalloc byte[PreambleSize];
        if (stream.ReadAtLeast(preamble, PreambleSize, throwOnEndOfStream: false) < PreambleSize)
        {
            throw Fault(0, $"truncated: the file ends inside the header that begins at 0x{offset:x}; fetch it anew");
        }

        if (!preamble.StartsWith(Magic))
        {
            throw Fault(0, $"no RPM header at 0x{offset:x} of the file: {Convert.ToHexStringLower(preamble[..8])} instead of 8eade80100000000");
        }

        uint entryCount = BinaryPrimitives.ReadUInt32BigEndian(preamble[8..]);
        uint dataSize = BinaryPrimitives.ReadUInt32BigEndian(preamble[12..]);
        if (entryCount > MostEntries) { throw Fault(8, $"{entryCount} entries, rpm allows {MostEntries}"); }

        if (dataSize > MostData) { throw Fault(12, $"{dataSize} bytes of data, rpm allows {MostData}"); }

        int size = PreambleSize + ((int)entryCount * EntrySize) + (int)dataSize;
        byte[] bytes = ReadGrowing(stream, preamble, size)
            ?? throw Fault(PreambleSize, $"truncated: the header at 0x{offset:x} has {size} bytes, the file ends before; fetch it anew");
        return new RpmHeader(bytes, (int)entryCount, displayName, part);
    }

    public bool Has(int tag) => _entries.ContainsKey(tag);

    /// <summary>A string, or the first of several; null when the header has no such tag.</summary>
    public string? String(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry)) { return null; }

        Expect(tag, entry, entry.Type is RpmDataType.String or RpmDataType.I18NString or RpmDataType.StringArray, "a string");
        int at = entry.Offset;
        return entry.Count == 0 ? null : NextString(tag, ref at);
    }

    /// <summary>Strings in order; empty when the header has no such tag.</summary>
    public string[] Strings(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry)) { return []; }

        Expect(tag, entry, entry.Type is RpmDataType.String or RpmDataType.I18NString or RpmDataType.StringArray, "strings");
        // Each string takes a byte at least: a count beyond the data cannot be true, and takes no memory.
        if (entry.Count > DataEnd - entry.Offset) { throw TooLarge(tag, entry); }

        string[] strings = new string[entry.Count];
        int at = entry.Offset;
        for (int i = 0; i < strings.Length; i++) { strings[i] = NextString(tag, ref at); }

        return strings;
    }

    /// <summary>Unsigned integers of any width in order; empty when the header has no such tag.</summary>
    public ulong[] Integers(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry)) { return []; }

        int width = entry.Type switch
        {
            RpmDataType.Char or RpmDataType.Int8 => 1,
            RpmDataType.Int16 => 2,
            RpmDataType.Int32 => 4,
            RpmDataType.Int64 => 8,
            _ => throw WrongType(tag, entry, "integers"),
        };
        var data = Data(tag, entry, width);
        ulong[] values = new ulong[entry.Count];
        for (int i = 0; i < values.Length; i++)
        {
            var item = data[(i * width)..];
            values[i] = width switch
            {
                1 => item[0],
                2 => BinaryPrimitives.ReadUInt16BigEndian(item),
                4 => BinaryPrimitives.ReadUInt32BigEndian(item),
                _ => BinaryPrimitives.ReadUInt64BigEndian(item),
            };
        }

        return values;
    }

    /// <summary>One unsigned integer; null when the header has no such tag.</summary>
    public ulong? Integer(int tag) => Integers(tag) is [var first, ..] ? first : null;

    /// <summary>Binary data; empty when the header has no such tag.</summary>
    public ReadOnlySpan<byte> Binary(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry)) { return default; }

        Expect(tag, entry, entry.Type == RpmDataType.Binary, "binary data");
        return Data(tag, entry, 1);
    }

    public InputFaultException Fault(int tag, string what)
        => InputFaultException.At(_displayName, Part, _entries.TryGetValue(tag, out var entry) ? entry.Offset : 0, $"tag {tag}: {what}");

    private int DataEnd => _bytes.Length;

    // The file may be shorter than the header says: memory is taken as bytes arrive.
    private static byte[]? ReadGrowing(Stream stream, ReadOnlySpan<byte> preamble, int size)
    {
        const int Step = 1 << 20;
        byte[] bytes = new byte[Math.Min(size, Step)];
        preamble.CopyTo(bytes);
        int filled = PreambleSize;
        while (true)
        {
            int wanted = bytes.Length - filled;
            if (stream.ReadAtLeast(bytes.AsSpan(filled), wanted, throwOnEndOfStream: false) < wanted) { return null; }

            filled = bytes.Length;
            if (filled == size) { return bytes; }

            Array.Resize(ref bytes, (int)Math.Min(size, (long)bytes.Length * 2));
        }
    }

    private void AddEntry(int at)
    {
        int tag = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(at));
        int type = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(at + 4));
        int offset = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(at + 8));
        uint count = BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at + 12));
        int dataSize = _bytes.Length - _dataStart;
        if (offset < 0 || offset > dataSize)
        {
            throw InputFaultException.At(_displayName, Part, at + 8, $"tag {tag} lies at {offset} of {dataSize} bytes of data");
        }

        // Binary data may be as long as the header; arrays have rpm's limit.
        if (count > (type == (int)RpmDataType.Binary ? MostData : MostItems))
        {
            throw InputFaultException.At(_displayName, Part, at + 12, $"tag {tag} has {count} items, rpm allows {MostItems}");
        }

        // rpm takes the first of two entries of one tag.
        _entries.TryAdd(tag, new Entry((RpmDataType)type, _dataStart + offset, (int)count));
    }

    private string NextString(int tag, ref int at)
    {
        var rest = _bytes.AsSpan(at);
        int length = rest.IndexOf((byte)0);
        if (length < 0) { throw InputFaultException.At(_displayName, Part, at, $"tag {tag}: a string does not end"); }

        at += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    private ReadOnlySpan<byte> Data(int tag, Entry entry, int width)
    {
        long size = (long)entry.Count * width;
        return size > DataEnd - entry.Offset ? throw TooLarge(tag, entry) : _bytes.AsSpan(entry.Offset, (int)size);
    }

    private void Expect(int tag, Entry entry, bool matches, string what)
    {
        if (!matches) { throw WrongType(tag, entry, what); }
    }

    private InputFaultException WrongType(int tag, Entry entry, string what)
        => InputFaultException.At(_displayName, Part, entry.Offset, $"tag {tag} has type {(int)entry.Type}, not {what}");

    private InputFaultException TooLarge(int tag, Entry entry)
        => InputFaultException.At(_displayName, Part, entry.Offset, $"tag {tag} has {entry.Count} items, more than the header holds");

    /// <param name="Offset">Bytes from the header's start.</param>
    private readonly record struct Entry(RpmDataType Type, int Offset, int Count);
}
