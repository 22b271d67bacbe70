using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

/// <summary>Single files out of packages that can be read at any place.</summary>
public sealed class SelectionTests
{
    private const int BlockSize = 64 << 10;
    private static readonly PackageReadOptions Options = new() { Decoding = new DecodeOptions { Threads = 2, InFlightBudget = 1 << 20 }, ProbesAtOnce = 3 };

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Every_file_of_a_deb_is_found_where_the_order_has_it(int probesAtOnce)
    {
        var files = Files(300);
        var deb = new DebBuilder();
        deb.Data.Directory("./").Directory("./usr/");
        foreach ((string path, byte[] content) in files) { deb.File(path, content); }
        deb.Data.Symlink("./usr/aaa-link", "x");
        byte[] bytes = deb.Build();
        foreach ((string path, byte[] content) in files.Where((_, i) => i % 17 == 0 || i > 290))
        {
            var source = new Source(bytes);
            var (found, text) = Take(source, p => p == path, Options with { ProbesAtOnce = probesAtOnce });
            Assert.Equal(path, Assert.Single(found).Path);
            Assert.Equal(content, found[0].Content);
            Assert.Equal("CRC64 of blocks, MD5 of 1 file as the package itself lists it", text);
        }

        Assert.Equal(files.Select(f => f.Path), Take(new Source(bytes), _ => true, Options).Files.Select(f => f.Path));
    }

    [Fact]
    public void One_file_of_a_deb_costs_a_few_blocks()
    {
        var files = Files(300, random: true);
        var deb = new DebBuilder { Compress = data => Compressors.XzBlocks(data, 1 << 20, Compressors.CheckCrc64) };
        foreach ((string path, byte[] content) in files) { deb.File(path, content); }
        byte[] bytes = deb.Build();
        var source = new Source(bytes);
        Take(source, p => p == files[200].Path, Options with { ProbesAtOnce = 1 });
        Assert.True(source.BytesRead < bytes.Length / 3, $"{source.BytesRead} of {bytes.Length}");
    }

    [Theory]
    [InlineData(true, 40, true)]
    [InlineData(true, 16, false)]
    [InlineData(false, 40, false)]
    public void Of_a_package_on_this_machine_many_files_are_read_in_one_go(bool isNear, int wanted, bool inOneGo)
    {
        var deb = new DebBuilder { Compress = data => Compressors.XzBlocks(data, BlockSize, Compressors.CheckCrc64) };
        var rpm = new RpmBuilder { Compressor = "xz", Compress = data => Compressors.XzBlocks(data, BlockSize) };
        foreach ((string path, byte[] content) in Files(60))
        {
            deb.File(path, content);
            rpm.File($"/{path}", content);
        }

        HashSet<string> chosen = [.. Files(60).Take(wanted).Select(f => f.Path)];
        foreach (byte[] package in (byte[][])[deb.Build(), rpm.Build()])
        {
            using PackageReader? selection = PackageReader.OpenSelection(new Source(package), "k", chosen.Contains, Options with { IsNear = isNear }, out string reason);
            Assert.Equal((inOneGo, inOneGo ? $"{wanted} files of it are wanted" : reason), (selection is null, reason));
        }
    }

    [Fact]
    public void An_archive_in_another_order_is_not_found_in_and_says_so()
    {
        var deb = new DebBuilder();
        foreach ((string path, byte[] content) in Files(100).Reverse()) { deb.File(path, content); }
        Assert.Throws<MemberNotFoundException>(() => Take(new Source(deb.Build()), p => p.EndsWith("f050.ko", StringComparison.Ordinal), Options));
    }

    [Fact]
    public void Long_names_and_large_files_are_found()
    {
        var deb = new DebBuilder();
        string longName = "usr/lib/" + new string('m', 140) + ".ko";
        deb.File("usr/lib/a.ko", Bytes(1, 400_000));
        deb.File(longName, Bytes(2, 300_000));
        deb.File("usr/lib/z.ko", Bytes(3, 1000));
        Assert.Equal(Bytes(2, 300_000), Take(new Source(deb.Build()), p => p == longName, Options).Files.Single().Content);
    }

