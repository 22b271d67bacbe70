using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Deb;

/// <summary>Finds entries in the middle of a tar archive: headers begin at multiples of 512 and carry a magic and a checksum.</summary>
public static class TarScan
{
    private const int NameField = 100;

    /// <summary>
    /// The first entry whose header, and what extends it, lies whole in the bytes; null when there is none. What looks like an entry may be data:
    /// whoever relies on it checks what it leads to.
    /// </summary>
    /// <param name="bytes">From a multiple of 512 of the archive on.</param>
    /// <param name="offset">Where they lie in the archive; the entry's offset counts from the archive's start.</param>
    public static TarEntry? First(ReadOnlySpan<byte> bytes, long offset)
    {
        for (int at = 0; at + TarHeader.BlockSize <= bytes.Length; at += TarHeader.BlockSize)
        {
            var block = bytes.Slice(at, TarHeader.BlockSize);
            var header = new TarHeader(block);
            if (!block.Slice(257, 5).SequenceEqual("ustar"u8) || !header.HasValidChecksum) { continue; }

            // A name that fills its field may be the cut one of a long name whose record lies before: it tells nothing.
            if (header.TypeFlag is not ((byte)'L' or (byte)'K' or (byte)'x' or (byte)'g') && !block[..NameField].Contains((byte)0)) { continue; }

            if (Read(bytes[at..], offset + at) is { } entry) { return entry; }
        }

        return null;
    }

    /// <summary>The entry that begins at the stream's place.</summary>
    /// <param name="offset">That place, in decoded bytes from the archive's start.</param>
    /// <returns>Null at the archive's end.</returns>
    /// <exception cref="InputFaultException">No entry begins there.</exception>
    public static TarEntry? At(Stream stream, long offset, string displayName)
    {
        using var reader = new TarReader(stream, displayName);
        return reader.MoveNext() ? reader.Current with { HeaderOffset = offset + reader.Current.HeaderOffset } : null;
    }

    private static TarEntry? Read(ReadOnlySpan<byte> bytes, long offset)
    {
        // Long names have at most a few blocks: no need to copy all that follows.
        using var stream = new MemoryStream(bytes[..Math.Min(bytes.Length, 16 << 10)].ToArray());
        try { return At(stream, offset, ""); }
        catch (InputFaultException) { return null; }
    }
}
