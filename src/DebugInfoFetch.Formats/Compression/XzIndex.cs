using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// The blocks of xz data, from the index at its end: with it any part can be decoded without what comes before
/// (xz file format 1.1, §4).
/// </summary>
public sealed class XzIndex
{
    /// <summary>Bytes of a stream's header, and of its footer.</summary>
    public const int StreamHeaderSize = 12;

    // An index takes a few bytes a block: 64 MiB are millions of blocks.
    private const long LargestIndex = 64L << 20;

    private XzIndex(IReadOnlyList<XzBlock> blocks) => Blocks = blocks;

    /// <summary>In order, without gaps in the decoded data.</summary>
    public IReadOnlyList<XzBlock> Blocks { get; }

    /// <summary>Bytes of the decoded data.</summary>
    public long UncompressedSize => Blocks.Count == 0 ? 0 : Blocks[^1].UncompressedOffset + Blocks[^1].UncompressedSize;

    /// <summary>
    /// Index in <see cref="Blocks"/> of the block that holds the decoded byte at <paramref name="uncompressedOffset"/>; -1 beyond
    /// the end.
    /// </summary>
    public int BlockAt(long uncompressedOffset)
    {
        int low = 0, high = Blocks.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            var block = Blocks[middle];
            if (uncompressedOffset < block.UncompressedOffset) { high = middle - 1; }
            else if (uncompressedOffset >= block.UncompressedOffset + block.UncompressedSize) { low = middle + 1; }
            else { return middle; }
        }

        return -1;
    }

    /// <summary>
    /// Reads footer and index of each stream in <paramref name="source"/>, last one first; touches nothing else but the streams'
    /// headers.
    /// </summary>
    /// <exception cref="InputFaultException">There is no footer at the end (data cut off), or the index does not fit the data.</exception>
    public static XzIndex Read(IRandomAccessSource source, string displayName)
    {
        long end = source.RandomAccessLength ?? throw new NotSupportedException("this source can only be read forward");
        var streams = new Stack<IReadOnlyList<XzBlock>>();
        while (end > 0)
        {
            end = SkipPadding(source, end, displayName);
            streams.Push(ReadStream(source, displayName, ref end));
        }

        var blocks = new List<XzBlock>();
        long uncompressed = 0;
        foreach (var block in streams.SelectMany(stream => stream))
        {
            blocks.Add(block with { UncompressedOffset = uncompressed });
            uncompressed += block.UncompressedSize;
        }

        return new XzIndex(blocks);
    }

    private static long SkipPadding(IRandomAccessSource source, long end, string displayName)
    {
        Span<byte> four = stackalloc byte[4];
        while (end >= 2 * StreamHeaderSize)
        {
            source.ReadExactlyAt(end - 4, four);
            if (four.ContainsAnyExcept((byte)0)) { return end; }

            end -= 4;
        }

        throw InputFaultException.At(displayName, "compressed data", end, "truncated: no xz stream ends here; fetch it anew");
    }

    private static unsafe List<XzBlock> ReadStream(IRandomAccessSource source, string displayName, ref long end)
    {
        var lzma = LzmaLibrary.Instance;
        InputFaultException Fault(long offset, string what) => InputFaultException.At(displayName, "xz index", offset, what);

        LzmaStreamFlags footer = default, header = default;
        byte* edge = stackalloc byte[StreamHeaderSize];
        long footerOffset = end - StreamHeaderSize;
        source.ReadExactlyAt(footerOffset, new Span<byte>(edge, StreamHeaderSize));
        var result = lzma.StreamFooterDecode(&footer, edge);
        if (result != LzmaReturn.Ok)
        {
            throw Fault(footerOffset, $"no xz footer ({result}): the data is cut off or damaged; fetch it anew");
        }

        long indexSize = (long)footer.BackwardSize;
        long indexOffset = footerOffset - indexSize;
        if (indexSize > LargestIndex || indexOffset < StreamHeaderSize)
        {
            throw Fault(footerOffset, $"an index of {indexSize} bytes does not fit");
        }

        byte[] index = new byte[indexSize];
        source.ReadExactlyAt(indexOffset, index);
        void* decoded = null;
        ulong memoryLimit = (ulong)LargestIndex * 4;
        nuint position = 0;
        fixed (byte* bytes = index)
        {
            result = lzma.IndexBufferDecode(&decoded, &memoryLimit, null, bytes, &position, (nuint)index.Length);
        }

        if (result != LzmaReturn.Ok) { throw Fault(indexOffset, $"damaged index ({result}); fetch it anew"); }

        try
        {
            ulong total = lzma.IndexTotalSize(decoded);
            if (total > (ulong)(indexOffset - StreamHeaderSize))
            {
                throw Fault(indexOffset, $"blocks of {total} bytes do not fit before the index");
            }

            long start = indexOffset - (long)total - StreamHeaderSize;
            source.ReadExactlyAt(start, new Span<byte>(edge, StreamHeaderSize));
            if (lzma.StreamHeaderDecode(&header, edge) != LzmaReturn.Ok || lzma.StreamFlagsCompare(&header, &footer) != LzmaReturn.Ok)
            {
                throw Fault(start, "the stream that the index describes does not begin here; fetch it anew");
            }

            var blocks = new List<XzBlock>();
            LzmaIndexIterator iterator = default;
            lzma.IndexIteratorInit(&iterator, decoded);
            // 2: LZMA_INDEX_ITER_BLOCK.
            while (lzma.IndexIteratorNext(&iterator, 2) == 0)
            {
                blocks.Add(new XzBlock(start + (long)iterator.CompressedStreamOffset, (long)iterator.TotalSize, (long)iterator.UnpaddedSize,
                    (long)iterator.UncompressedStreamOffset, (long)iterator.UncompressedSize, (XzCheck)footer.Check));
            }

            end = start;
            return blocks;
        }
        finally { lzma.IndexEnd(decoded, null); }
    }
}
