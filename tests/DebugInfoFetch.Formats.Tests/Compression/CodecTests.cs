using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Compression;

/// <summary>What holds for every codec.</summary>
public sealed class CodecTests
{
    private static readonly byte[] Data = TestData.Bytes(300_000);

    public static TheoryData<CompressionFormat> Formats => new(Enum.GetValues<CompressionFormat>());

    public static TheoryData<CompressionFormat> Compressing
        => new(CompressionFormat.Xz, CompressionFormat.Gzip, CompressionFormat.Bzip2, CompressionFormat.LzmaAlone, CompressionFormat.Zstd, CompressionFormat.Lzop);

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decodes_what_was_compressed(CompressionFormat format)
        => Assert.Equal(Data, TestData.Decode(Codecs.For(format), Compress(format, Data)));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decodes_from_a_stream_that_gives_a_byte_at_a_time_and_cannot_seek(CompressionFormat format)
        => Assert.Equal(Data, TestData.Decode(Codecs.For(format), new TrickleStream(Compress(format, Data))));

    [Theory]
    [MemberData(nameof(Compressing))]
    public void Decodes_no_bytes(CompressionFormat format)
        => Assert.Empty(TestData.Decode(Codecs.For(format), Compress(format, [])));

    [Theory]
    [MemberData(nameof(Compressing))]
    public void Its_magic_is_recognised(CompressionFormat format)
    {
        var codec = Codecs.Detect(Compress(format, Data).AsSpan(0, Codecs.HeadSize));
        Assert.Equal(format, codec.Format);
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void Data_cut_anywhere_is_a_fault_that_says_so(CompressionFormat format)
    {
        byte[] whole = Compress(format, Data.AsSpan(0, 3_000).ToArray());
        for (int length = 1; length < whole.Length; length += length < 40 || length > whole.Length - 40 ? 1 : 37)
        {
            var fault = Assert.Throws<InputFaultException>(() => TestData.Decode(Codecs.For(format), whole[..length]));
            Assert.StartsWith("test: compressed data+0x", fault.Message, StringComparison.Ordinal);
            Assert.Contains("truncated", fault.Message, StringComparison.Ordinal);
        }
    }

    // lzma-alone has no check of its own, and zstd's is optional: there a package's digests are what guards.
    [Theory]
    [InlineData(CompressionFormat.Xz)]
    [InlineData(CompressionFormat.Gzip)]
    [InlineData(CompressionFormat.Bzip2)]
    public void A_flipped_byte_is_a_fault_or_changes_nothing(CompressionFormat format)
    {
        byte[] data = Data[..3_000];
        byte[] whole = Compress(format, data);
        for (int at = 0; at < whole.Length; at += at < 40 || at > whole.Length - 40 ? 1 : 29)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            byte[] decoded;
            try { decoded = TestData.Decode(Codecs.For(format), damaged); }
            catch (InputFaultException) { continue; }

            // Fields that say nothing of the content: gzip's time stamp and operating system.
            Assert.Equal(data, decoded);
        }
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void What_follows_the_data_and_is_none_is_a_fault(CompressionFormat format)
    {
        byte[] whole = [.. Compress(format, Data), .. "rubbish behind the end"u8];
        Assert.Throws<InputFaultException>(() => TestData.Decode(Codecs.For(format), whole));
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void A_reader_that_leaves_early_ends_the_decoding_threads(CompressionFormat format)
    {
        var decoded = Codecs.For(format).Open(new MemoryStream(Compress(format, TestData.Bytes(3 << 20))), "test",
            new DecodeOptions { InFlightBudget = 1 << 20 });
        Assert.True(decoded.ReadByte() >= 0);
        decoded.Dispose();
        Assert.Throws<ObjectDisposedException>(() => decoded.ReadByte());
    }

    [Fact]
    public void A_fault_of_the_source_reaches_the_reader()
    {
        var broken = new BrokenStream(Compress(CompressionFormat.Zstd, Data));
        var fault = Assert.Throws<IOException>(() => TestData.Decode(new ZstdCodec(), broken));
        Assert.Equal("connection reset", fault.Message);
    }

    [Fact]
    public void Announced_and_found_compression_must_agree()
    {
        byte[] xz = Compress(CompressionFormat.Xz, Data);
        Assert.Equal("xz", Codecs.Detect(xz.AsSpan(0, 16), CompressionFormat.Xz, "the header", "test").Name);
        Assert.Equal("xz", Codecs.Detect(xz.AsSpan(0, 16), null, "", "test").Name);
        var fault = Assert.Throws<InputFaultException>(() => Codecs.Detect(xz.AsSpan(0, 16), CompressionFormat.Zstd, "PAYLOADCOMPRESSOR zstd", "a.rpm"));
        Assert.Equal("a.rpm: payload+0x0: PAYLOADCOMPRESSOR zstd is announced, the data begins fd377a585a000004 as xz does; fetch the package anew", fault.Message);
    }

    private static byte[] Compress(CompressionFormat format, byte[] data) => format switch
    {
        CompressionFormat.Xz => Compressors.XzBlocks(data, 64 << 10, Compressors.CheckCrc64),
        CompressionFormat.Gzip => Compressors.Gzip(data),
        CompressionFormat.Bzip2 => Compressors.Bzip2(data),
        CompressionFormat.LzmaAlone => Compressors.LzmaAlone(data),
        CompressionFormat.Zstd => Compressors.Zstd(data),
        CompressionFormat.Lz4Legacy => BlockCompressors.Lz4Legacy(data),
        CompressionFormat.Lzop => BlockCompressors.Lzop(data),
        _ => data,
    };

    private sealed class BrokenStream(byte[] bytes) : ForwardStream
    {
        private bool _read;

        public override int Read(Span<byte> buffer)
        {
            if (_read) { throw new IOException("connection reset"); }

            _read = true;
            bytes.AsSpan(0, 100).CopyTo(buffer);
            return 100;
        }
    }
}
