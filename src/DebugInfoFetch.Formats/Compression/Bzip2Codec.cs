using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>bzip2, decoded by SharpZipLib, which checks each block's CRC-32; streams that follow one another are one.</summary>
public sealed class Bzip2Codec : ICodec
{
    public CompressionFormat Format => CompressionFormat.Bzip2;
    public string Name => "bzip2";

    public bool Matches(ReadOnlySpan<byte> head)
        => head.Length >= 4 && head.StartsWith("BZh"u8) && head[3] is >= (byte)'1' and <= (byte)'9';

    public bool ChecksContent(ReadOnlySpan<byte> head) => true;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options)
    {
        var metered = new MeteredStream(compressed, null, displayName);
        return ReadAhead.Over(new FaultStream(() => new Bzip2Streams(metered), metered, displayName, Name), options);
    }
}
