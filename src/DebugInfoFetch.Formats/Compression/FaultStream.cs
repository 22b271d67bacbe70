using DebugInfoFetch.Formats.Binary;
using ICSharpCode.SharpZipLib;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Makes input faults, with the place, of what a managed decoder throws at data that is not what it should be.</summary>
internal sealed class FaultStream(Func<Stream> open, MeteredStream compressed, string displayName, string format) : ForwardStream
{
    private Stream? _decoder;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            // Some decoders read the format's header when they are made.
            _decoder ??= open();
            return _decoder.Read(buffer);
        }
        catch (EndOfStreamException fault) { throw Fault($"truncated: {format} data ends too early; fetch it anew", fault); }
        catch (Exception fault) when (fault is InvalidDataException or SharpZipBaseException or IndexOutOfRangeException)
        {
            throw Fault($"corrupt {format} data ({fault.Message.TrimEnd('.')}); fetch it anew", fault);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _decoder?.Dispose(); }

        base.Dispose(disposing);
    }

    private InputFaultException Fault(string what, Exception inner)
        => new($"{displayName}: compressed data+0x{compressed.BytesRead:x}: {what}", inner);
}
