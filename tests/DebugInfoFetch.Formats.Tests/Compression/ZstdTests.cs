using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Compression;

public sealed class ZstdTests
{
    private static readonly byte[] Data = TestData.Bytes(3_000_000);

    [Fact]
    public void Frames_and_skippable_frames_in_any_order_are_one()
    {
        byte[] all = [.. Compressors.ZstdSkippableFrame("index"u8), .. Compressors.Zstd(Data), .. Compressors.ZstdSkippableFrame(default),
            .. Compressors.Zstd(Data.AsSpan(0, 10)), .. Compressors.Zstd(default), .. Compressors.Zstd(Data.AsSpan(7, 5))];
        Assert.Equal(CompressionFormat.Zstd, Codecs.Detect(all.AsSpan(0, 16)).Format);
        byte[] expected = [.. Data, .. Data.AsSpan(0, 10), .. Data.AsSpan(7, 5)];
        Assert.Equal(expected, TestData.Decode(new ZstdCodec(), all));
        Assert.Equal(expected, TestData.Decode(new ZstdCodec(), new TrickleStream(all, 3)));
    }

    [Fact]
    public void A_window_beyond_the_limit_is_refused()
    {
        byte[] zstd = Compressors.Zstd(Data, level: 19);
        var fault = Assert.Throws<InputFaultException>(() => TestData.Decode(new ZstdCodec(), zstd, new DecodeOptions { DictionaryLimit = 1 << 16 }));
        Assert.Contains("its window is larger than allowed", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_buffer_is_decoded_at_once_when_its_size_is_as_announced()
    {
        byte[] zstd = Compressors.Zstd(Data), decoded = new byte[Data.Length];
        ZstdCodec.Decode(zstd, decoded, "vmlinux: .debug_info");
        Assert.Equal(Data, decoded);
        Assert.Throws<InputFaultException>(() => ZstdCodec.Decode(zstd, new byte[Data.Length + 1], "vmlinux: .debug_info"));
        Assert.Throws<InputFaultException>(() => ZstdCodec.Decode(zstd, new byte[Data.Length - 1], "vmlinux: .debug_info"));
        Assert.Throws<InputFaultException>(() => ZstdCodec.Decode(zstd.AsSpan(0, 50), decoded, "vmlinux: .debug_info"));
    }
}
