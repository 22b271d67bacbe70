using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

public sealed class RpmContentsTests
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7 / 3))];

    public static TheoryData<string, string> Payloads => new()
    {
        { "xz", "xz" }, { "xz-single", "xz" }, { "zstd", "zstd" }, { "gzip", "gzip" }, { "bzip2", "bzip2" }, { "lzma", "lzma" }, { "none", "none" },
    };

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Every_payload_compression_is_read(string kind, string word)
    {
        foreach (string? announced in new[] { word, null })
        {
            var (members, text, info) = Read(new RpmBuilder { Compressor = announced, Compress = Compress(kind) }.File("/a/vmlinux", Data).Build());
            Assert.Equal(Data, members.Single().Content);
            Assert.Equal("SHA-256 of the main header, SHA-256 of the payload", text);
            Assert.Equal(new PackageInfo(PackageFormat.Rpm, "kernel-debuginfo", "6.13.5-200.fc41", "x86_64", word), info);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Names_of_one_file_point_to_the_one_that_carries_the_data(bool isStripped)
    {
        var (members, _, _) = Read(new RpmBuilder { IsStripped = isStripped, HasLongFileSizes = isStripped, LeadMajor = (byte)(isStripped ? 4 : 3) }
            .File("/a", Data, inode: 5).File("/b", "single"u8).File("/c", Data, inode: 5).File("/ghost", default, flags: 0x40).Build());
        Assert.Equal([
            new PackageMember("b", 6, PackageMemberKind.File, ""),
            new PackageMember("a", 0, PackageMemberKind.HardLink, "c"),
            new PackageMember("c", Data.Length, PackageMemberKind.File, "")], members.Select(member => member.Member));
        Assert.Equal(Data, members[2].Content);
    }

    [Fact]
    public void A_stripped_payload_gives_paths_sizes_and_links_of_the_header()
    {
        var (members, _, _) = Read(new RpmBuilder { IsStripped = true, HasLongFileSizes = true, LeadMajor = 4, HasSize = false }
            .Directory("/usr/lib").File("/usr/lib/vmlinux", Data).Symlink("/usr/link", "lib/vmlinux").Build());
        Assert.Equal([
            new PackageMember("usr/lib", 0, PackageMemberKind.Directory, ""),
            new PackageMember("usr/lib/vmlinux", Data.Length, PackageMemberKind.File, ""),
            new PackageMember("usr/link", 11, PackageMemberKind.Symlink, "lib/vmlinux")], members.Select(member => member.Member));
    }

    [Theory]
    [InlineData(true, true, true, "SHA-256 of the payload")]
    [InlineData(false, true, true, "SHA-256 of the decoded payload")]
    [InlineData(false, false, true, "MD5 of header and payload")]
    [InlineData(false, false, false, "")]
    public void The_strongest_digest_of_the_payload_is_verified_and_finds_a_flipped_byte(bool compressed, bool decoded, bool md5, string expected)
    {
        var builder = new RpmBuilder
        {
            HasPayloadDigest = compressed, HasAlternativeDigest = decoded, HasMd5 = md5, IsSigned = true,
            // Without a check of its own, so that nothing but the digest can find it.
            Compressor = "none", Compress = data => data,
        }.File("/first", Data).File("/wanted", "w"u8);
        byte[] bytes = builder.Build();
        string text = Read(bytes, wanted: "wanted").Text;
        // A SHA-256 of all leaves nothing for those of the files to find.
        string files = "; digests of 1 files";
        Assert.Equal(
            expected.StartsWith("SHA", StringComparison.Ordinal) ? $"SHA-256 of the main header, {expected}"
            : expected.Length > 0 ? $"SHA-256 of the main header, {expected}{files}"
            : $"SHA-256 of the main header; the package keeps no digest of the payload{files}",
            text);

        bytes[builder.PayloadOffset + 5000] ^= 1;
        // Without a digest of the payload a file's own still guards it, when it is read.
        var fault = Assert.Throws<InputFaultException>(() => Read(bytes, wanted: expected.Length > 0 ? "wanted" : "first"));
        Assert.Contains(expected.Length > 0 ? $"damaged: {expected} is " : "first: damaged: its SHA256 is ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_without_any_digest_says_so()
        => Assert.Equal("the package keeps no digest of header and payload",
            Read(new RpmBuilder { HasSha256 = false, HasPayloadDigest = false }.Symlink("/a", "b").Build()).Text);

    [Fact]
    public void A_file_that_is_not_what_its_digest_says_is_a_fault_that_names_it()
    {
        byte[] bytes = new RpmBuilder { HasPayloadDigest = false, ChangeDigest = digest => digest[..^1] + (digest[^1] == '0' ? '1' : '0') }.File("/usr/vmlinux", Data).Build();
        var fault = Assert.Throws<InputFaultException>(() => Read(bytes));
        Assert.StartsWith("kernel.rpm: usr/vmlinux: damaged: its SHA256 is ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zz")]
    [InlineData("abc")]
    public void A_digest_that_is_no_hex_number_is_a_fault(string digest)
        => Assert.Contains("no hex number", Assert.Throws<InputFaultException>(
            () => Read(new RpmBuilder { HasPayloadDigest = false, ChangeDigest = _ => digest }.File("/a", Data).Build())).Message, StringComparison.Ordinal);

    [Fact]
    public void Compression_other_than_announced_is_a_fault()
        => Assert.Contains("PAYLOADCOMPRESSOR Zstd is announced", Assert.Throws<InputFaultException>(
            () => Read(new RpmBuilder { Compressor = "zstd" }.File("/a", Data).Build())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_payload_that_holds_what_the_header_does_not_list_is_a_fault()
    {
        byte[] strange = new CpioBuilder().Newc("./etc/passwd", "root"u8).Trailer().ToArray();
        var fault = Assert.Throws<InputFaultException>(() => Read(new RpmBuilder { ChangePayload = _ => strange }.File("/a", Data).Build()));
        Assert.Contains("etc/passwd is not among the files that the main header lists", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_other_than_the_headers_is_a_fault()
    {
        byte[] shorter = new CpioBuilder().Newc("./a", "abc"u8).Trailer().ToArray();
        var fault = Assert.Throws<InputFaultException>(() => Read(new RpmBuilder { ChangePayload = _ => shorter }.File("/a", "abcd"u8).Build()));
        Assert.Contains("a has 3 bytes in the payload, 4 in the main header", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stripped_index_beyond_the_file_list_is_a_fault()
    {
        byte[] strange = new CpioBuilder().Stripped(7, default).Trailer().ToArray();
        var fault = Assert.Throws<InputFaultException>(() => Read(new RpmBuilder { ChangePayload = _ => strange }.File("/a", default).Build()));
        Assert.Contains("file 7 of 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_behind_the_payload_are_a_fault()
        => Assert.Contains("bytes follow the payload", Assert.Throws<InputFaultException>(
            () => Read([.. new RpmBuilder().File("/a", Data).Build(), 0])).Message, StringComparison.Ordinal);

    [Fact]
    public void No_path_of_an_archive_leads_anywhere()
    {
        var (members, _, _) = Read(new RpmBuilder().File("/../../etc/passwd", "x"u8).Build());
        // It is shown as it is; nothing here opens a file by it.
        Assert.Equal("../../etc/passwd", members.Single().Member.Path);
    }

    private static Func<byte[], byte[]> Compress(string kind) => kind switch
    {
        "xz" => data => Compressors.XzBlocks(data, 50_000),
        "xz-single" => data => Compressors.XzSingleBlock(data, Compressors.CheckSha256),
        "zstd" => data => Compressors.Zstd(data),
        "gzip" => data => Compressors.Gzip(data),
        "bzip2" => data => Compressors.Bzip2(data),
        "lzma" => data => Compressors.LzmaAlone(data),
        _ => data => data,
    };

    private static (List<(PackageMember Member, byte[] Content)> Members, string Text, PackageInfo Info) Read(byte[] bytes, string? wanted = null)
    {
        using var reader = PackageReader.Open(new MemoryStream(bytes), "kernel.rpm");
        var members = new List<(PackageMember, byte[])>();
        while (reader.MoveNext())
        {
            if (wanted is not null && reader.Current.Path != wanted) { continue; }

            using var content = reader.OpenCurrent();
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            members.Add((reader.Current, copy.ToArray()));
        }

        return (members, reader.FinishAndVerify(), reader.Info);
    }
}
