namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Decodes one compression format. Behind this interface stand the system's libraries and managed code alike, so that one can take
/// the other's place.
/// </summary>
public interface ICodec
{
    CompressionFormat Format { get; }

    /// <summary>As people and file name extensions call it: <c>xz</c>, <c>zst</c>, <c>gz</c>.</summary>
    string Name { get; }

    /// <summary>Whether data that begins so (at least 16 bytes, if there are as many) has this format.</summary>
    bool Matches(ReadOnlySpan<byte> head);

    /// <summary>Whether data that begins so carries checks of all its content, which reading it to the end verifies.</summary>
    bool ChecksContent(ReadOnlySpan<byte> head);

    /// <summary>
    /// The decoded bytes, forward only. <paramref name="compressed"/> is read to its end, may be read from another thread until the
    /// result is disposed, and is not closed.
    /// </summary>
    /// <param name="displayName">File and part, for faults: they name the offset in the compressed data.</param>
    /// <exception cref="MissingLibraryException">The system library that decodes this format is not on the machine.</exception>
    /// <remarks>Reading the result throws InputFaultException for data that is corrupt, ends too early or asks for too much memory.</remarks>
    Stream Open(Stream compressed, string displayName, DecodeOptions options);
}
