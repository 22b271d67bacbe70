using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Compression;

public sealed class Bzip2AndGzipTests
{
    private static readonly byte[] Data = TestData.Bytes(250_000);

    [Fact]
    public void Bzip2_streams_one_after_the_other_are_one()
    {
        byte[] all = [.. Compressors.Bzip2(Data), .. Compressors.Bzip2(Data.AsSpan(1, 9))];
        Assert.Equal([.. Data, .. Data.AsSpan(1, 9)], TestData.Decode(new Bzip2Codec(), all));
    }

    [Fact]
    public void Gzip_members_one_after_the_other_are_one()
    {
        byte[] all = [.. Compressors.Gzip(Data), .. Compressors.Gzip(Data.AsSpan(1, 9))];
        Assert.Equal([.. Data, .. Data.AsSpan(1, 9)], TestData.Decode(new GzipCodec(), all));
    }
}
