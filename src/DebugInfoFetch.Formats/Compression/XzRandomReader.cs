using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Decoded bytes of multi-block xz data, from any place on: only the blocks that hold them are read and decoded, several at the same time, and each
/// block's check is verified. Which blocks there are tells the index (<see cref="XzIndex"/>).
/// </summary>
/// <remarks>Blocks that were asked for one by one are kept, a few of them: who looks for a place reads what lies there next.</remarks>
public sealed class XzRandomReader : IDisposable
{
    // Distributions' blocks have 12 and 24 MiB. xz -9 with threads makes some of 192 MiB: too much to hold several of.
    private const long LargestBlock = 64L << 20;
    private const int KeptBlocks = 4;
    private const int HeadPiece = 128 << 10;

    private readonly IRandomAccessSource _source;
    private readonly string _displayName;
    private readonly DecodeOptions _options;
    private readonly XzBlockDecoder _decoder;
    private readonly List<(int Block, byte[] Bytes)> _kept = [];
    private readonly Lock _keeping = new();

    /// <param name="source">The compressed data. Read by several threads at once.</param>
    /// <param name="options"><see cref="DecodeOptions.Threads"/>: how many blocks are asked for and decoded at the same time.</param>
    /// <exception cref="MissingLibraryException"/>
    public XzRandomReader(IRandomAccessSource source, XzIndex index, string displayName, DecodeOptions options)
    {
        _source = source;
        Index = index;
        _displayName = displayName;
        _options = options;
        _decoder = new XzBlockDecoder(options.DictionaryLimit);
    }

    public XzIndex Index { get; }

    /// <summary>Whether a part can be had without most of the rest: several blocks, none of them too large to hold.</summary>
    public static bool IsWorthwhile(XzIndex index) => index.Blocks.Count > 1 && index.Blocks.All(CanBeHeld);

    /// <summary>The decoded bytes from <paramref name="offset"/> on, <paramref name="length"/> of them, forward.</summary>
    /// <remarks>The stream throws an <see cref="InputFaultException"/> for a damaged block.</remarks>
    public Stream Open(long offset, long length)
    {
        CheckRange(offset, length);
        if (length == 0) { return Stream.Null; }

        int first = Index.BlockAt(offset), last = Index.BlockAt(offset + length - 1);
        return new PartStream(XzBlockRun.Open(this, first, last, _options), offset - Index.Blocks[first].UncompressedOffset, length);
    }

    /// <summary>Fills <paramref name="target"/> with the decoded bytes from <paramref name="offset"/> on.</summary>
    public void ReadExactlyAt(long offset, Span<byte> target)
    {
        CheckRange(offset, target.Length);
        while (!target.IsEmpty)
        {
            int number = Index.BlockAt(offset);
            var block = Index.Blocks[number];
            int skipped = (int)(offset - block.UncompressedOffset);
            int taken = (int)Math.Min(target.Length, block.UncompressedSize - skipped);
            Keep(number).AsSpan(skipped, taken).CopyTo(target);
            target = target[taken..];
            offset += taken;
        }
    }

    /// <summary>
    /// Decodes the beginning of a block, piece by piece, until <paramref name="take"/> says that it is enough. Its check is not verified then: use it
    /// to find one's way only. May be called by several threads.
    /// </summary>
    /// <param name="byteLimit">Compressed bytes after which it stops.</param>
    public void DecodeHead(int number, long byteLimit, HeadTaker take)
    {
        var block = Index.Blocks[number];
        if (TryKept(number) is { } held)
        {
            take(held);
            return;
        }

        long end = block.CompressedOffset + Math.Min(byteLimit, block.CompressedSize);
        using var stream = new SourceStream(_source, block.CompressedOffset, end, HeadPiece);
        var input = new CompressedInput(stream, _displayName);
        using var decoder = new XzBlockDecoder(_options.DictionaryLimit);
        Span<byte> header = stackalloc byte[1024];
        input.ReadExactly(header[..1], "an xz block");
        int headerSize = XzBlockDecoder.HeaderSize(header[0]);
        if (headerSize == 0) { throw input.Fault(block.CompressedOffset, "no xz block begins here; fetch it anew"); }

        input.ReadExactly(header[1..headerSize], "an xz block header");
        decoder.ReadHeader(header[..headerSize], block.Check, _displayName, block.CompressedOffset);
        decoder.SetSizes(block, _displayName);
        var target = new HeadTarget(take);
        try { decoder.DecodePieces(input, target, block.CompressedOffset); }
        catch (InputFaultException) when (end < block.CompressedOffset + block.CompressedSize && input.IsAtEnd)
        {
            // The limit, not damage: what was decoded has been taken.
        }
    }

