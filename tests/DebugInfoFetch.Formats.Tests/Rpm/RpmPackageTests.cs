using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Rpm;

public sealed class RpmPackageTests
{
    private static RpmBuilder Story() => new RpmBuilder().Directory("/usr/lib/debug").File("/usr/lib/debug/vmlinux", "content"u8)
        .Symlink("/usr/lib/debug/link", "vmlinux").File("/usr/share/ghost", "none"u8, flags: RpmFile.Ghost);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Name_files_and_payload_offset_are_read(byte leadMajor)
    {
        var builder = new RpmBuilder { LeadMajor = leadMajor, IsSigned = true }.File("/a/b", "123"u8).Symlink("/a/c", "b").File("/d", default);
        byte[] bytes = builder.Build();
        var stream = new MemoryStream(bytes);
        var package = RpmPackage.Read(stream, "a.rpm");
        Assert.Equal(("kernel-debuginfo", "6.13.5", "200.fc41", "x86_64"), (package.Name, package.Version, package.Release, package.Architecture));
        Assert.Equal(builder.PayloadOffset, package.PayloadOffset);
        Assert.Equal(builder.PayloadOffset, stream.Position);
        Assert.Equal(bytes.Length - builder.PayloadOffset, package.PayloadSize);
        Assert.Equal(CompressionFormat.Xz, package.Compressor);
        Assert.True(package.IsSigned);
        Assert.Equal(["/a/b", "/a/c", "/d"], Enumerable.Range(0, package.Files.Count).Select(i => package.Files[i].Path));
        Assert.Equal(3, package.Files[0].ByteSize);
        Assert.Equal("b", package.Files[1].LinkTarget);
        Assert.Equal(1, package.Files.IndexOf("a/c"));
        Assert.Equal(-1, package.Files.IndexOf("a"));
    }

    [Fact]
    public void Names_of_one_inode_are_a_set_of_links_and_ghosts_belong_to_none()
    {
        var package = Read(new RpmBuilder().File("/a", "x"u8, inode: 7).File("/b", "y"u8, inode: 8).File("/c", "x"u8, inode: 7)
            .File("/g", "x"u8, inode: 7, flags: RpmFile.Ghost).Build());
        Assert.Equal([0, 2], package.Files.LinkSet(0));
        Assert.Equal([0, 2], package.Files.LinkSet(2));
        Assert.Equal([1], package.Files.LinkSet(1));
        Assert.Equal([3], package.Files.LinkSet(3));
    }

    [Theory]
    [InlineData(true, true, "SHA-256")]
    [InlineData(false, true, "SHA-1")]
    [InlineData(false, false, "")]
    public void The_strongest_digest_of_the_main_header_is_verified(bool sha256, bool sha1, string expected)
        => Assert.Equal(expected, Read(new RpmBuilder { HasSha256 = sha256, HasSha1 = sha1 }.File("/a", default).Build()).VerifiedHeaderDigest);

    [Theory]
    [InlineData(true, "SHA-256")]
    [InlineData(false, "SHA-1")]
    public void A_flipped_byte_of_the_main_header_is_a_fault(bool sha256, string algorithm)
    {
        var builder = new RpmBuilder { HasSha256 = sha256, HasSha1 = true }.File("/a", default);
        byte[] bytes = builder.Build();
        bytes[builder.PayloadOffset - 3] ^= 1;
        Assert.Contains($"damaged: its {algorithm} is ", Assert.Throws<InputFaultException>(() => Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_cut_anywhere_before_its_payload_is_truncated()
    {
        var builder = Story();
        byte[] bytes = builder.Build();
        for (int length = 4; length < builder.PayloadOffset; length += 7)
        {
            Assert.Contains("truncated", Assert.Throws<InputFaultException>(() => Read(bytes[..length])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Leads_of_other_formats_and_source_packages_are_refused()
    {
        byte[] bytes = Story().Build();
        bytes[4] = 5;
        Assert.Contains("RPM format 5 is not known", Assert.Throws<InputFaultException>(() => Read(bytes)).Message, StringComparison.Ordinal);
        bytes[4] = 3;
        bytes[7] = 1;
        Assert.Contains("a source package", Assert.Throws<InputFaultException>(() => Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", CompressionFormat.Gzip)]
    [InlineData("bzip2", CompressionFormat.Bzip2)]
    [InlineData("lzma", CompressionFormat.LzmaAlone)]
    [InlineData("xz", CompressionFormat.Xz)]
    [InlineData("zstd", CompressionFormat.Zstd)]
    [InlineData("none", CompressionFormat.None)]
    [InlineData(null, null)]
    public void The_compressor_is_the_headers_word(string? word, CompressionFormat? expected)
        => Assert.Equal(expected, Read(new RpmBuilder { Compressor = word }.File("/a", default).Build()).Compressor);

    [Fact]
    public void An_unknown_compressor_is_named_with_the_known_ones()
    {
        var package = Read(new RpmBuilder { Compressor = "brotli" }.File("/a", default).Build());
        Assert.Contains("unknown payload compressor \"brotli\"; known are gzip", Assert.Throws<InputFaultException>(() => package.Compressor).Message, StringComparison.Ordinal);
    }

    private static RpmPackage Read(byte[] bytes) => RpmPackage.Read(new MemoryStream(bytes), "a.rpm");
}