    [Fact]
    public void A_file_of_a_deb_that_is_not_what_its_md5_says_is_a_fault()
    {
        byte[] bytes = new DebBuilder { ChangeMd5 = _ => new string('0', 32) }.File("usr/a.ko", Bytes(1, 200_000)).Build();
        Assert.Contains("usr/a.ko: damaged: its MD5 is", Assert.Throws<InputFaultException>(() => Take(new Source(bytes), _ => true, Options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_file_of_an_rpm_lies_where_its_header_has_it(bool isStripped)
    {
        var rpm = new RpmBuilder { IsStripped = isStripped, HasLongFileSizes = isStripped, LeadMajor = (byte)(isStripped ? 4 : 3) }
            .Directory("/usr").File("/usr/first", Bytes(9, 777), inode: 900).Symlink("/usr/link", "first");
        var files = Files(60);
        foreach ((string path, byte[] content) in files) { rpm.File("/" + path, content); }
        byte[] bytes = rpm.File("/usr/ghost", Bytes(8, 5000), flags: 0x40).File("/usr/second", Bytes(9, 777), inode: 900).File("/usr/z", Bytes(7, 3001)).Build();
        foreach ((string path, byte[] content) in files.Where((_, i) => i % 7 == 0).Append(("usr/z", Bytes(7, 3001))).Append(("usr/second", Bytes(9, 777))))
        {
            var (found, text) = Take(new Source(bytes), p => p == path, Options);
            Assert.Equal((path, true), (found.Single().Path, content.AsSpan().SequenceEqual(found[0].Content)));
            Assert.Equal("SHA-256 of blocks, SHA-256 of the main header, digests in it of 1 file", text);
        }

        using PackageReader reader = PackageReader.OpenSelection(new Source(bytes), "k.rpm", _ => false, Options, out _)!;
        Assert.Equal(["usr/second", "usr/z"], reader.Listed.Where(p => !p.Contains(".ko", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void A_payload_that_is_not_what_the_header_tells_is_not_found_in()
    {
        byte[] bytes = new RpmBuilder { ChangePayload = payload => [.. new byte[16], .. payload] }.File("/usr/a.ko", Bytes(1, 200_000)).File("/usr/b.ko", Bytes(2, 200_000)).Build();
        Assert.Contains("usr/b.ko is not where", Assert.Throws<MemberNotFoundException>(() => Take(new Source(bytes), p => p == "usr/b.ko", Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_an_rpm_with_another_digest_is_a_fault()
    {
        byte[] bytes = new RpmBuilder { ChangeDigest = _ => new string('0', 64) }.File("/usr/a.ko", Bytes(1, 200_000)).Build();
        Assert.Contains("usr/a.ko: damaged: its SHA256 is", Assert.Throws<InputFaultException>(() => Take(new Source(bytes), _ => true, Options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zstd", "its payload is zstd")]
    [InlineData("one", "a single xz block")]
    public void Payloads_without_a_middle_say_why(string kind, string reason)
    {
        Func<byte[], byte[]> compress = kind == "zstd" ? data => Compressors.Zstd(data) : data => Compressors.XzSingleBlock(data, Compressors.CheckCrc64);
        byte[] rpm = new RpmBuilder { Compressor = kind == "zstd" ? "zstd" : "xz", Compress = compress }.File("/a", Bytes(1, 200_000)).Build();
        byte[] deb = new DebBuilder { DataName = kind == "zstd" ? "data.tar.zst" : "data.tar.xz", Compress = compress }.File("a", Bytes(1, 200_000)).Build();
        foreach (byte[] bytes in new[] { rpm, deb })
        {
            Assert.Null(PackageReader.OpenSelection(new Source(bytes), "k", _ => true, Options, out string why));
            Assert.Contains(reason, why, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a", "a", 0)]
    [InlineData("a/b", "a-b", -1)]
    [InlineData("a", "a/b", -1)]
    [InlineData("a/b/c", "a/b.ko", -1)]
    [InlineData("a/z", "a/b", 1)]
    public void Paths_are_ordered_component_by_component(string left, string right, int expected)
    {
        // A directory's contents follow it at once, whatever sorts between its name and its slash.
        byte[] bytes = Deb(left, right, expected);
        Assert.Equal(expected <= 0 ? [left, right] : [right, left], Take(new Source(bytes), _ => true, Options).Files.Select(f => f.Path).Append(left == right ? right : "").Where(p => p.Length > 0));
    }

    private static byte[] Deb(string left, string right, int expected)
    {
        var deb = new DebBuilder();
        foreach (string path in left == right ? [left] : expected < 0 ? [left, right] : (string[])[right, left]) { deb.File(path, Bytes(path.Length, 100_000)); }
        return deb.Build();
    }

    private static (string Path, byte[] Content)[] Files(int count, bool random = false)
        => [.. Enumerable.Range(0, count).Select(i => ($"usr/lib/d{i / 25:d2}/f{i:d3}.ko", random ? Random(i, 20_000 + (i * 37)) : Bytes(i, 2000 + (i * 611 % 9000))))];

    private static byte[] Bytes(int seed, int size) => [.. Enumerable.Range(0, size).Select(i => (byte)((i * 7 / 3) + seed))];

    private static byte[] Random(int seed, int size)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static ((string Path, byte[] Content)[] Files, string Text) Take(Source source, Func<string, bool> isWanted, PackageReadOptions options)
    {
        using PackageReader reader = PackageReader.OpenSelection(source, "k", isWanted, options, out string reason) ?? throw new Xunit.Sdk.XunitException(reason);
        var files = new List<(string, byte[])>();
        while (reader.MoveNext())
        {
            using Stream content = reader.OpenCurrent();
            using var whole = new MemoryStream();
            content.CopyTo(whole);
            Assert.Equal(reader.Current.ByteSize, whole.Length);
            files.Add((reader.Current.Path, whole.ToArray()));
        }

        return ([.. files], reader.FinishAndVerify());
    }

    private sealed class Source(byte[] bytes) : IRandomAccessSource
    {
        private long _bytesRead;
        public long BytesRead => Interlocked.Read(ref _bytesRead);
        public long? RandomAccessLength => bytes.Length;

        public void ReadExactlyAt(long offset, Span<byte> buffer)
        {
            Interlocked.Add(ref _bytesRead, buffer.Length);
            bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        }
    }
}