    public void Dispose() => _decoder.Dispose();

    /// <summary>Reads, decodes and verifies a block.</summary>
    internal void DecodeBlock(XzBlockDecoder decoder, int number, ref byte[] compressed, Span<byte> target)
    {
        if (TryKept(number) is { } held)
        {
            held.CopyTo(target);
            return;
        }

        var block = Index.Blocks[number];
        if (!CanBeHeld(block)) { throw InputFaultException.At(_displayName, "xz index", 0, $"block {number} of {block.UncompressedSize} bytes is too large to hold"); }

        if (compressed.Length < block.CompressedSize) { compressed = GC.AllocateUninitializedArray<byte>((int)(block.CompressedSize + (block.CompressedSize >> 3))); }

        var bytes = compressed.AsSpan(0, (int)block.CompressedSize);
        _source.ReadExactlyAt(block.CompressedOffset, bytes);
        decoder.Decode(bytes, block, target, _displayName);
    }

    private byte[] Keep(int number)
    {
        lock (_keeping)
        {
            if (TryKept(number) is { } held) { return held; }

            byte[] compressed = [];
            byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)Index.Blocks[number].UncompressedSize));
            DecodeBlock(_decoder, number, ref compressed, bytes);
            if (_kept.Count == KeptBlocks) { _kept.RemoveAt(0); }

            _kept.Add((number, bytes));
            return bytes;
        }
    }

    private byte[]? TryKept(int number)
    {
        lock (_keeping) { return _kept.Find(kept => kept.Block == number).Bytes; }
    }

    // Incompressible data grows by a few bytes in each 64 KiB; a size beyond that is no reason to take memory.
    private static bool CanBeHeld(XzBlock block)
        => block.UncompressedSize <= LargestBlock && block.CompressedSize <= block.UncompressedSize + (block.UncompressedSize >> 6) + 4096;

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Index.UncompressedSize - length)
        {
            throw InputFaultException.At(_displayName, "decoded data", offset, $"{length} bytes are wanted here, there are {Index.UncompressedSize} in all");
        }
    }

    private sealed class HeadTarget(HeadTaker take) : IPieceTarget
    {
        private byte[] _bytes = new byte[HeadPiece];
        private int _count;
        private bool _isEnough;

        public Span<byte> Next()
        {
            if (_isEnough) { return default; }

            if (_count == _bytes.Length) { Array.Resize(ref _bytes, _bytes.Length * 2); }

            return _bytes.AsSpan(_count);
        }

        public void Advance(int count)
        {
            _count += count;
            _isEnough = !take(_bytes.AsSpan(0, _count));
        }
    }

    /// <summary>Leaves out what comes before, and ends where the part does.</summary>
    private sealed class PartStream(Stream blocks, long skipped, long length) : ForwardStream
    {
        private long _skip = skipped, _left = length;

        public override int Read(Span<byte> buffer)
        {
            Span<byte> scrap = _skip > 0 ? new byte[256 << 10] : default;
            while (_skip > 0)
            {
                int passed = blocks.Read(scrap[..(int)Math.Min(scrap.Length, _skip)]);
                _skip = passed > 0 ? _skip - passed : throw new EndOfStreamException();
            }

            int read = blocks.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) { blocks.Dispose(); }

            base.Dispose(disposing);
        }
    }
}

/// <param name="decoded">All that is decoded so far, from the block's start.</param>
/// <returns>Whether more is wanted.</returns>
public delegate bool HeadTaker(ReadOnlySpan<byte> decoded);
