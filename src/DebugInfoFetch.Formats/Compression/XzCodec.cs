namespace DebugInfoFetch.Formats.Compression;

/// <summary>xz, decoded by the system's liblzma. Blocks that tell their sizes are decoded in parallel, as they come.</summary>
public sealed class XzCodec : ICodec
{
    public CompressionFormat Format => CompressionFormat.Xz;
    public string Name => "xz";

    public bool Matches(ReadOnlySpan<byte> head)
        => head.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]);

    // Stream flags: the check's type is in the second byte (xz file format §2.1.1.2).
    public bool ChecksContent(ReadOnlySpan<byte> head) => head.Length >= 8 && (XzCheck)(head[7] & 0xF) != XzCheck.None;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options) => XzPipeline.Open(compressed, displayName, options);
}
