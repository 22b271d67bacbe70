using System.Buffers;
using System.Security.Cryptography;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>
/// A forward-only view of a part of another stream: counts what is read, feeds it to digests, and takes an end that comes too
/// early for a fault rather than for an end. Never closes the stream below.
/// </summary>
public sealed class MeteredStream : ForwardStream, IRandomAccessSource
{
    private readonly Stream _inner;
    private readonly string _displayName;
    private readonly long _start;
    private readonly long? _length;
    private readonly List<IncrementalHash> _digests = [];
    private long _bytesRead;

    /// <param name="inner">Read from where it stands.</param>
    /// <param name="length">Bytes that this part has; null: all up to the end of <paramref name="inner"/>.</param>
    /// <param name="displayName">File and part, for faults.</param>
    /// <param name="startOffset">
    /// Where <paramref name="inner"/> stands, in bytes from the file's start; when that is a random access source, from its start.
    /// </param>
    public MeteredStream(Stream inner, long? length, string displayName, long startOffset = 0)
    {
        _inner = inner;
        _displayName = displayName;
        _length = length;
        StartOffset = startOffset;
        _start = inner.CanSeek ? inner.Position : startOffset;
        long? size = inner.CanSeek ? inner.Length : (inner as IRandomAccessSource)?.RandomAccessLength;
        if (size - _start is { } left)
        {
            if (length is { } wanted && wanted > left)
            {
                throw new InputFaultException(
                    $"{displayName}: truncated: it should have {wanted} bytes from offset 0x{startOffset:x}, the file ends after {left}; fetch it anew");
            }

            RandomAccessLength = length ?? left;
        }
    }

    /// <summary>Bytes from the file's start to this part's first byte.</summary>
    public long StartOffset { get; }

    /// <summary>Bytes read so far. May be read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    public long? RandomAccessLength { get; }

    /// <summary>Feeds every byte read from now on to <paramref name="digest"/>; the caller keeps owning it.</summary>
    public void AddDigest(IncrementalHash digest) => _digests.Add(digest);

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) { return 0; }

        if (_length is { } length) { buffer = buffer[..(int)Math.Min(buffer.Length, length - _bytesRead)]; }

        if (buffer.IsEmpty) { return 0; }

        int read = _inner.Read(buffer);
        if (read == 0)
        {
            return _length is null
                ? 0
                : throw new InputFaultException(
                    $"{_displayName}: truncated: it should have {_length} bytes from offset 0x{StartOffset:x}, the file ends after {_bytesRead}; fetch it anew");
        }

        foreach (var digest in _digests) { digest.AppendData(buffer[..read]); }

        Volatile.Write(ref _bytesRead, _bytesRead + read);
        return read;
    }

    public override IMemoryOwner<byte>? Lend(int count)
    {
        if (_length - _bytesRead < count || (_inner as ForwardStream)?.Lend(count) is not { } lent) { return null; }

        foreach (var digest in _digests) { digest.AppendData(lent.Memory.Span); }

        Volatile.Write(ref _bytesRead, _bytesRead + count);
        return lent;
    }

    public void ReadExactlyAt(long offset, Span<byte> buffer)
    {
        if (RandomAccessLength is not { } length) { throw new NotSupportedException("this source can only be read forward"); }

        if (offset < 0 || offset > length - buffer.Length)
        {
            throw InputFaultException.At(_displayName, "file", offset, $"{buffer.Length} bytes are wanted here, there are {length} in all");
        }

        if (_inner is IRandomAccessSource source)
        {
            source.ReadExactlyAt(_start + offset, buffer);
            return;
        }

        long position = _inner.Position;
        try
        {
            _inner.Position = _start + offset;
            _inner.ReadExactly(buffer);
        }
        finally { _inner.Position = position; }
    }
}
