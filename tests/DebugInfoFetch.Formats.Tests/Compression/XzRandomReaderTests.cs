using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Compression;

public sealed class XzRandomReaderTests
{
    private const int BlockSize = 50_000;
    private static readonly byte[] Data = TestData.Bytes(1_000_000);

    [Theory]
    [InlineData(Compressors.CheckNone)]
    [InlineData(Compressors.CheckCrc32)]
    [InlineData(Compressors.CheckCrc64)]
    [InlineData(Compressors.CheckSha256)]
    public void Any_part_is_what_it_is_in_the_whole(int check)
    {
        using XzRandomReader reader = Open(new CountingSource(Compressors.XzBlocks(Data, BlockSize, check)));
        foreach ((int from, int length) in new[] { (0, 1), (0, Data.Length), (49_999, 2), (50_000, 50_000), (123_456, 400_000), (Data.Length - 1, 1), (77, 0) })
        {
            Assert.Equal(Data.AsSpan(from, length).ToArray(), Read(reader, from, length));
            byte[] direct = new byte[length];
            reader.ReadExactlyAt(from, direct);
            Assert.Equal(Data.AsSpan(from, length).ToArray(), direct);
        }
    }

    [Fact]
    public void Only_the_blocks_of_the_part_are_read()
    {
        var source = new CountingSource(Compressors.XzBlocks(Data, BlockSize));
        using XzRandomReader reader = Open(source);
        source.Reads.Clear();
        Read(reader, 120_000, 100_000);
        var blocks = reader.Index.Blocks.Skip(2).Take(3).Select(b => (b.CompressedOffset, (int)b.CompressedSize));
        Assert.Equal(blocks, source.Reads.Order());
    }

    [Theory]
    [InlineData(Compressors.CheckCrc32)]
    [InlineData(Compressors.CheckCrc64)]
    [InlineData(Compressors.CheckSha256)]
    public void A_damaged_block_is_a_fault_for_its_part_only(int check)
    {
        byte[] xz = Compressors.XzBlocks(Data, BlockSize, check);
        XzBlock third = XzIndex.Read(new CountingSource(xz), "test").Blocks[2];
        // The check itself: nothing but its comparison can find this.
        xz[third.CompressedOffset + third.UnpaddedSize - 1] ^= 1;
        using XzRandomReader reader = Open(new CountingSource(xz));
        Assert.Equal(Data.AsSpan(0, 2 * BlockSize).ToArray(), Read(reader, 0, 2 * BlockSize));
        var fault = Assert.Throws<InputFaultException>(() => Read(reader, (2 * BlockSize) + 5, 10));
        Assert.Contains($"test: compressed data+0x{third.CompressedOffset:x}: damaged xz block", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_beginning_of_a_block_is_decoded_as_far_as_it_is_wanted()
    {
        byte[] data = TestData.Bytes(8_000_000);
        var source = new CountingSource(Compressors.XzBlocks(data, 4_000_000));
        using XzRandomReader reader = Open(source);
        source.Reads.Clear();
        byte[] got = [];
        reader.DecodeHead(1, 1 << 20, decoded =>
        {
            got = decoded.ToArray();
            return got.Length < 1000;
        });
        Assert.InRange(got.Length, 1000, 400_000);
        Assert.Equal(data.AsSpan(4_000_000, got.Length).ToArray(), got);
        Assert.True(source.Reads.Sum(r => r.Length) <= 128 << 10);
    }

    [Fact]
    public void The_limit_ends_a_beginning_without_a_fault()
    {
        byte[] data = new byte[4_000_000];
        new Random(5).NextBytes(data);
        using XzRandomReader reader = Open(new CountingSource(Compressors.XzBlocks(data, 2_000_000)));
        int most = 0;
        reader.DecodeHead(0, 200_000, decoded => (most = decoded.Length) > 0);
        Assert.InRange(most, 100_000, 200_000);
    }

    [Fact]
    public void A_part_beyond_the_end_is_a_fault()
    {
        using XzRandomReader reader = Open(new CountingSource(Compressors.XzBlocks(Data, BlockSize)));
        Assert.Contains("there are 1000000 in all", Assert.Throws<InputFaultException>(() => reader.Open(999_999, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<InputFaultException>(() => reader.Open(-1, 2));
    }

    [Fact]
    public void A_single_block_is_not_worth_it()
    {
        Assert.False(XzRandomReader.IsWorthwhile(XzIndex.Read(new CountingSource(Compressors.XzSingleBlock(Data, Compressors.CheckCrc64)), "test")));
        Assert.True(XzRandomReader.IsWorthwhile(XzIndex.Read(new CountingSource(Compressors.XzBlocks(Data, BlockSize)), "test")));
    }

    private static XzRandomReader Open(CountingSource source)
        => new(source, XzIndex.Read(source, "test"), "test", new DecodeOptions { Threads = 3, InFlightBudget = 120_000 });

    private static byte[] Read(XzRandomReader reader, long from, long length)
    {
        using Stream part = reader.Open(from, length);
        using var whole = new MemoryStream();
        part.CopyTo(whole);
        return whole.ToArray();
    }

    private sealed class CountingSource(byte[] bytes) : IRandomAccessSource
    {
        public List<(long Offset, int Length)> Reads { get; } = [];
        public long? RandomAccessLength => bytes.Length;

        public void ReadExactlyAt(long offset, Span<byte> buffer)
        {
            lock (Reads) { Reads.Add((offset, buffer.Length)); }
            bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        }
    }
}
