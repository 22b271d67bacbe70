using System.Buffers;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>A stream that can only be read, and only forward. An implementation writes <see cref="Read(Span{byte})"/>.</summary>
public abstract class ForwardStream : Stream
{
    public sealed override bool CanRead => true;
    public sealed override bool CanSeek => false;
    public sealed override bool CanWrite => false;
    public sealed override long Length => throw new NotSupportedException();
    public sealed override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public abstract override int Read(Span<byte> buffer);

    /// <summary>
    /// Hands over the next <paramref name="count"/> bytes where they lie, instead of copying them: they are the taker's, to be written to as well, until it
    /// disposes of them, which may be after the stream. Null, and nothing is read, where they do not lie in one piece.
    /// </summary>
    public virtual IMemoryOwner<byte>? Lend(int count) => null;

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public sealed override void Flush() { }
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public sealed override void SetLength(long value) => throw new NotSupportedException();
    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
