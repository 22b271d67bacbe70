using System.Buffers;
using System.Runtime.ExceptionServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Reads what decoding threads put into a <see cref="ChunkPipe"/>. Disposing it ends the threads; a decoder that still waits for
/// input ends when that arrives.
/// </summary>
internal sealed class ChunkStream : ForwardStream
{
    private readonly ChunkPipe _pipe;
    private readonly Thread[] _threads;
    private readonly Action _cleanUp;
    private Chunk? _current;
    private int _position;
    private bool _disposed;

    /// <param name="work">What each decoding thread runs. It must not throw: faults go through the pipe.</param>
    /// <param name="cleanUp">Run once all threads have ended; disposes the pipe.</param>
    public ChunkStream(ChunkPipe pipe, int threads, Action work, Action cleanUp)
    {
        _pipe = pipe;
        _cleanUp = cleanUp;
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(() => work()) { IsBackground = true, Name = "decode" };
            _threads[i].Start();
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || Unread() is not { } chunk) { return 0; }

        int taken = Math.Min(buffer.Length, chunk.Length - _position);
        chunk.Span.Slice(_position, taken).CopyTo(buffer);
        _position += taken;
        return taken;
    }

    public override IMemoryOwner<byte>? Lend(int count)
    {
        if (count == 0 || Unread() is null || _pipe.Lend(_position, count) is not { } lent) { return null; }

        for (int left = count; left > 0;)
        {
            // All of them are there, or nothing would have been lent.
            var chunk = Unread()!;
            int taken = Math.Min(left, chunk.Length - _position);
            _position += taken;
            left -= taken;
        }

        return lent;
    }

    /// <summary>The chunk that has the next byte; null behind the last.</summary>
    private Chunk? Unread()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (true)
        {
            var chunk = _current ??= _pipe.Next();
            if (chunk.Fault is { } fault) { ExceptionDispatchInfo.Throw(fault); }

            if (_position < chunk.Length) { return chunk; }

            if (chunk.IsLast) { return null; }

            _current = null;
            _position = 0;
            _pipe.Release(chunk);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _pipe.Abandon();
            foreach (var thread in _threads) { thread.Join(); }

            _cleanUp();
        }

        base.Dispose(disposing);
    }
}
