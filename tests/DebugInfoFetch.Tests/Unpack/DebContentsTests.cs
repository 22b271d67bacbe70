using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

public sealed class DebContentsTests
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7 / 3))];

    [Theory]
    [InlineData("data.tar.xz", "xz", "xz checks of all data")]
    // Made without zstd's optional checksums.
    [InlineData("data.tar.zst", "zstd", "the data has no check of its own; MD5 of 1 files")]
    [InlineData("data.tar.gz", "gzip", "gzip checks of all data")]
    [InlineData("data.tar.bz2", "bzip2", "bzip2 checks of all data")]
    [InlineData("data.tar", "none", "the data has no check of its own; MD5 of 1 files")]
    public void Every_data_archive_is_read(string name, string compression, string verified)
    {
        Func<byte[], byte[]> compress = compression switch
        {
            "xz" => data => Compressors.XzBlocks(data, 50_000), "zstd" => data => Compressors.Zstd(data),
            "gzip" => data => Compressors.Gzip(data), "bzip2" => data => Compressors.Bzip2(data), _ => data => data,
        };
        byte[] bytes = new DebBuilder { DataName = name, Compress = compress }.File("usr/lib/debug/boot/vmlinux-6.1", Data).Build();
        using var reader = PackageReader.Open(new MemoryStream(bytes), "kernel.deb");
        Assert.Equal(new PackageInfo(PackageFormat.Deb, "linux-image-6.12.1+deb12-amd64-dbg", "6.12.1-1", "amd64", compression), reader.Info);
        Assert.True(reader.MoveNext());
        Assert.Equal(new PackageMember("usr/lib/debug/boot/vmlinux-6.1", Data.Length, PackageMemberKind.File, ""), reader.Current);
        Assert.Equal(Data, ReadCurrent(reader));
        Assert.False(reader.MoveNext());
        Assert.Equal(verified, reader.FinishAndVerify());
    }

    [Fact]
    public void A_verified_file_is_not_decoded_beyond_what_is_wanted()
    {
        byte[] bytes = new DebBuilder().File("a", "first"u8).File("b", Data).Build();
        using var reader = PackageReader.Open(new MemoryStream(bytes), "kernel.deb", new PackageReadOptions { IsFileVerified = true });
        Assert.True(reader.MoveNext());
        Assert.Equal("first"u8.ToArray(), ReadCurrent(reader));
        Assert.Equal("that digest covers the whole package", reader.FinishAndVerify());
    }

    [Fact]
    public void A_file_that_is_not_what_its_md5_says_is_a_fault_that_names_it()
    {
        byte[] bytes = new DebBuilder { DataName = "data.tar", Compress = data => data, ChangeMd5 = _ => new string('0', 32) }.File("usr/vmlinux", Data).Build();
        using var reader = PackageReader.Open(new MemoryStream(bytes), "kernel.deb");
        Assert.True(reader.MoveNext());
        Assert.StartsWith("kernel.deb: usr/vmlinux: damaged: its MD5 is ", Assert.Throws<InputFaultException>(() => ReadCurrent(reader)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_tell_their_targets()
    {
        var builder = new DebBuilder();
        builder.Data.Directory("./usr/").Symlink("./usr/s", "../x").HardLink("./usr/h", "./usr/f");
        using var reader = PackageReader.Open(new MemoryStream(builder.Build()), "kernel.deb");
        var members = new List<PackageMember>();
        while (reader.MoveNext()) { members.Add(reader.Current); }

        Assert.Equal([
            new PackageMember("usr", 0, PackageMemberKind.Directory, ""),
            new PackageMember("usr/s", 0, PackageMemberKind.Symlink, "../x"),
            new PackageMember("usr/h", 0, PackageMemberKind.HardLink, "usr/f")], members);
    }

    [Fact]
    public void Archives_that_are_no_deb_are_faults()
    {
        byte[] magic = "!<arch>\n"u8.ToArray(), version = DebBuilder.Member("debian-binary", "2.0\n"u8);
        AssertFault("deb format version other than 2", [.. magic, .. DebBuilder.Member("debian-binary", "3.0\n"u8)]);
        AssertFault("a deb without a data archive", [.. magic, .. version]);
        AssertFault("data archive before any control archive", [.. magic, .. version, .. DebBuilder.Member("data.tar", "x"u8)]);
        AssertFault("unknown compression \".rar\"", [.. magic, .. version, .. DebBuilder.Member("control.tar.rar", "x"u8)]);
        AssertFault("control.tar.xz is announced", [.. magic, .. version, .. DebBuilder.Member("control.tar.xz", Compressors.Gzip("x"u8))]);
        byte[] noFields = Compressors.Gzip(new TarBuilder().File("./control", "Package: x\n"u8).End().ToArray());
        AssertFault("no control file with Package, Version and Architecture", [.. magic, .. version, .. DebBuilder.Member("control.tar.gz", noFields)]);
    }

    private static void AssertFault(string expected, byte[] bytes)
        => Assert.Contains(expected, Assert.Throws<InputFaultException>(() => PackageReader.Open(new MemoryStream(bytes), "kernel.deb")).Message, StringComparison.Ordinal);

    private static byte[] ReadCurrent(PackageReader reader)
    {
        using var content = reader.OpenCurrent();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }
}
