using System.Buffers;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Hands decoded chunks from any number of threads to one reader, in the order in which they were claimed. Claims wait while the
/// budget is used up, so that decoders run ahead of the reader by a bounded number of bytes.
/// </summary>
internal sealed class ChunkPipe(long budget) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _readerMayGoOn = new(false);
    private readonly ManualResetEventSlim _claimsMayGoOn = new(false);
    private readonly Queue<Chunk> _claimed = new();
    private readonly List<Chunk> _spare = [];
    private long _claimedBytes;
    private bool _finished;
    private volatile bool _abandoned;

    /// <summary>
    /// Reserves the next place in order. Callers claim under a lock of theirs that orders them. A single claim is always granted,
    /// whatever the budget.
    /// </summary>
    /// <returns>Null when the reader has gone.</returns>
    public Chunk? Claim(int capacity)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_abandoned) { return null; }

                if (_claimed.Count == 0 || _claimedBytes + capacity <= budget)
                {
                    var chunk = TakeSpare(capacity) ?? new Chunk(capacity);
                    chunk.Length = 0;
                    chunk.Holders = 1;
                    chunk.IsReady = chunk.IsLast = false;
                    _claimedBytes += chunk.Capacity;
                    _claimed.Enqueue(chunk);
                    return chunk;
                }

                _claimsMayGoOn.Reset();
            }

            _claimsMayGoOn.Wait();
        }
    }

    /// <summary>The chunk's bytes may be read when its turn comes.</summary>
    public void Publish(Chunk chunk)
    {
        lock (_lock) { chunk.IsReady = true; }

        _readerMayGoOn.Set();
    }

    /// <summary>The reader gets <paramref name="fault"/> in place of this chunk.</summary>
    public void Fail(Chunk chunk, Exception fault)
    {
        chunk.Fault = fault;
        chunk.Length = 0;
        Publish(chunk);
    }

    /// <summary>Nothing is claimed after this: the end of the data, or a fault at that place.</summary>
    public void Finish(Exception? fault)
    {
        lock (_lock)
        {
            if (_finished) { return; }

            _finished = true;
            _claimed.Enqueue(new Chunk(0) { Fault = fault, IsLast = true, IsReady = true });
        }

        _readerMayGoOn.Set();
    }

    /// <summary>Waits for the next chunk in order. It stays the reader's until <see cref="Release"/>.</summary>
    public Chunk Next()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_claimed.TryPeek(out var chunk) && chunk.IsReady) { return chunk; }
            }

            _readerMayGoOn.WaitOne();
        }
    }

    /// <summary>The reader is done with the chunk that <see cref="Next"/> returned.</summary>
    public void Release(Chunk chunk)
    {
        lock (_lock)
        {
            if (!_claimed.TryDequeue(out var first) || first != chunk)
            {
                throw new InvalidOperationException("chunks are released in order");
            }

            // What is lent counts no more: whoever has borrowed bounds that.
            _claimedBytes -= chunk.Capacity;
            LetGo(chunk);
            _claimsMayGoOn.Set();
        }
    }

    /// <summary>Bytes of the chunk that <see cref="Next"/> returned. It is used for others when they have been given back.</summary>
    public IMemoryOwner<byte> Lend(Chunk chunk, int start, int count)
    {
        lock (_lock) { chunk.Holders++; }

        return new Loan(this, chunk, start, count);
    }

    /// <summary>The reader goes: waiting claims return null.</summary>
    public void Abandon()
    {
        lock (_lock) { _abandoned = true; }

        _claimsMayGoOn.Set();
    }

    /// <summary>Frees all chunks but those of which bytes are lent. No thread may use the pipe any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _abandoned = true;
            foreach (var chunk in _claimed) { LetGo(chunk); }
            foreach (var chunk in _spare) { chunk.Free(); }

            _claimed.Clear();
            _spare.Clear();
        }

        _readerMayGoOn.Dispose();
        _claimsMayGoOn.Dispose();
    }

    // Called under the lock.
    private void LetGo(Chunk chunk)
    {
        if (--chunk.Holders > 0) { return; }

        if (chunk.Capacity == 0 || _abandoned) { chunk.Free(); }
        else { _spare.Add(chunk); }
    }

    // Used memory is reused: fresh pages cost as much as copying into them. What does not fit is given back.
    private Chunk? TakeSpare(int capacity)
    {
        int found = _spare.FindIndex(chunk => chunk.Capacity >= capacity && chunk.Capacity / 2 <= capacity);
        if (found >= 0)
        {
            var chunk = _spare[found];
            _spare.RemoveAt(found);
            return chunk;
        }

        foreach (var chunk in _spare) { chunk.Free(); }

        _spare.Clear();
        return null;
    }

    private sealed unsafe class Loan(ChunkPipe pipe, Chunk chunk, int start, int count) : MemoryManager<byte>
    {
        private bool _returned;

        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(_returned, this);
            return new(chunk.Bytes + start, count);
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(_returned, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)count);
            return new MemoryHandle(chunk.Bytes + start + elementIndex);
        }

        public override void Unpin() { }

        protected override void Dispose(bool disposing)
        {
            lock (pipe._lock)
            {
                if (!_returned) { pipe.LetGo(chunk); }

                _returned = true;
            }
        }
    }
}
