using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>zstd (RFC 8878), decoded by the system's libzstd: frames one after the other, skippable ones among them.</summary>
public sealed class ZstdCodec : ICodec
{
    private const uint FrameMagic = 0xFD2FB528;
    private const uint SkippableMagic = 0x184D2A50;

    public CompressionFormat Format => CompressionFormat.Zstd;
    public string Name => "zstd";

    public bool Matches(ReadOnlySpan<byte> head)
        => head.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(head) is var magic
            && (magic == FrameMagic || (magic & 0xFFFFFFF0) == SkippableMagic);

    // Content_Checksum_flag of the frame header descriptor (RFC 8878 §3.1.1.1.1).
    public bool ChecksContent(ReadOnlySpan<byte> head)
        => head.Length >= 5 && BinaryPrimitives.ReadUInt32LittleEndian(head) == FrameMagic && (head[4] & 4) != 0;

    public Stream Open(Stream compressed, string displayName, DecodeOptions options)
        => ReadAhead.Over(new ZstdStream(compressed, displayName, options.DictionaryLimit), options);

    /// <summary>
    /// Decodes one whole buffer, such as a section of ELFCOMPRESS_ZSTD, which must give exactly <paramref name="decoded"/>'s length.
    /// </summary>
    /// <param name="displayName">File and section, for faults.</param>
    public static unsafe void Decode(ReadOnlySpan<byte> compressed, Span<byte> decoded, string displayName)
    {
        var zstd = ZstdLibrary.Instance;
        fixed (byte* input = compressed)
        fixed (byte* output = decoded)
        {
            nuint result = zstd.Decompress(output, (nuint)decoded.Length, input, (nuint)compressed.Length);
            if (zstd.ErrorName(result) is { } error) { throw new InputFaultException($"{displayName}: corrupt zstd data: {error}"); }

            if (result != (nuint)decoded.Length)
            {
                throw new InputFaultException($"{displayName}: zstd data holds {result} bytes, {decoded.Length} are announced");
            }
        }
    }
}
