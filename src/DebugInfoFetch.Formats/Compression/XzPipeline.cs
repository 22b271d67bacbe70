using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Decodes an xz stream on several threads. Whoever holds the source reads the next block's bytes, reserves its place in the
/// output, and decodes it once the source is passed on. So the source is read once, in order, and need not seek.
/// </summary>
/// <remarks>
/// A block that tells no sizes (a single-threaded encoder does not write them) or is too large to hold is decoded piece by piece by
/// the thread that has the source. When the source can seek, missing sizes come from the index at its end.
/// </remarks>
internal sealed class XzPipeline : IDisposable
{
    private const int PieceSize = 1 << 20;

    private readonly Lock _source = new();
    private readonly CompressedInput _input;
    private readonly XzStreamFrame _frame;
    private readonly IRandomAccessSource? _randomAccess;
    private readonly DecodeOptions _options;
    private readonly ChunkPipe _pipe;
    private Dictionary<long, XzBlock>? _blocksOfIndex;
    private bool _ended;

    private XzPipeline(Stream compressed, string displayName, DecodeOptions options)
    {
        _input = new CompressedInput(compressed, displayName);
        _frame = new XzStreamFrame(_input);
        _randomAccess = compressed is IRandomAccessSource { RandomAccessLength: not null } source ? source : null;
        _options = options;
        _pipe = new ChunkPipe(options.InFlightBudget);
    }

    public static Stream Open(Stream compressed, string displayName, DecodeOptions options)
    {
        var pipeline = new XzPipeline(compressed, displayName, options);
        return new ChunkStream(pipeline._pipe, Math.Max(1, options.Threads), pipeline.Work, pipeline.Dispose);
    }

    public void Dispose()
    {
        _frame.Dispose();
        _pipe.Dispose();
    }

    private void Work()
    {
#pragma warning disable CA1031 // Whatever goes wrong belongs to the reader: this is another thread.
        try
        {
            using var decoder = new XzBlockDecoder(_options.DictionaryLimit);
            byte[] block = [];
            while (TakeBlock(decoder, ref block) is { } job)
            {
                if (job.Chunk is not { } chunk) { continue; }

                try
                {
                    DecodeInto(decoder, block, job, chunk);
                    _pipe.Publish(chunk);
                }
                catch (Exception fault) { _pipe.Fail(chunk, fault); }
            }
        }
        catch (Exception fault) { _pipe.Finish(fault); }
#pragma warning restore CA1031
    }

    // Null: there are no more blocks. The chunk is null when the block has been decoded already.
    private Job? TakeBlock(XzBlockDecoder decoder, ref byte[] block)
    {
        lock (_source)
        {
            if (_ended) { return null; }

            // Whatever goes wrong while the source is held ends the data at this place.
            _ended = true;
            long offset = _frame.ReadBlockHeader(decoder);
            if (offset < 0)
            {
                _pipe.Finish(null);
                return null;
            }

            Job? job = MayHold(decoder, offset) ? HoldBlock(decoder, offset, ref block) : DecodePieces(decoder, offset);
            _ended = job is null;
            return job;
        }
    }

    private bool MayHold(XzBlockDecoder decoder, long offset)
    {
        if (decoder.UnpaddedSize < 0 || decoder.UncompressedSize < 0)
        {
            if (_randomAccess is null) { return false; }

            _blocksOfIndex ??= XzIndex.Read(_randomAccess, _input.DisplayName).Blocks.ToDictionary(entry => entry.CompressedOffset);
            if (!_blocksOfIndex.TryGetValue(offset, out var entry))
            {
                throw _input.Fault(offset, "the xz index has no block here; fetch it anew");
            }

            // A single block has nothing to be decoded in parallel with.
            if (_blocksOfIndex.Count == 1) { return false; }

            decoder.SetSizes(entry, _input.DisplayName);
        }

        // Incompressible data grows by a few bytes in each 64 KiB; a size beyond that is no reason to take memory.
        return decoder.UncompressedSize <= Math.Min(_options.InFlightBudget / 2, Array.MaxLength / 2)
            && decoder.UnpaddedSize <= decoder.UncompressedSize + (decoder.UncompressedSize >> 6) + 4096;
    }

    private Job? HoldBlock(XzBlockDecoder decoder, long offset, ref byte[] block)
    {
        int size = (int)(XzStreamFrame.AlignUp(decoder.UnpaddedSize) - _frame.HeaderSize);
        if (block.Length < size) { block = GC.AllocateUninitializedArray<byte>(size + (size >> 3), pinned: true); }

        _input.ReadExactly(block.AsSpan(0, size), "an xz block");
        _frame.EndBlock(decoder.UnpaddedSize, decoder.UncompressedSize, offset);
        return _pipe.Claim((int)decoder.UncompressedSize) is { } chunk ? new Job(chunk, size, offset) : null;
    }

    private Job? DecodePieces(XzBlockDecoder decoder, long offset)
    {
        var pieces = new Pieces(_pipe, (int)Math.Min(PieceSize, Math.Max(4096, _options.InFlightBudget / 4)));
        try { decoder.DecodePieces(_input, pieces, offset); }
        finally { pieces.Flush(); }

        if (pieces.ReaderHasGone) { return null; }

        // The block decoder has consumed the padding and the check, and has set the compressed size that it found.
        _frame.EndBlock(decoder.UnpaddedSize, pieces.Total, offset);
        return new Job(null, 0, offset);
    }

    private unsafe void DecodeInto(XzBlockDecoder decoder, byte[] block, Job job, Chunk chunk)
    {
        int size = (int)decoder.UncompressedSize;
        fixed (byte* input = block)
        {
            decoder.DecodeWhole(input, job.Size, chunk.Bytes, size, _input.DisplayName, job.Offset);
        }

        chunk.Length = size;
    }

    /// <param name="Chunk">Where the decoded block goes; null when it has been decoded piece by piece.</param>
    /// <param name="Size">Bytes of the block that follow its header.</param>
    private readonly record struct Job(Chunk? Chunk, int Size, long Offset);

    /// <summary>Fills chunks of one size, one after the other.</summary>
    private sealed class Pieces(ChunkPipe pipe, int pieceSize) : IPieceTarget
    {
        private Chunk? _chunk;

        public bool ReaderHasGone { get; private set; }

        public long Total { get; private set; }

        public Span<byte> Next()
        {
            if (_chunk is { } full && full.Length == full.Capacity) { Flush(); }

            _chunk ??= pipe.Claim(pieceSize);
            ReaderHasGone = _chunk is null;
            return _chunk is { } chunk ? chunk.Span[chunk.Length..] : default;
        }

        public void Advance(int count)
        {
            _chunk!.Length += count;
            Total += count;
        }

        public void Flush()
        {
            if (_chunk is { } chunk) { pipe.Publish(chunk); }

            _chunk = null;
        }
    }
}
