namespace DebugInfoFetch.Formats.Compression;

/// <summary>Bounds of a decoder: what comes from a file may not decide how much memory is taken.</summary>
public sealed record DecodeOptions
{
    public static DecodeOptions Default { get; } = new();

    /// <summary>
    /// Bytes of decoded data that may wait for their reader, those being decoded included. A block of an xz stream that is larger
    /// than half of it is decoded piece by piece, one block at a time. Distributions' blocks have 12 and 24 MiB.
    /// </summary>
    public long InFlightBudget { get; init; } = 160L << 20;

    /// <summary>
    /// Bytes that one decoder's dictionary or window may take. The largest presets need 65 MiB (xz -9) and 128 MiB (zstd --ultra -22).
    /// </summary>
    public long DictionaryLimit { get; init; } = 512L << 20;

    /// <summary>Blocks of a multi-block xz stream that are decoded at the same time.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
