using System.Buffers;
using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Compression;

public sealed class XzTests
{
    private static readonly byte[] Data = TestData.Bytes(1_000_000);
    private static readonly XzCodec Codec = new();

    [Theory]
    [InlineData(Compressors.CheckNone)]
    [InlineData(Compressors.CheckCrc32)]
    [InlineData(Compressors.CheckCrc64)]
    [InlineData(Compressors.CheckSha256)]
    public void Blocks_with_each_check_are_decoded_in_order(int check)
    {
        byte[] xz = Compressors.XzBlocks(Data, 64 << 10, check);
        Assert.Equal(Data, TestData.Decode(Codec, xz));
        Assert.Equal(Data, TestData.Decode(Codec, new TrickleStream(xz, 1000)));
        Assert.Equal(Data, TestData.Decode(Codec, Compressors.XzSingleBlock(Data, check)));
    }

    [Theory]
    [InlineData(1, 4096)]
    [InlineData(1, 200_000)]
    [InlineData(2, 200_000)]
    [InlineData(7, 300_000)]
    [InlineData(3, 100_000_000)]
    public void Any_number_of_threads_and_any_budget_give_the_same_bytes(int threads, int budget)
        => Assert.Equal(Data, TestData.Decode(Codec, Compressors.XzBlocks(Data, 64 << 10),
            new DecodeOptions { Threads = threads, InFlightBudget = budget }));

