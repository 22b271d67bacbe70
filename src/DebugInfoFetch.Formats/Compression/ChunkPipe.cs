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
    private readonly ChunkMemory _memory = new(budget);
    private long _claimedBytes, _demandedBytes;
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

                if (_claimed.Count == 0 || _claimedBytes < _demandedBytes || _claimedBytes + capacity <= budget)
                {
                    var chunk = new Chunk(_memory.Take(capacity), capacity);
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
            _claimed.Enqueue(new Chunk(0, 0) { Fault = fault, IsLast = true, IsReady = true });
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

    /// <summary>
    /// Bytes of the chunk that <see cref="Next"/> returned and of those behind it, which are not stepped over by that. Their memory is used for others when they
    /// have been given back. Null when they do not lie in one piece, or there are not so many.
    /// </summary>
    /// <param name="start">In that chunk.</param>
    public IMemoryOwner<byte>? Lend(int start, int count)
    {
        while (true)
        {
            lock (_lock)
            {
                // What is asked for at once may be more than the budget.
                _demandedBytes = (long)start + count;
                _claimsMayGoOn.Set();
                if (TryHold(_demandedBytes, out var held))
                {
                    _demandedBytes = 0;
                    return held is null ? null : new Loan(this, held, start, count);
                }
            }

            _readerMayGoOn.WaitOne();
        }
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

            _claimed.Clear();
            _memory.Dispose();
        }

        _readerMayGoOn.Dispose();
        _claimsMayGoOn.Dispose();
    }

    // Called under the lock. True when it is known: the chunks with so many bytes are ready and now held (null: there will be none in one piece).
    private bool TryHold(long count, out List<Chunk>? held)
    {
        held = [];
        foreach (var chunk in _claimed)
        {
            if (!chunk.IsReady) { return false; }

            bool isBehind = held.Count == 0 || held[^1].Address + held[^1].Length == chunk.Address;
            count -= chunk.Length;
            // Nothing lies directly behind a chunk that is not full, and an empty one is the end, or a fault.
            if (!isBehind || chunk.Length == 0 || (count > 0 && chunk.Length < chunk.Capacity))
            {
                held = null;
                return true;
            }

            held.Add(chunk);
            if (count > 0) { continue; }

            foreach (var lent in held) { lent.Holders++; }

            return true;
        }

        return false;
    }

    // Called under the lock.
    private void LetGo(Chunk chunk)
    {
        if (--chunk.Holders == 0 && chunk.Address != 0) { _memory.Return(chunk.Address, chunk.Capacity); }
    }

    /// <param name="held">The chunks that have the bytes, in one piece.</param>
    private sealed unsafe class Loan(ChunkPipe pipe, List<Chunk> held, int start, int count) : MemoryManager<byte>
    {
        private readonly byte* _bytes = held[0].Bytes + start;
        private bool _returned;

        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(_returned, this);
            return new(_bytes, count);
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(_returned, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)count);
            return new MemoryHandle(_bytes + elementIndex);
        }

        public override void Unpin() { }

        protected override void Dispose(bool disposing)
        {
            lock (pipe._lock)
            {
                if (_returned) { return; }

                _returned = true;
                foreach (var chunk in held) { pipe.LetGo(chunk); }
            }
        }
    }
}
