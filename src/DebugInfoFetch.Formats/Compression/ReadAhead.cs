namespace DebugInfoFetch.Formats.Compression;

/// <summary>Runs a decoder that is a stream on a thread of its own, so that decoding overlaps with what the reader does.</summary>
internal static class ReadAhead
{
    // Most modules lie within one chunk, and can be lent as they lie in it.
    private const int ChunkSize = 8 << 20;
    private const long MaximalBudget = 8 * ChunkSize;

    /// <param name="decoder">Disposed with the result.</param>
    public static Stream Over(Stream decoder, DecodeOptions options)
    {
        var pipe = new ChunkPipe(Math.Min(options.InFlightBudget, MaximalBudget));
        return new ChunkStream(pipe, threads: 1, () => Pump(decoder, pipe), () =>
        {
            decoder.Dispose();
            pipe.Dispose();
        });
    }

    private static void Pump(Stream decoder, ChunkPipe pipe)
    {
        while (pipe.Claim(ChunkSize) is { } chunk)
        {
            Exception? fault = null;
            bool atEnd = false;
            try
            {
                // Bytes before a fault are still delivered: the fault is kept for the place where it is.
                while (chunk.Length < ChunkSize)
                {
                    int read = decoder.Read(chunk.Span[chunk.Length..]);
                    if (read == 0)
                    {
                        atEnd = true;
                        break;
                    }

                    chunk.Length += read;
                }
            }
#pragma warning disable CA1031 // Whatever it is, it belongs to the reader: this is another thread.
            catch (Exception caught) { fault = caught; }
#pragma warning restore CA1031

            pipe.Publish(chunk);
            if (atEnd || fault is not null)
            {
                pipe.Finish(fault);
                return;
            }
        }
    }
}
