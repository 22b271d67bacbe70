using System.Numerics;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>Decodes zstd frames as they are read.</summary>
internal sealed unsafe class ZstdStream : ForwardStream
{
    // ZSTD_d_windowLogMax, and the least value that it takes (zstd.h: ZSTD_WINDOWLOG_ABSOLUTEMIN).
    private const int WindowLogMaximum = 100;
    private const int LeastWindowLog = 10;

    private readonly ZstdLibrary _zstd = ZstdLibrary.Instance;
    private readonly CompressedInput _input;
    private void* _context;
    private bool _inFrame;
    private bool _outputMayBeHeld;

    public ZstdStream(Stream compressed, string displayName, long windowLimit)
    {
        _input = new CompressedInput(compressed, displayName);
        _context = _zstd.CreateContext();
        if (_context == null) { throw new InsufficientMemoryException("no memory for a zstd decoder"); }

        int windowLog = Math.Clamp(BitOperations.Log2((ulong)windowLimit), LeastWindowLog, 31);
        _ = _zstd.SetParameter(_context, WindowLogMaximum, windowLog);
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_context == null, this);
        if (buffer.IsEmpty) { return 0; }

        fixed (byte* output = buffer)
        {
            while (true)
            {
                // What the decoder still holds comes first: waiting for more input could mean to wait for ever.
                var available = _outputMayBeHeld ? default : _input.Fill();
                bool atEnd = !_outputMayBeHeld && available.IsEmpty;
                if (atEnd)
                {
                    return _inFrame ? throw _input.Truncated(_input.Offset, "the data ends inside a zstd frame") : 0;
                }

                int read = Step(available, output, buffer.Length);
                if (read > 0) { return read; }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_context != null)
        {
            _ = _zstd.FreeContext(_context);
            _context = null;
        }

        base.Dispose(disposing);
    }

    private int Step(ReadOnlySpan<byte> available, byte* output, int capacity)
    {
        fixed (byte* bytes = available)
        {
            var source = new ZstdBuffer { Bytes = bytes, Size = (nuint)available.Length };
            var target = new ZstdBuffer { Bytes = output, Size = (nuint)capacity };
            nuint result = _zstd.DecompressStream(_context, &target, &source);
            if (_zstd.ErrorName(result) is { } error)
            {
                string remedy = error.Contains("memory", StringComparison.Ordinal) ? "its window is larger than allowed" : "fetch it anew";
                throw _input.Fault($"corrupt zstd data: {error}; {remedy}");
            }

            _input.Consume((int)source.Position);
            // 0: a frame is complete and all of it handed out (zstd.h, ZSTD_decompressStream).
            if (result == 0) { _inFrame = false; }
            else if (source.Position > 0) { _inFrame = true; }

            _outputMayBeHeld = result != 0 && target.Position == target.Size;
            return (int)target.Position;
        }
    }
}
