using System.Globalization;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Cpio;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Fuzz;

public sealed class PackageFuzz
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 3000).Select(i => (byte)(i / 7))];

    public static TheoryData<string> Compressors => ["xz", "zstd", "gzip", "bzip2", "lzma"];

    [Theory]
    [MemberData(nameof(Compressors))]
    public void A_damaged_RPM_is_read_or_refused(string compressor)
        // Without digests, so that damage gets past the header.
        => FuzzRun.Of(Files(new RpmBuilder { Compressor = compressor, Compress = Packer(compressor), HasSha256 = false, HasPayloadDigest = false, HasSize = false }).Build(), ReadPackage);

    [Fact]
    public void A_damaged_RPM_with_digests_is_read_or_refused() => FuzzRun.Of(Files(new RpmBuilder { HasSha1 = true, HasMd5 = true, IsSigned = true }).Build(), ReadPackage);

    [Fact]
    public void A_damaged_stripped_RPM_is_read_or_refused()
        => FuzzRun.Of(Files(new RpmBuilder { IsStripped = true, HasLongFileSizes = true, Compressor = "gzip", Compress = d => TestKit.Packages.Compressors.Gzip(d), HasSha256 = false, HasPayloadDigest = false }).Build(), ReadPackage);

    [Theory]
    [InlineData("data.tar")]
    [InlineData("data.tar.xz")]
    [InlineData("data.tar.zst")]
    public void A_damaged_deb_is_read_or_refused(string data)
    {
        Func<byte[], byte[]> compress = data switch { "data.tar.xz" => Packer("xz"), "data.tar.zst" => Packer("zstd"), _ => d => d };
        var builder = new DebBuilder { DataName = data, Compress = compress };
        builder.File("usr/lib/debug/boot/vmlinux-6.1", Content).File("usr/lib/debug/lib/modules/6.1/a.ko", Content);
        builder.Data.Pax(("path", "./" + new string('p', 300)), ("size", "3000")).File("./short", Content).GnuLong('L', new string('g', 200)).File("./x", Content).Symlink("./link", "target");
        FuzzRun.Of(builder.Build(), ReadPackage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Files_of_a_damaged_RPM_are_found_or_refused(bool isStripped)
        => FuzzRun.Of(Files(new RpmBuilder
        {
            IsStripped = isStripped, HasLongFileSizes = isStripped, HasSha256 = false, HasPayloadDigest = false, HasSize = false, Compress = Packer("xz"),
        }).Build(), SelectFiles);

    [Fact]
    public void Files_of_a_damaged_deb_are_found_or_refused()
    {
        var builder = new DebBuilder { Compress = Packer("xz") };
        for (int i = 0; i < 12; i++) { builder.File(string.Create(CultureInfo.InvariantCulture, $"usr/lib/{(i == 7 ? new string('l', 120) : "m")}{i:d2}.ko"), Content); }
        FuzzRun.Of(builder.Build(), SelectFiles);
    }

    [Fact]
    public void A_damaged_cpio_archive_is_read_or_refused()
        => FuzzRun.Of(new CpioBuilder().Newc("./a", Content).Crc("./b", Content).Newc("./link", "target"u8, CpioBuilder.Symbolic).Newc("./dir", default, CpioBuilder.Directory).Trailer().ToArray(), bytes =>
        {
            using var reader = new CpioReader(new MemoryStream(bytes), "archive");
            while (reader.MoveNext()) { reader.OpenCurrent().CopyTo(Stream.Null); }
        });

    private static RpmBuilder Files(RpmBuilder builder)
    {
        builder.Directory("/usr/lib/debug").File("/usr/lib/debug/lib/modules/6.13.5/vmlinux", Content).Symlink("/usr/lib/debug/link", "vmlinux");
        for (int i = 0; i < 3; i++) { builder.File(string.Create(CultureInfo.InvariantCulture, $"/usr/lib/debug/lib/modules/6.13.5/hard{i}.ko.debug"), Content, inode: 99); }
        return builder;
    }

    private static Func<byte[], byte[]> Packer(string name) => name switch
    {
        "xz" => d => TestKit.Packages.Compressors.XzBlocks(d, 4096),
        "zstd" => d => TestKit.Packages.Compressors.Zstd(d),
        "gzip" => d => TestKit.Packages.Compressors.Gzip(d),
        "bzip2" => d => TestKit.Packages.Compressors.Bzip2(d),
        _ => d => TestKit.Packages.Compressors.LzmaAlone(d),
    };

    private static void ReadPackage(byte[] bytes)
    {
        using PackageReader reader = PackageReader.Open(new MemoryStream(bytes), "package");
        while (reader.MoveNext())
        {
            if (reader.Current.Kind != PackageMemberKind.File) { continue; }
            using Stream content = reader.OpenCurrent();
            content.CopyTo(Stream.Null);
        }

        reader.FinishAndVerify();
    }

    private static void SelectFiles(byte[] bytes)
    {
        using PackageReader? reader = PackageReader.OpenSelection(new ArraySource(bytes), "package", _ => true, new PackageReadOptions { ProbesAtOnce = 2 }, out _);
        try
        {
            while (reader?.MoveNext() == true)
            {
                using Stream content = reader.OpenCurrent();
                content.CopyTo(Stream.Null);
            }
        }
        catch (MemberNotFoundException)
        {
            // An answer: the package is then read from its start.
        }
    }

    private sealed class ArraySource(byte[] bytes) : IRandomAccessSource
    {
        public long? RandomAccessLength => bytes.Length;
        public void ReadExactlyAt(long offset, Span<byte> buffer) => bytes.AsSpan(checked((int)offset), buffer.Length).CopyTo(buffer);
    }
}
