namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// The parts of the system's liblzma (5.2 and later) that decoding needs. Signatures: lzma/base.h, block.h, index.h, index_hash.h,
/// stream_flags.h, filter.h, container.h.
/// </summary>
internal sealed unsafe class LzmaLibrary
{
    private static readonly Lazy<LzmaLibrary> Loaded = new(() => new LzmaLibrary(), LazyThreadSafetyMode.PublicationOnly);

    public readonly delegate* unmanaged<LzmaStream*, int, LzmaReturn> Code;
    public readonly delegate* unmanaged<LzmaStream*, void> End;
    public readonly delegate* unmanaged<LzmaStream*, ulong, LzmaReturn> AloneDecoder;
    public readonly delegate* unmanaged<LzmaBlock*, void*, byte*, LzmaReturn> BlockHeaderDecode;
    public readonly delegate* unmanaged<LzmaBlock*, ulong, LzmaReturn> BlockCompressedSize;
    public readonly delegate* unmanaged<LzmaBlock*, ulong> BlockUnpaddedSize;
    public readonly delegate* unmanaged<LzmaStream*, LzmaBlock*, LzmaReturn> BlockDecoder;
    public readonly delegate* unmanaged<LzmaFilter*, ulong> RawDecoderMemoryUsage;
    public readonly delegate* unmanaged<LzmaStreamFlags*, byte*, LzmaReturn> StreamHeaderDecode;
    public readonly delegate* unmanaged<LzmaStreamFlags*, byte*, LzmaReturn> StreamFooterDecode;
    public readonly delegate* unmanaged<LzmaStreamFlags*, LzmaStreamFlags*, LzmaReturn> StreamFlagsCompare;
    public readonly delegate* unmanaged<void*, void*, void*> IndexHashInit;
    public readonly delegate* unmanaged<void*, void*, void> IndexHashEnd;
    public readonly delegate* unmanaged<void*, ulong, ulong, LzmaReturn> IndexHashAppend;
    public readonly delegate* unmanaged<void*, byte*, nuint*, nuint, LzmaReturn> IndexHashDecode;
    public readonly delegate* unmanaged<void*, ulong> IndexHashSize;
    public readonly delegate* unmanaged<void**, ulong*, void*, byte*, nuint*, nuint, LzmaReturn> IndexBufferDecode;
    public readonly delegate* unmanaged<void*, void*, void> IndexEnd;
    public readonly delegate* unmanaged<void*, ulong> IndexTotalSize;
    public readonly delegate* unmanaged<LzmaIndexIterator*, void*, void> IndexIteratorInit;
    public readonly delegate* unmanaged<LzmaIndexIterator*, int, byte> IndexIteratorNext;
    public readonly delegate* unmanaged<ulong*, uint, void*, byte*, nuint*, nuint, byte*, nuint*, nuint, LzmaReturn> StreamBufferDecode;

    private LzmaLibrary()
    {
        var library = new SystemLibrary("liblzma.so.5", "DBGFETCH_LIBLZMA", "reading xz", "liblzma5 (Debian, Ubuntu) or xz-libs (Fedora, RHEL)");
        Code = (delegate* unmanaged<LzmaStream*, int, LzmaReturn>)library.Function("lzma_code");
        End = (delegate* unmanaged<LzmaStream*, void>)library.Function("lzma_end");
        AloneDecoder = (delegate* unmanaged<LzmaStream*, ulong, LzmaReturn>)library.Function("lzma_alone_decoder");
        BlockHeaderDecode = (delegate* unmanaged<LzmaBlock*, void*, byte*, LzmaReturn>)library.Function("lzma_block_header_decode");
        BlockCompressedSize = (delegate* unmanaged<LzmaBlock*, ulong, LzmaReturn>)library.Function("lzma_block_compressed_size");
        BlockUnpaddedSize = (delegate* unmanaged<LzmaBlock*, ulong>)library.Function("lzma_block_unpadded_size");
        BlockDecoder = (delegate* unmanaged<LzmaStream*, LzmaBlock*, LzmaReturn>)library.Function("lzma_block_decoder");
        RawDecoderMemoryUsage = (delegate* unmanaged<LzmaFilter*, ulong>)library.Function("lzma_raw_decoder_memusage");
        StreamHeaderDecode = (delegate* unmanaged<LzmaStreamFlags*, byte*, LzmaReturn>)library.Function("lzma_stream_header_decode");
        StreamFooterDecode = (delegate* unmanaged<LzmaStreamFlags*, byte*, LzmaReturn>)library.Function("lzma_stream_footer_decode");
        StreamFlagsCompare = (delegate* unmanaged<LzmaStreamFlags*, LzmaStreamFlags*, LzmaReturn>)library.Function("lzma_stream_flags_compare");
        IndexHashInit = (delegate* unmanaged<void*, void*, void*>)library.Function("lzma_index_hash_init");
        IndexHashEnd = (delegate* unmanaged<void*, void*, void>)library.Function("lzma_index_hash_end");
        IndexHashAppend = (delegate* unmanaged<void*, ulong, ulong, LzmaReturn>)library.Function("lzma_index_hash_append");
        IndexHashDecode = (delegate* unmanaged<void*, byte*, nuint*, nuint, LzmaReturn>)library.Function("lzma_index_hash_decode");
        IndexHashSize = (delegate* unmanaged<void*, ulong>)library.Function("lzma_index_hash_size");
        IndexBufferDecode = (delegate* unmanaged<void**, ulong*, void*, byte*, nuint*, nuint, LzmaReturn>)library.Function("lzma_index_buffer_decode");
        IndexEnd = (delegate* unmanaged<void*, void*, void>)library.Function("lzma_index_end");
        IndexTotalSize = (delegate* unmanaged<void*, ulong>)library.Function("lzma_index_total_size");
        IndexIteratorInit = (delegate* unmanaged<LzmaIndexIterator*, void*, void>)library.Function("lzma_index_iter_init");
        IndexIteratorNext = (delegate* unmanaged<LzmaIndexIterator*, int, byte>)library.Function("lzma_index_iter_next");
        StreamBufferDecode = (delegate* unmanaged<ulong*, uint, void*, byte*, nuint*, nuint, byte*, nuint*, nuint, LzmaReturn>)library.Function("lzma_stream_buffer_decode");
    }

    /// <exception cref="MissingLibraryException"/>
    public static LzmaLibrary Instance => Loaded.Value;
}
