namespace DebugInfoFetch.Oracles.Packages;

/// <summary>Debs made by dpkg-deb, against what dpkg-deb itself unpacks.</summary>
public sealed class DpkgDebTests : IDisposable
{
    private readonly PackageTools _tools = new();

    [Theory]
    [InlineData("-Zxz -z1", "xz")]
    [InlineData("-Zxz -z6 --threads-max=1", "xz")]
    [InlineData("-Zzstd", "zstd")]
    [InlineData("-Zgzip", "gzip")]
    [InlineData("-Znone", "none")]
    public void Every_compression_gives_the_files_that_dpkg_deb_gives(string options, string compression)
    {
        Write("usr/lib/debug/boot/vmlinux-6.12.1+deb12-amd64", PackageTools.Content(7_000_001, 1));
        Write("usr/lib/debug/lib/modules/6.12.1+deb12-amd64/kernel/fs/btrfs/btrfs.ko", PackageTools.Content(1_000_000, 2));
        Write("usr/lib/debug/" + string.Join('/', Enumerable.Repeat("a-directory-of-a-long-name", 9)) + "/" + new string('n', 120), PackageTools.Content(700, 3));
        Write("usr/empty", []);
        Write("DEBIAN/control", "Package: linux-image-dbg\nVersion: 1:6.12.1-1\nArchitecture: amd64\nMaintainer: test <t@example.org>\nDescription: test\n"u8);
        _tools.Shell($"cd tree; ln -s ../{new string('t', 150)} usr/link; ln usr/empty usr/hard"
            + $"; find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums; cd ..; dpkg-deb --root-owner-group {options} -b tree it.deb; mkdir out; dpkg-deb -x it.deb out");
        var ours = PackageContents.Read(_tools.PathOf("it.deb"));
        Assert.Equal(PackageTools.Hashes(_tools.PathOf("out")), ours.Hashes);
        Assert.Equal(5, ours.Hashes.Count);
        Assert.Equal($"../{new string('t', 150)}", ours.Links["usr/link"]);
        Assert.Equal(compression, ours.Info.Compression);
        Assert.Equal(_tools.Shell("dpkg-deb -W --showformat='${Package} ${Version} ${Architecture}' it.deb"), $"{ours.Info.Name} {ours.Info.Version} {ours.Info.Architecture}");
        Assert.EndsWith(compression == "none" ? "MD5 of 4 files" : $"{compression} checks of all data", ours.Verified, StringComparison.Ordinal);
    }

    public void Dispose() => _tools.Dispose();

    private void Write(string path, ReadOnlySpan<byte> content)
    {
        string file = Path.Combine(_tools.PathOf("tree"), path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
    }
}
