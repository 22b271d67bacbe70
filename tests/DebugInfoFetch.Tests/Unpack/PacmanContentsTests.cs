using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

/// <summary>Packages of Arch Linux.</summary>
public sealed class PacmanContentsTests
{
    [Theory]
    [InlineData("zstd")]
    [InlineData("xz")]
    public void Members_come_behind_what_the_package_says_of_itself(string compression)
    {
        byte[] bytes = Pack(compression, PacmanPackage.Tar().Directory("usr/").File("usr/a", "first"u8).Symlink("usr/b", "a"));
        using var reader = PackageReader.Open(new TrickleStream(bytes), "linux.pkg.tar");
        Assert.Equal(new PackageInfo(PackageFormat.Pacman, "linux", "6.14.2.arch1-1", "x86_64", compression), reader.Info);
        List<PackageMember> members = [];
        while (reader.MoveNext()) { members.Add(reader.Current); }
        Assert.Equal([new("usr", 0, PackageMemberKind.Directory, ""), new("usr/a", 5, PackageMemberKind.File, ""), new("usr/b", 0, PackageMemberKind.Symlink, "a")], members);
        // The test's zstd writes no checksum; makepkg's does.
        Assert.Equal(compression == "xz" ? "xz checks of all data" : "the data has no check of its own", reader.FinishAndVerify());
    }

    [Fact]
    public void Another_compressed_archive_is_no_package()
    {
        byte[] bytes = Compressors.Zstd(new TarBuilder().File("usr/a", "first"u8).End().ToArray());
        var fault = Assert.Throws<InputFaultException>(() => PackageReader.Open(new MemoryStream(bytes), "a.tar.zst"));
        Assert.StartsWith("a.tar.zst: neither an RPM nor a deb nor a package of Arch Linux", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void A_truncated_package_is_a_fault(double part)
    {
        byte[] content = new byte[100_000];
        new Random(1).NextBytes(content);
        byte[] bytes = Pack("zstd", PacmanPackage.Tar().File("usr/a", content));
        Assert.Throws<InputFaultException>(() =>
        {
            using var reader = PackageReader.Open(new MemoryStream(bytes[..(int)(bytes.Length * part)]), "linux.pkg.tar");
            while (reader.MoveNext()) { reader.OpenCurrent().CopyTo(Stream.Null); }
            reader.FinishAndVerify();
        });
    }

    private static byte[] Pack(string compression, TarBuilder tar)
    {
        byte[] data = tar.End().ToArray();
        return compression == "zstd" ? Compressors.Zstd(data) : Compressors.XzSingleBlock(data, Compressors.CheckCrc64);
    }
}
