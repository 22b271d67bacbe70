using System.Buffers;

namespace DebugInfoFetch.Formats.Binary;

/// <summary>
/// Looks at the first bytes of a stream before anybody reads them, seekable or not. Never closes the stream below.
/// </summary>
public sealed class PeekStream(Stream inner) : ForwardStream, IRandomAccessSource
{
    private byte[] _held = [];
    private int _at;
    private int _count;

    public long? RandomAccessLength => (inner as IRandomAccessSource)?.RandomAccessLength;

    public void ReadExactlyAt(long offset, Span<byte> buffer)
        => ((inner as IRandomAccessSource) ?? throw new NotSupportedException("this source can only be read forward")).ReadExactlyAt(offset, buffer);

    /// <summary>
    /// The next bytes, up to <paramref name="count"/>; fewer only when the stream ends before. They are still to be read.
    /// </summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        if (_count < count)
        {
            byte[] larger = new byte[count];
            _held.AsSpan(_at, _count).CopyTo(larger);
            _count += inner.ReadAtLeast(larger.AsSpan(_count), count - _count, throwOnEndOfStream: false);
            (_held, _at) = (larger, 0);
        }

        return _held.AsSpan(_at, Math.Min(count, _count));
    }

    public override IMemoryOwner<byte>? Lend(int count) => _count == 0 ? (inner as ForwardStream)?.Lend(count) : null;

    public override int Read(Span<byte> buffer)
    {
        if (_count == 0) { return inner.Read(buffer); }

        int taken = Math.Min(buffer.Length, _count);
        _held.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        _count -= taken;
        return taken;
    }
}
