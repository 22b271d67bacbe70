namespace DebugInfoFetch.Formats.Compression;

/// <summary>Blocks of xz data one after the other, read and decoded by several threads at once, given in order.</summary>
internal sealed class XzBlockRun : IDisposable
{
    private readonly Lock _claiming = new();
    private readonly XzRandomReader _reader;
    private readonly DecodeOptions _options;
    private readonly ChunkPipe _pipe;
    private readonly int _last;
    private int _next;

    private XzBlockRun(XzRandomReader reader, int first, int last, DecodeOptions options)
    {
        (_reader, _next, _last, _options) = (reader, first, last, options);
        _pipe = new ChunkPipe(options.InFlightBudget);
    }

    /// <summary>From the first block's first byte to the last one's last.</summary>
    public static Stream Open(XzRandomReader reader, int first, int last, DecodeOptions options)
    {
        var run = new XzBlockRun(reader, first, last, options);
        return new ChunkStream(run._pipe, Math.Clamp(options.Threads, 1, last - first + 1), run.Work, run.Dispose);
    }

    public void Dispose() => _pipe.Dispose();

    private void Work()
    {
#pragma warning disable CA1031 // Whatever goes wrong belongs to the reader: this is another thread.
        try
        {
            using var decoder = new XzBlockDecoder(_options.DictionaryLimit);
            byte[] compressed = [];
            while (Claim() is { } claimed)
            {
                (int number, Chunk chunk) = claimed;
                try
                {
                    int size = (int)_reader.Index.Blocks[number].UncompressedSize;
                    _reader.DecodeBlock(decoder, number, ref compressed, chunk.Span[..size]);
                    chunk.Length = size;
                    _pipe.Publish(chunk);
                }
                catch (Exception fault) { _pipe.Fail(chunk, fault); }
            }
        }
        catch (Exception fault) { _pipe.Finish(fault); }
#pragma warning restore CA1031
    }

    private (int Number, Chunk Chunk)? Claim()
    {
        lock (_claiming)
        {
            if (_next > _last)
            {
                _pipe.Finish(null);
                return null;
            }

            return _pipe.Claim((int)_reader.Index.Blocks[_next].UncompressedSize) is { } chunk ? (_next++, chunk) : null;
        }
    }
}
