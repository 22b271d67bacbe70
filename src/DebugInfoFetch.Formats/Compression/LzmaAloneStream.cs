using System.Runtime.InteropServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Decodes lzma-alone data as it is read.</summary>
internal sealed unsafe class LzmaAloneStream : ForwardStream
{
    // lzma_code's LZMA_RUN and LZMA_FINISH (lzma/base.h).
    private const int Run = 0, Finish = 3;

    private readonly LzmaLibrary _lzma = LzmaLibrary.Instance;
    private readonly CompressedInput _input;
    private LzmaStream* _stream;
    private bool _ended;

    public LzmaAloneStream(Stream compressed, string displayName, long dictionaryLimit)
    {
        _input = new CompressedInput(compressed, displayName);
        _stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        if (_lzma.AloneDecoder(_stream, (ulong)dictionaryLimit) != LzmaReturn.Ok)
        {
            throw new InsufficientMemoryException("no memory for an lzma decoder");
        }
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_stream == null, this);
        if (_ended || buffer.IsEmpty) { return 0; }

        int produced = 0;
        while (produced == 0 && !_ended)
        {
            var available = _input.Fill();
            bool atEnd = available.IsEmpty;
            LzmaReturn result;
            fixed (byte* bytes = available)
            fixed (byte* output = buffer)
            {
                _stream->NextIn = bytes;
                _stream->AvailableIn = (nuint)available.Length;
                _stream->NextOut = output;
                _stream->AvailableOut = (nuint)buffer.Length;
                result = _lzma.Code(_stream, atEnd ? Finish : Run);
                produced = buffer.Length - (int)_stream->AvailableOut;
                _input.Consume(available.Length - (int)_stream->AvailableIn);
            }

            switch (result)
            {
                case LzmaReturn.Ok:
                    break;
                case LzmaReturn.StreamEnd:
                    _ended = true;
                    if (!_input.IsAtEnd) { throw _input.Fault("bytes follow the end of the lzma data; fetch it anew"); }

                    break;
                case LzmaReturn.BufferError when atEnd:
                    throw _input.Truncated(_input.Offset, "the data ends inside the lzma stream");
                case LzmaReturn.MemoryLimit:
                    throw _input.Fault("the lzma data asks for a larger dictionary than is allowed");
                default:
                    throw _input.Fault($"corrupt lzma data ({result}); fetch it anew");
            }
        }

        return produced;
    }

    protected override void Dispose(bool disposing)
    {
        if (_stream != null)
        {
            _lzma.End(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }

        base.Dispose(disposing);
    }
}
