using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>gzip (RFC 1952): members one after the other.</summary>
public sealed class GzipCodec : ICodec
{
    public CompressionFormat Format => CompressionFormat.Gzip;
    public string Name => "gzip";

    public bool Matches(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 8]);

    public bool ChecksContent(ReadOnlySpan<byte> head) => true;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options)
    {
        var metered = new MeteredStream(compressed, null, displayName);
        return ReadAhead.Over(new FaultStream(() => new GzipMembers(metered, displayName), metered, displayName, Name), options);
    }
}
