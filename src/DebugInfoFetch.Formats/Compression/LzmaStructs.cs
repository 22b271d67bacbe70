using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>lzma_ret (lzma/base.h).</summary>
internal enum LzmaReturn
{
    Ok = 0, StreamEnd = 1, NoCheck = 2, UnsupportedCheck = 3, GetCheck = 4, MemoryError = 5, MemoryLimit = 6, FormatError = 7,
    OptionsError = 8, DataError = 9, BufferError = 10, ProgramError = 11,
}

/// <summary>lzma_stream (lzma/base.h). All zero is its initial value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaStream
{
    public byte* NextIn;
    public nuint AvailableIn;
    public ulong TotalIn;
    public byte* NextOut;
    public nuint AvailableOut;
    public ulong TotalOut;
    public void* Allocator;
    public void* Internal;
    private readonly nint _reservedPointer1, _reservedPointer2, _reservedPointer3, _reservedPointer4;
    private readonly ulong _seekPosition, _reservedInteger2;
    private readonly nuint _reservedInteger3, _reservedInteger4;
    private readonly int _reservedEnum1, _reservedEnum2;
}

/// <summary>lzma_filter (lzma/filter.h): a chain of up to four ends with <see cref="EndOfChain"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaFilter
{
    /// <summary>LZMA_FILTERS_MAX and the terminator.</summary>
    public const int ChainLength = 5;
    /// <summary>LZMA_VLI_UNKNOWN.</summary>
    public const ulong EndOfChain = ulong.MaxValue;

    public ulong Id;
    /// <summary>Allocated by malloc; whoever decoded the header frees it.</summary>
    public void* Options;
}

/// <summary>LZMA_CHECK_SIZE_MAX bytes.</summary>
[InlineArray(64)]
internal struct LzmaRawCheck
{
    private byte _first;
}

/// <summary>lzma_block (lzma/block.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaBlock
{
    /// <summary>LZMA_VLI_UNKNOWN: the block's header does not tell this size.</summary>
    public const ulong Unknown = ulong.MaxValue;

    /// <summary>1: <see cref="IgnoreCheck"/> is understood.</summary>
    public uint Version;
    public uint HeaderSize;
    public int Check;
    public ulong CompressedSize;
    public ulong UncompressedSize;
    public LzmaFilter* Filters;
    /// <summary>The block's Check field, as it was read.</summary>
    public LzmaRawCheck RawCheck;
    private readonly nint _reservedPointer1, _reservedPointer2, _reservedPointer3;
    private readonly uint _reservedInteger1, _reservedInteger2;
    private readonly ulong _reservedInteger3, _reservedInteger4, _reservedInteger5, _reservedInteger6, _reservedInteger7, _reservedInteger8;
    private readonly int _reservedEnum1, _reservedEnum2, _reservedEnum3, _reservedEnum4;
    public byte IgnoreCheck;
    private readonly byte _reservedBool2, _reservedBool3, _reservedBool4, _reservedBool5, _reservedBool6, _reservedBool7, _reservedBool8;
}

/// <summary>lzma_stream_flags (lzma/stream_flags.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LzmaStreamFlags
{
    public uint Version;
    /// <summary>Bytes of the index; only a footer tells it.</summary>
    public ulong BackwardSize;
    public int Check;
    private readonly int _reservedEnum1, _reservedEnum2, _reservedEnum3, _reservedEnum4;
    private readonly uint _reservedBools1, _reservedBools2;
    private readonly uint _reservedInteger1, _reservedInteger2;
}

/// <summary>lzma_index_iter (lzma/index.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LzmaIndexIterator
{
    private readonly nint _flags, _streamReservedPointer1, _streamReservedPointer2, _streamReservedPointer3;
    private readonly ulong _streamNumber, _blockCount, _streamCompressedOffset, _streamUncompressedOffset;
    private readonly ulong _streamCompressedSize, _streamUncompressedSize, _streamPadding;
    private readonly ulong _streamReserved1, _streamReserved2, _streamReserved3, _streamReserved4;
    private readonly ulong _numberInFile, _compressedFileOffset, _uncompressedFileOffset, _numberInStream;
    /// <summary>Bytes from the first byte of the stream's header.</summary>
    public readonly ulong CompressedStreamOffset;
    public readonly ulong UncompressedStreamOffset;
    public readonly ulong UncompressedSize;
    public readonly ulong UnpaddedSize;
    public readonly ulong TotalSize;
    private readonly ulong _blockReserved1, _blockReserved2, _blockReserved3, _blockReserved4;
    private readonly nint _blockReservedPointer1, _blockReservedPointer2, _blockReservedPointer3, _blockReservedPointer4;
    private readonly ulong _internal1, _internal2, _internal3, _internal4, _internal5, _internal6;
}
