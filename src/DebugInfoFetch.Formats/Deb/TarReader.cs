using System.Buffers;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Deb;

/// <summary>Reads a tar archive forward: ustar, GNU with long names and links, and pax with path, linkpath and size.</summary>
public sealed class TarReader : IDisposable
{
    // Long names and pax records are held in memory: PATH_MAX is 4 KiB, pax records of packages are smaller.
    private const int LargestExtension = 1 << 20;

    // GNU and pax can tell any 63-bit size. Sums of offsets stay far from overflow.
    private const long LargestFile = 1L << 56;

    private readonly Stream _stream;
    private readonly string _displayName;
    private long _offset;
    private TarEntry? _current;
    private TarContent? _content;
    private bool _ended;
    private byte[]? _skipped;

    /// <param name="stream">The decoded archive; not closed.</param>
    /// <param name="displayName">File and part, for faults; offsets in them count decoded bytes.</param>
    public TarReader(Stream stream, string displayName) => (_stream, _displayName) = (stream, displayName);

    public TarEntry Current => _current ?? throw new InvalidOperationException("there is no current entry");

    /// <summary>Goes to the next entry, past what is left of the current one's content. False at the archive's end.</summary>
    /// <exception cref="InputFaultException">A damaged header, or no end where the archive stops.</exception>
    public bool MoveNext()
    {
        if (_ended) { return false; }

        SkipContent();
        var extensions = new TarExtensions();
        Span<byte> block = stackalloc byte[TarHeader.BlockSize];
        while (true)
        {
            long at = _offset;
            int read = _stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
            _offset += read;
            var header = new TarHeader(block);
            // A zero block ends the archive; some writers leave out both that should be there.
            if (read == 0 || (read == block.Length && header.IsZero))
            {
                if (read == 0 && at == 0) { throw Fault(0, "truncated: an empty tar archive; fetch it anew"); }

                _ended = true;
                _current = null;
                return false;
            }

            if (read < block.Length) { throw Fault(at, "truncated: the archive ends inside a header; fetch it anew"); }

            if (!header.HasValidChecksum) { throw Fault(at, "no tar header: its checksum is wrong; fetch it anew"); }

            long size = header.ByteSize;
            if (size < 0) { throw Fault(at + 124, "the size is not a number; fetch it anew"); }

            if (size > LargestFile || extensions.ByteSize > LargestFile)
            {
                throw Fault(at + 124, $"a size of {extensions.ByteSize ?? size} bytes");
            }

            if (header.TypeFlag is (byte)'L' or (byte)'K' or (byte)'x' or (byte)'g')
            {
                extensions.Add(header.TypeFlag, ReadExtension(size, at));
                continue;
            }

            _current = Entry(header, size, extensions, at);
            _content = new TarContent(this, _current.ByteSize);
            return true;
        }
    }

    /// <summary>The current entry's content, before the next <see cref="MoveNext"/>; the same stream each time.</summary>
    public Stream OpenCurrent() => _content ?? throw new InvalidOperationException("there is no current entry");

    /// <summary>Ends the current entry's content; leaves the archive's stream alone.</summary>
    public void Dispose() => _content?.Dispose();

    private TarEntry Entry(TarHeader header, long size, TarExtensions extensions, long at)
    {
        // 7 is a contiguous file, NUL a file of tars before POSIX (which mark directories by a trailing slash).
        string name = extensions.Path ?? header.Name;
        var kind = header.TypeFlag switch
        {
            0 when name.EndsWith('/') => TarEntryKind.Directory,
            (byte)'0' or 0 or (byte)'7' => TarEntryKind.File,
            (byte)'1' => TarEntryKind.HardLink,
            (byte)'2' => TarEntryKind.Symlink,
            (byte)'5' => TarEntryKind.Directory,
            (byte)'S' => throw Fault(at, $"{name} is a GNU sparse file, which is not read here"),
            _ => TarEntryKind.Other,
        };
        bool isLink = kind is TarEntryKind.HardLink or TarEntryKind.Symlink;
        string target = isLink ? extensions.LinkPath ?? header.LinkName : "";
        long contentSize = isLink || kind == TarEntryKind.Directory ? 0 : extensions.ByteSize ?? size;
        return new TarEntry(name, kind, target, contentSize, at);
    }

    private byte[] ReadExtension(long size, long at)
    {
        if (size > LargestExtension) { throw Fault(at, $"a name or pax record of {size} bytes; {LargestExtension} are allowed"); }

        byte[] bytes = new byte[size];
        Fill(bytes);
        SkipTo(AlignUp(_offset));
        return bytes;
    }

    private void SkipContent()
    {
        if (_content is not { } content) { return; }

        SkipTo(AlignUp(_offset + content.Left));
        content.Dispose();
        _content = null;
    }

    private void SkipTo(long offset)
    {
        while (_offset < offset) { Fill((_skipped ??= new byte[128 << 10]).AsSpan(0, (int)Math.Min(_skipped.Length, offset - _offset))); }
    }

    private void Fill(Span<byte> target)
    {
        int read = _stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        _offset += read;
        if (read < target.Length) { throw Fault(_offset, "truncated: the archive ends inside an entry; fetch it anew"); }
    }

    private static long AlignUp(long offset) => (offset + TarHeader.BlockSize - 1) & -TarHeader.BlockSize;

    private InputFaultException Fault(long offset, string what) => InputFaultException.At(_displayName, "tar", offset, what);

    private sealed class TarContent(TarReader reader, long size) : ForwardStream
    {
        private bool _closed;

        public long Left { get; private set; } = size;

        public override int Read(Span<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            int wanted = (int)Math.Min(buffer.Length, Left);
            if (wanted == 0) { return 0; }

            int read = reader._stream.Read(buffer[..wanted]);
            if (read == 0)
            {
                throw reader.Fault(reader._offset, $"truncated: the archive ends {Left} bytes before its entry does; fetch it anew");
            }

            reader._offset += read;
            Left -= read;
            return read;
        }

        public override IMemoryOwner<byte>? Lend(int count)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (count > Left || (reader._stream as ForwardStream)?.Lend(count) is not { } lent) { return null; }

            reader._offset += count;
            Left -= count;
            return lent;
        }

        protected override void Dispose(bool disposing)
        {
            _closed = true;
            base.Dispose(disposing);
        }
    }
}
