namespace DebugInfoFetch.Formats.Compression;

/// <summary>Where a block of an xz stream lies. All values are bytes.</summary>
/// <param name="CompressedOffset">From the start of the compressed data to the block's header.</param>
/// <param name="CompressedSize">Header, data, padding and check: up to the next block.</param>
/// <param name="UnpaddedSize">The same without the padding.</param>
/// <param name="UncompressedOffset">From the start of the decoded data.</param>
/// <param name="Check">What is kept of the block's content for verification.</param>
public sealed record XzBlock(
    long CompressedOffset, long CompressedSize, long UnpaddedSize, long UncompressedOffset, long UncompressedSize, XzCheck Check);
