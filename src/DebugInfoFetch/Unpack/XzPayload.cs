using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Unpack;

/// <summary>Tells whether a payload can be read from the middle, and opens it so.</summary>
internal static class XzPayload
{
    private const int FewFiles = 16;

    /// <param name="offset">Where the payload begins in the package.</param>
    /// <param name="part">Package and payload, for faults.</param>
    /// <param name="wanted">How many files will be asked for.</param>
    /// <param name="reason">Why it is only to be read from its start.</param>
    public static XzRandomReader? TryOpen(IRandomAccessSource package, long offset, long length, string part, int wanted, PackageReadOptions options, out string reason)
    {
        var source = new SourceSlice(package, offset, length, part);
        byte[] head = new byte[(int)Math.Min(length, Codecs.HeadSize)];
        source.ReadExactlyAt(0, head);
        ICodec codec = Codecs.Detect(head);
        if (codec.Format != CompressionFormat.Xz)
        {
            reason = codec.Format == CompressionFormat.None ? "its payload is not compressed with xz" : $"its payload is {codec.Name}, which is decoded from its start only";
            return null;
        }

        XzIndex index = XzIndex.Read(source, part);
        reason = "its payload is a single xz block, which is decoded from its start only";
        if (!XzRandomReader.IsWorthwhile(index)) { return null; }
        // A file costs two blocks or three with the search for it, one after the other; all of them are decoded side by side.
        reason = $"{wanted} files of it are wanted";
        return options.IsNear && wanted > Math.Max(FewFiles, index.Blocks.Count / 2) ? null : new XzRandomReader(source, index, part, options.Decoding);
    }

    /// <summary>For provenance: <c>MD5 of 1 file</c> is joined by <c>CRC64 of its blocks</c>.</summary>
    public static string CheckName(XzRandomReader payload) => payload.Index.Blocks[0].Check switch
    {
        XzCheck.Crc32 => "CRC32",
        XzCheck.Crc64 => "CRC64",
        XzCheck.Sha256 => "SHA-256",
        _ => "no check",
    };
}
