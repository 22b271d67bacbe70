using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Finds the codec for data by how it begins.</summary>
public static class Codecs
{
    /// <summary>Bytes of a stream's start that <see cref="Detect"/> wants to see.</summary>
    public const int HeadSize = 16;

    private static readonly ICodec[] All = [new XzCodec(), new ZstdCodec(), new GzipCodec(), new Bzip2Codec(), new LzmaAloneCodec(), new Lz4LegacyCodec(), new LzopCodec()];
    private static readonly ICodec Stored = new StoredCodec();

    /// <summary>The codec of data that begins so; <see cref="CompressionFormat.None"/> when no format is recognised.</summary>
    public static ICodec Detect(ReadOnlySpan<byte> head)
    {
        foreach (var codec in All)
        {
            if (codec.Matches(head)) { return codec; }
        }

        return Stored;
    }

    public static ICodec For(CompressionFormat format) => Array.Find(All, codec => codec.Format == format) ?? Stored;

    /// <summary>The codec that the data's beginning shows, which must be the one that the package announces.</summary>
    /// <param name="announced">Null when the package says nothing.</param>
    /// <param name="announcement">Where it was announced, for the fault: <c>PAYLOADCOMPRESSOR "zstd"</c>.</param>
    public static ICodec Detect(ReadOnlySpan<byte> head, CompressionFormat? announced, string announcement, string displayName)
    {
        var found = Detect(head);
        if (announced is { } format && found.Format != format)
        {
            throw InputFaultException.At(displayName, "payload", 0,
                $"{announcement} is announced, the data begins {Convert.ToHexStringLower(head[..Math.Min(8, head.Length)])}"
                + (found.Format == CompressionFormat.None ? "" : $" as {found.Name} does") + "; fetch the package anew");
        }

        return found;
    }
}
