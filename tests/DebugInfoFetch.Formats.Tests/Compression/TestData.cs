using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Formats.Tests.Compression;

internal static class TestData
{
    /// <summary>Half noise, half repetition, by a fixed seed: it compresses, but not to nothing.</summary>
    public static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        var random = new Random(seed);
        for (int at = 0; at < count; at += 256)
        {
            var part = bytes.AsSpan(at, Math.Min(256, count - at));
            if ((at / 256) % 2 == 0) { random.NextBytes(part); }
            else { part.Fill((byte)(at / 512)); }
        }

        return bytes;
    }

    public static byte[] Decode(ICodec codec, Stream compressed, DecodeOptions? options = null)
    {
        using var decoded = codec.Open(compressed, "test", options ?? DecodeOptions.Default);
        using var result = new MemoryStream();
        decoded.CopyTo(result);
        return result.ToArray();
    }

    public static byte[] Decode(ICodec codec, byte[] compressed, DecodeOptions? options = null) => Decode(codec, new MemoryStream(compressed), options);
}