    [Theory]
    [InlineData(4096, 64 << 10, true)]
    [InlineData(100_000_000, 64 << 10, true)]
    [InlineData(200_000, 64 << 10, true)]
    // A block that does not fill its pages has nothing directly behind it.
    [InlineData(100_000_000, 65_000, false)]
    public void Bytes_are_lent_also_of_several_blocks_and_stay_their_takers(int budget, int blockSize, bool isInOnePiece)
    {
        var decoded = (ForwardStream)Codec.Open(new MemoryStream(Compressors.XzBlocks(Data, blockSize)), "test", new DecodeOptions { Threads = 2, InFlightBudget = budget });
        var taken = new List<(int At, IMemoryOwner<byte> Lent)>();
        byte[] read = new byte[10_000];
        int at = 0;
        while (at < Data.Length)
        {
            if (decoded.Lend(20_000) is { } lent)
            {
                taken.Add((at, lent));
                at += lent.Memory.Length;
            }
            else
            {
                int count = decoded.Read(read);
                Assert.Equal(Data.AsSpan(at, count), read.AsSpan(0, count));
                at += count;
            }
        }

        Assert.Equal(0, decoded.Read(read));
        Assert.Null(decoded.Lend(1));
        if (isInOnePiece) { Assert.Equal(Data.Length / 20_000, taken.Count); }
        else { Assert.InRange(taken.Count, 1, Data.Length / 20_000 - 1); }
        decoded.Dispose();
        foreach ((int from, IMemoryOwner<byte> lent) in taken)
        {
            Assert.Equal(Data.AsSpan(from, lent.Memory.Length), lent.Memory.Span);
            // The taker's to write to: no other part shows it.
            lent.Memory.Span.Fill(0xff);
            lent.Dispose();
            Assert.Throws<ObjectDisposedException>(() => lent.Memory.Span.Length);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(150_000)]
    public void More_than_the_budget_is_lent_at_once_and_the_rest_is_read(int budget)
    {
        using var decoded = (ForwardStream)Codec.Open(new MemoryStream(Compressors.XzBlocks(Data, 64 << 10)), "test", new DecodeOptions { Threads = 3, InFlightBudget = budget });
        byte[] read = new byte[1000];
        decoded.ReadExactly(read);
        using IMemoryOwner<byte> lent = decoded.Lend(Data.Length - 2000)!;
        Assert.Equal(Data.AsSpan(1000, Data.Length - 2000), lent.Memory.Span);
        Assert.Null(decoded.Lend(1001));
        decoded.ReadExactly(read);
        Assert.Equal(Data.AsSpan(Data.Length - 1000), read.AsSpan());
        Assert.Equal(0, decoded.Read(read));
    }

    [Fact]
    public void What_is_given_back_is_used_again_and_shows_nowhere_else()
    {
        using var decoded = (ForwardStream)Codec.Open(new MemoryStream(Compressors.XzBlocks(Data, 16 << 10)), "test", new DecodeOptions { Threads = 2, InFlightBudget = 64 << 10 });
        var held = new Queue<(int At, IMemoryOwner<byte> Lent)>();
        for (int at = 0; at + 25_000 <= Data.Length; at += 25_000)
        {
            held.Enqueue((at, decoded.Lend(25_000)!));
            if (held.Count < 4) { continue; }
            (int from, IMemoryOwner<byte> oldest) = held.Dequeue();
            Assert.Equal(Data.AsSpan(from, 25_000), oldest.Memory.Span);
            oldest.Dispose();
        }

        foreach ((int from, IMemoryOwner<byte> lent) in held)
        {
            Assert.Equal(Data.AsSpan(from, 25_000), lent.Memory.Span);
            lent.Dispose();
        }
    }

    [Fact]
    public void Of_a_stream_with_a_fault_only_what_is_before_it_is_lent()
    {
        byte[] compressed = Compressors.XzBlocks(Data, 64 << 10);
        compressed[compressed.Length / 2] ^= 1;
        using var decoded = (ForwardStream)Codec.Open(new MemoryStream(compressed), "test", new DecodeOptions { Threads = 2 });
        Assert.Null(decoded.Lend(Data.Length));
        using (IMemoryOwner<byte> lent = decoded.Lend(100_000)!) { Assert.Equal(Data.AsSpan(0, 100_000), lent.Memory.Span); }
        Assert.Throws<InputFaultException>(() => decoded.CopyTo(Stream.Null));
    }

    [Fact]
    public void Sizes_that_block_headers_leave_out_come_from_the_index_of_a_stream_that_can_seek()
    {
        byte[] xz = Compressors.XzBlocksWithoutSizes(Data, 100_000);
        Assert.Equal(Data, TestData.Decode(Codec, new MeteredStream(new MemoryStream(xz), null, "test")));
        Assert.Equal(Data, TestData.Decode(Codec, new TrickleStream(xz, 500)));
    }

    [Fact]
    public void Streams_and_padding_between_them_are_one()
    {
        byte[] first = Compressors.XzBlocks(Data, 64 << 10), second = Compressors.XzSingleBlock(Data.AsSpan(5, 77));
        byte[] all = [.. first, .. new byte[8], .. second, .. new byte[4]];
        byte[] expected = [.. Data, .. Data.AsSpan(5, 77)];
        Assert.Equal(expected, TestData.Decode(Codec, all));

        var index = XzIndex.Read(new MeteredStream(new MemoryStream(all), null, "test"), "test");
        Assert.Equal(expected.Length, index.UncompressedSize);
        Assert.Equal(first.Length + 8 + XzIndex.StreamHeaderSize, index.Blocks[^1].CompressedOffset);
        Assert.Equal(Data.Length, index.Blocks[^1].UncompressedOffset);
        Assert.Equal(XzCheck.Crc64, index.Blocks[^1].Check);
    }

    [Fact]
    public void Padding_that_is_not_of_four_bytes_is_a_fault()
        => Assert.Throws<InputFaultException>(() => TestData.Decode(Codec, [.. Compressors.XzSingleBlock(Data), 0, 0, 0]));

    [Fact]
    public void Each_block_of_the_index_decodes_alone()
    {
        byte[] xz = Compressors.XzBlocks(Data, 100_000);
        var index = XzIndex.Read(new MeteredStream(new MemoryStream(xz), null, "test"), "test");
        Assert.Equal(10, index.Blocks.Count);
        using var decoder = new XzBlockDecoder(DecodeOptions.Default.DictionaryLimit);
        foreach (var block in index.Blocks.Reverse())
        {
            byte[] output = new byte[block.UncompressedSize];
            decoder.Decode(xz.AsSpan((int)block.CompressedOffset, (int)block.CompressedSize), block, output, "test");
            Assert.Equal(Data.AsSpan((int)block.UncompressedOffset, output.Length).ToArray(), output);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(99_999, 0)]
    [InlineData(100_000, 1)]
    [InlineData(999_999, 9)]
    [InlineData(1_000_000, -1)]
    [InlineData(-1, -1)]
    public void The_block_of_a_decoded_offset_is_found(long offset, int expected)
    {
        byte[] xz = Compressors.XzBlocks(Data, 100_000);
        Assert.Equal(expected, XzIndex.Read(new MeteredStream(new MemoryStream(xz), null, "test"), "test").BlockAt(offset));
    }

    [Theory]
    [InlineData(Compressors.CheckCrc32)]
    [InlineData(Compressors.CheckSha256)]
    public void A_wrong_check_is_named_with_its_block_and_what_comes_before_is_delivered(int check)
    {
        byte[] xz = Compressors.XzBlocks(Data, 100_000, check);
        var third = XzIndex.Read(new MeteredStream(new MemoryStream(xz), null, "test"), "test").Blocks[2];
        // The check is a block's last bytes.
        xz[third.CompressedOffset + third.CompressedSize - 1] ^= 1;
        using var decoded = Codec.Open(new MemoryStream(xz), "data.tar.xz", DecodeOptions.Default);
        byte[] before = new byte[200_000];
        decoded.ReadExactly(before);
        Assert.Equal(Data[..200_000], before);
        var fault = Assert.Throws<InputFaultException>(() => decoded.ReadByte());
        Assert.Equal($"data.tar.xz: compressed data+0x{third.CompressedOffset:x}: damaged xz block (DataError): "
            + $"its data or its {(XzCheck)check} check is wrong; fetch it anew", fault.Message);
        Assert.Throws<InputFaultException>(() => decoded.ReadByte());
    }

    [Fact]
    public void A_wrong_check_of_a_block_that_is_decoded_piece_by_piece_is_found_too()
    {
        byte[] xz = Compressors.XzSingleBlock(Data, Compressors.CheckSha256);
        var block = XzIndex.Read(new MeteredStream(new MemoryStream(xz), null, "test"), "test").Blocks[0];
        xz[block.CompressedOffset + block.CompressedSize - 1] ^= 1;
        Assert.Contains("Sha256 check is wrong", Assert.Throws<InputFaultException>(() => TestData.Decode(Codec, xz)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dictionary_beyond_the_limit_is_refused_before_it_is_allocated()
    {
        var fault = Assert.Throws<InputFaultException>(() => TestData.Decode(Codec, Compressors.XzSingleBlock(Data), new DecodeOptions { DictionaryLimit = 1 << 16 }));
        Assert.Contains("MiB of memory", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_header_that_claims_exabytes_takes_no_memory()
    {
        // A block header by hand (xz file format §3.1): both sizes present and huge, one filter LZMA2 with a small dictionary, CRC-32.
        byte[] huge = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F];
        byte[] content = [0, 0xC0, .. huge, .. huge, 0x21, 0x01, 0x00];
        byte[] header = new byte[(content.Length + 3) / 4 * 4];
        content.CopyTo(header, 0);
        header[0] = (byte)(header.Length / 4);
        byte[] crc = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Crc32Of(header));
        byte[] streamHeader = Compressors.XzSingleBlock([], Compressors.CheckCrc32)[..XzIndex.StreamHeaderSize];
        byte[] xz = [.. streamHeader, .. header, .. crc, .. new byte[64]];
        // Were the sizes believed, this would be a lack of memory.
        var fault = Assert.Throws<InputFaultException>(() => TestData.Decode(Codec, xz));
        Assert.Contains("damaged xz block", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_does_not_describe_the_blocks_is_a_fault()
    {
        // The blocks of one stream, the index and footer of another.
        byte[] one = Compressors.XzBlocks(Data, 100_000), other = Compressors.XzBlocks(TestData.Bytes(1_000_000, seed: 2), 100_000);
        var last = XzIndex.Read(new MeteredStream(new MemoryStream(one), null, "test"), "test").Blocks[^1];
        var otherLast = XzIndex.Read(new MeteredStream(new MemoryStream(other), null, "test"), "test").Blocks[^1];
        byte[] mixed = [.. one.AsSpan(0, (int)(last.CompressedOffset + last.CompressedSize)),
            .. other.AsSpan((int)(otherLast.CompressedOffset + otherLast.CompressedSize))];
        Assert.Contains("index", Assert.Throws<InputFaultException>(() => TestData.Decode(Codec, mixed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_cut_off_is_a_fault()
    {
        byte[] xz = Compressors.XzBlocks(Data, 100_000);
        for (int cut = 1; cut < 40; cut++)
        {
            byte[] short_ = xz[..^cut];
            Assert.Throws<InputFaultException>(() => XzIndex.Read(new MeteredStream(new MemoryStream(short_), null, "test"), "test"));
        }
    }

    private static uint Crc32Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) { crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0); }
        }

        return ~crc;
    }
}
