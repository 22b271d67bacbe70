using DebugInfoFetch.Formats.Binary;
using ICSharpCode.SharpZipLib.BZip2;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// bzip2 streams one after the other, as parallel compressors write them. SharpZipLib's decoder stops at the first one's end, and
/// takes no byte beyond it.
/// </summary>
internal sealed class Bzip2Streams : ForwardStream
{
    private readonly PeekStream _compressed;
    private BZip2InputStream _current;

    public Bzip2Streams(Stream compressed)
    {
        // A byte at a time is how the decoder reads.
        _compressed = new PeekStream(new BufferedStream(compressed, 64 << 10));
        _current = OpenNext();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) { return 0; }

        while (true)
        {
            int read = _current.Read(buffer);
            if (read > 0) { return read; }

            if (_compressed.Peek(1).IsEmpty) { return 0; }

            _current.Dispose();
            _current = OpenNext();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _current.Dispose(); }

        base.Dispose(disposing);
    }

    private BZip2InputStream OpenNext()
    {
        // The decoder takes a stream that begins otherwise for an empty one.
        var head = _compressed.Peek(4);
        if (head.Length < 4) { throw new EndOfStreamException(); }

        if (!head.StartsWith("BZh"u8)) { throw new InvalidDataException("no bzip2 stream begins here"); }

        return new BZip2InputStream(_compressed) { IsStreamOwner = false };
    }
}
