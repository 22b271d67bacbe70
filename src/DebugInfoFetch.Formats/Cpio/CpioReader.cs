using System.Buffers;
using System.Globalization;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Cpio;

/// <summary>
/// Reads a cpio archive forward: newc (070701), crc (070702, whose checksums rpm ignores too), and rpm's stripped form (07070X), in
/// which an entry is an index into the package header's file list. Forms may be mixed: the trailer of a stripped archive is newc.
/// </summary>
public sealed class CpioReader : IDisposable
{
    /// <summary>Bytes of a newc or crc header, before the name.</summary>
    public const int HeaderSize = 110;
    /// <summary>Bytes of a stripped header: magic, eight hex digits, two of padding.</summary>
    public const int StrippedHeaderSize = 16;

    // PATH_MAX of Linux, with room; rpm's own limit is the same order.
    private const int LongestName = 16 << 10;
    // Only a stripped entry can tell more than 4 GiB. Sums of offsets stay far from overflow.
    private const long LargestFile = 1L << 56;
    private const string Trailer = "TRAILER!!!";

    private readonly Stream _stream;
    private readonly string _displayName;
    private readonly Func<int, CpioEntry>? _strippedEntry;
    private readonly byte[] _skipped = new byte[128 << 10];
    private long _offset;
    private CpioEntry? _current;
    private CpioContent? _content;
    private bool _ended;

    /// <param name="stream">The decoded archive; not closed.</param>
    /// <param name="displayName">File and part, for faults; offsets in them count decoded bytes.</param>
    /// <param name="strippedEntry">Answers what an index of a stripped archive stands for; throws for one that does not exist.</param>
    public CpioReader(Stream stream, string displayName, Func<int, CpioEntry>? strippedEntry = null)
    {
        _stream = stream;
        _displayName = displayName;
        _strippedEntry = strippedEntry;
    }

    public CpioEntry Current => _current ?? throw new InvalidOperationException("there is no current entry");

    /// <summary>Goes to the next entry, past what is left of the current one's content. False at the trailer.</summary>
    /// <exception cref="InputFaultException">No header where one must be, or the archive ends without a trailer.</exception>
    public bool MoveNext()
    {
        if (_ended) { return false; }

        if (_current is not null) { SkipContent(); }

        long at = _offset;
        Span<byte> header = stackalloc byte[HeaderSize];
        Fill(header[..StrippedHeaderSize], "a header");
        if (!header.StartsWith("07070"u8)) { throw NoHeader(at, header); }

        _current = header[5] switch
        {
            (byte)'1' or (byte)'2' => ReadFull(header, at),
            (byte)'X' => ReadStripped(header, at),
            _ => throw NoHeader(at, header),
        };
        _ended = _current is null;
        return !_ended;
    }

    /// <summary>The current entry's content, read once and before the next <see cref="MoveNext"/>. A symlink's is its target.</summary>
    public Stream OpenCurrent()
    {
        var entry = Current;
        if (_content is not null) { throw new InvalidOperationException("the content of an entry can be read once"); }

        return _content = new CpioContent(this, entry.ByteSize);
    }

    /// <summary>Ends the current entry's content; leaves the archive's stream alone.</summary>
    public void Dispose() => _content?.Dispose();

    private CpioEntry? ReadFull(Span<byte> header, long at)
    {
        Fill(header[StrippedHeaderSize..], "a header");
        uint Field(int index, Span<byte> bytes) => Hex(bytes.Slice(6 + (index * 8), 8), at + 6 + (index * 8));

        uint nameSize = Field(11, header);
        if (nameSize is 0 or > LongestName) { throw Fault(at + 94, $"a name of {nameSize} bytes; {LongestName} are allowed"); }

        Span<byte> nameBytes = new byte[nameSize];
        Fill(nameBytes, "a name");
        // Header and name together end at a multiple of four, and so does the data.
        SkipTo(AlignUp(at + HeaderSize + nameSize, at));
        int end = nameBytes.IndexOf((byte)0);
        string name = Encoding.UTF8.GetString(end < 0 ? nameBytes : nameBytes[..end]);
        if (name == Trailer) { return null; }

        ulong device = ((ulong)Field(7, header) << 32) | Field(8, header);
        var entry = new CpioEntry(name, -1, (int)Field(1, header), Field(4, header), device, Field(0, header), Field(6, header));
        BeginContent(at);
        return entry;
    }

    private CpioEntry? ReadStripped(Span<byte> header, long at)
    {
        uint index = Hex(header.Slice(6, 8), at + 6);
        // rpm's trailer is a full one; an index of all ones has been met in its place.
        if (index == uint.MaxValue) { return null; }

        if (_strippedEntry is null || index > int.MaxValue)
        {
            throw Fault(at, _strippedEntry is null ? "a stripped entry (07070X), but there is no file list that it could mean" : $"file index {index}");
        }

        BeginContent(at);
        var entry = _strippedEntry((int)index);
        return entry.ByteSize is >= 0 and <= LargestFile ? entry : throw Fault(at, $"file {index} has {entry.ByteSize} bytes");
    }

    private void BeginContent(long entryOffset)
    {
        _content = null;
        EntryOffset = entryOffset;
    }

    /// <summary>Where the current entry's header begins, in decoded bytes from the archive's start.</summary>
    public long EntryOffset { get; private set; }

    private void SkipContent()
    {
        long size = _current!.ByteSize;
        long read = _content?.BytesRead ?? 0;
        _content?.Dispose();
        // Each entry begins at a multiple of four of the archive.
        SkipTo(AlignUp(_offset + (size - read), 0));
    }

    private void SkipTo(long offset)
    {
        while (_offset < offset)
        {
            int wanted = (int)Math.Min(_skipped.Length, offset - _offset);
            Fill(_skipped.AsSpan(0, wanted), "an entry's content");
        }
    }

    private void Fill(Span<byte> target, string what)
    {
        int read = _stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        _offset += read;
        if (read < target.Length) { throw Fault(_offset, $"truncated: the archive ends inside {what}, without a trailer; fetch it anew"); }
    }

    private uint Hex(ReadOnlySpan<byte> digits, long at)
        => uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw Fault(at, $"eight hex digits are expected, not {Convert.ToHexStringLower(digits)}");

    private InputFaultException NoHeader(long at, ReadOnlySpan<byte> found)
        => Fault(at, $"no cpio header: {Convert.ToHexStringLower(found[..6])} where 070701, 070702 or 07070X is expected; fetch it anew");

    private InputFaultException Fault(long offset, string what) => InputFaultException.At(_displayName, "cpio", offset, what);

    private static long AlignUp(long offset, long origin) => origin + ((offset - origin + 3) & ~3L);

    private sealed class CpioContent(CpioReader reader, long size) : ForwardStream
    {
        private bool _closed;

        public long BytesRead { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            int wanted = (int)Math.Min(buffer.Length, size - BytesRead);
            if (wanted == 0) { return 0; }

            int read = reader._stream.Read(buffer[..wanted]);
            if (read == 0)
            {
                throw reader.Fault(reader._offset, $"truncated: the archive ends after {BytesRead} of an entry's {size} bytes; fetch it anew");
            }

            reader._offset += read;
            BytesRead += read;
            return read;
        }

        public override IMemoryOwner<byte>? Lend(int count)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (count > size - BytesRead || (reader._stream as ForwardStream)?.Lend(count) is not { } lent) { return null; }

            reader._offset += count;
            BytesRead += count;
            return lent;
        }

        protected override void Dispose(bool disposing)
        {
            _closed = true;
            base.Dispose(disposing);
        }
    }
}
