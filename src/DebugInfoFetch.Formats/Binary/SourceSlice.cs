namespace DebugInfoFetch.Formats.Binary;

/// <summary>A part of a random access source, as a source of its own.</summary>
/// <param name="start">Where the part begins, in bytes from the whole's start.</param>
/// <param name="length">Bytes of the part.</param>
/// <param name="displayName">File and part, for faults.</param>
public sealed class SourceSlice(IRandomAccessSource source, long start, long length, string displayName) : IRandomAccessSource
{
    public long? RandomAccessLength => length;

    /// <exception cref="InputFaultException">The bytes wanted are not all within the part.</exception>
    public void ReadExactlyAt(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > length - buffer.Length)
        {
            throw InputFaultException.At(displayName, "file", start + offset, $"{buffer.Length} bytes are wanted here, the part ends after {length}");
        }

        source.ReadExactlyAt(start + offset, buffer);
    }
}
