using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Data that is not compressed (rpm: <c>ufdio</c>; <c>data.tar</c>).</summary>
public sealed class StoredCodec : ICodec
{
    public CompressionFormat Format => CompressionFormat.None;
    public string Name => "none";

    public bool Matches(ReadOnlySpan<byte> head) => true;

    public bool ChecksContent(ReadOnlySpan<byte> head) => false;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options) => new PeekStream(compressed);
}
