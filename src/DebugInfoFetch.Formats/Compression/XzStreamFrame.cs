namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// What stands around the blocks of xz data: headers, indexes and footers of its streams, and padding between them. The index is
/// compared with the blocks that were met (xz file format 1.1, §2).
/// </summary>
internal sealed unsafe class XzStreamFrame(CompressedInput input) : IDisposable
{
    private readonly LzmaLibrary _lzma = LzmaLibrary.Instance;
    private LzmaStreamFlags _flags;
    private void* _indexHash;
    private bool _inStream;
    private bool _sawStream;

    /// <summary>Bytes of the last block header that was read.</summary>
    public int HeaderSize { get; private set; }

    public static long AlignUp(long size) => (size + 3) & ~3L;

    /// <summary>Reads up to and including the next block's header.</summary>
    /// <returns>Where the block begins, in bytes from the start of the data; -1 at the data's end.</returns>
    public long ReadBlockHeader(XzBlockDecoder decoder)
    {
        Span<byte> header = stackalloc byte[1024];
        while (true)
        {
            if (!_inStream && !BeginStream()) { return -1; }

            long offset = input.Offset;
            input.ReadExactly(header[..1], "an xz block or index");
            HeaderSize = XzBlockDecoder.HeaderSize(header[0]);
            if (HeaderSize == 0)
            {
                EndStream(offset);
                continue;
            }

            input.ReadExactly(header[1..HeaderSize], "an xz block header");
            decoder.ReadHeader(header[..HeaderSize], (XzCheck)_flags.Check, input.DisplayName, offset);
            return offset;
        }
    }

    /// <summary>Notes a block for the comparison with the index.</summary>
    public void EndBlock(long unpaddedSize, long uncompressedSize, long offset)
    {
        if (_lzma.IndexHashAppend(_indexHash, (ulong)unpaddedSize, (ulong)uncompressedSize) != LzmaReturn.Ok)
        {
            throw input.Fault(offset, $"an xz block of {unpaddedSize} bytes cannot be; fetch it anew");
        }
    }

    public void Dispose()
    {
        if (_indexHash != null) { _lzma.IndexHashEnd(_indexHash, null); }

        _indexHash = null;
    }

    private bool BeginStream()
    {
        // Padding between streams comes in multiples of four zero bytes.
        Span<byte> four = stackalloc byte[4];
        while (_sawStream && !input.IsAtEnd && input.Fill()[0] == 0)
        {
            long offset = input.Offset;
            input.ReadExactly(four, "xz stream padding");
            if (four.ContainsAnyExcept((byte)0)) { throw input.Fault(offset, "neither padding nor an xz stream; fetch it anew"); }
        }

        if (_sawStream && input.IsAtEnd) { return false; }

        byte* header = stackalloc byte[XzIndex.StreamHeaderSize];
        long start = input.Offset;
        input.ReadExactly(new Span<byte>(header, XzIndex.StreamHeaderSize), "an xz stream header");
        LzmaReturn result;
        fixed (LzmaStreamFlags* flags = &_flags) { result = _lzma.StreamHeaderDecode(flags, header); }

        if (result != LzmaReturn.Ok) { throw input.Fault(start, $"no xz stream begins here ({result}); fetch it anew"); }

        if ((XzCheck)_flags.Check is not (XzCheck.None or XzCheck.Crc32 or XzCheck.Crc64 or XzCheck.Sha256))
        {
            throw input.Fault(start, $"unknown xz check type {_flags.Check}; known are 0 (none), 1 (CRC32), 4 (CRC64), 10 (SHA-256)");
        }

        _indexHash = _lzma.IndexHashInit(_indexHash, null);
        if (_indexHash == null) { throw new InsufficientMemoryException("no memory for an xz index"); }

        _inStream = _sawStream = true;
        return true;
    }

    private void EndStream(long offset)
    {
        ulong indexSize = _lzma.IndexHashSize(_indexHash);
        // The index's first byte is the zero that told it from a block.
        byte first = 0;
        nuint position = 0;
        var result = _lzma.IndexHashDecode(_indexHash, &first, &position, 1);
        while (result == LzmaReturn.Ok)
        {
            var available = input.Fill();
            if (available.IsEmpty) { throw input.Truncated(offset, "the data ends inside the xz index"); }

            position = 0;
            fixed (byte* bytes = available) { result = _lzma.IndexHashDecode(_indexHash, bytes, &position, (nuint)available.Length); }

            input.Consume((int)position);
        }

        if (result != LzmaReturn.StreamEnd)
        {
            throw input.Fault(offset, $"the xz index does not describe the blocks ({result}); fetch it anew");
        }

        byte* footer = stackalloc byte[XzIndex.StreamHeaderSize];
        long footerOffset = input.Offset;
        input.ReadExactly(new Span<byte>(footer, XzIndex.StreamHeaderSize), "an xz stream footer");
        LzmaStreamFlags flags = default, header = _flags;
        result = _lzma.StreamFooterDecode(&flags, footer);
        if (result != LzmaReturn.Ok || _lzma.StreamFlagsCompare(&header, &flags) != LzmaReturn.Ok || flags.BackwardSize != indexSize)
        {
            throw input.Fault(footerOffset, $"damaged xz footer ({result}); fetch it anew");
        }

        _inStream = false;
    }
}
