namespace DebugInfoFetch.Formats.Binary;

/// <summary>Reads a random access source forward from a place, in steps that grow: who stops early has asked for little.</summary>
/// <param name="from">Where it begins, in bytes from the source's start.</param>
/// <param name="end">Where it ends.</param>
/// <param name="firstStep">Bytes asked for at first.</param>
public sealed class SourceStream(IRandomAccessSource source, long from, long end, int firstStep = SourceStream.SmallStep) : ForwardStream, IRandomAccessSource
{
    public const int SmallStep = 64 << 10;
    private const int LargestStep = 1 << 20;

    private byte[] _held = [];
    private int _at, _count, _step = firstStep;
    private long _next = from;

    public long? RandomAccessLength => source.RandomAccessLength;

    public void ReadExactlyAt(long offset, Span<byte> buffer) => source.ReadExactlyAt(offset, buffer);

    public override int Read(Span<byte> buffer)
    {
        if (_at == _count)
        {
            long left = end - _next;
            if (left <= 0 || buffer.IsEmpty) { return 0; }

            // What is asked for in one piece comes in one request.
            if (buffer.Length >= _step)
            {
                int direct = (int)Math.Min(buffer.Length, left);
                source.ReadExactlyAt(_next, buffer[..direct]);
                _next += direct;
                return direct;
            }

            Refill(left);
        }

        int taken = Math.Min(buffer.Length, _count - _at);
        _held.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    private void Refill(long left)
    {
        int wanted = (int)Math.Min(_step, left);
        if (_held.Length < wanted) { _held = new byte[wanted]; }

        source.ReadExactlyAt(_next, _held.AsSpan(0, wanted));
        _next += wanted;
        (_at, _count) = (0, wanted);
        _step = Math.Min(_step * 2, LargestStep);
    }
}
