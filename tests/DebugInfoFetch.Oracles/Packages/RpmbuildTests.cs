using System.Globalization;
using System.Text;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Oracles.Packages;

/// <summary>RPMs made by rpmbuild, against what rpm2cpio and cpio unpack, and what rpm itself says of them.</summary>
public sealed class RpmbuildTests : IDisposable
{
    private const string Modules = "/usr/lib/debug/lib/modules/6.13.5-200.fc41.x86_64";

    private readonly PackageTools _tools = new();

    [Theory]
    [InlineData("w3T.xzdio", "xz")]
    [InlineData("w3.xzdio", "xz")]
    [InlineData("w19.zstdio", "zstd")]
    [InlineData("w9.gzdio", "gzip")]
    [InlineData("w9.bzdio", "bzip2")]
    [InlineData("w6.lzdio", "lzma")]
    [InlineData("w.ufdio", "none")]
    public void Every_payload_gives_the_files_that_rpm2cpio_and_cpio_give(string payload, string compression)
    {
        string rpm = Build(payload, extraFiles: 0);
        _tools.Shell("mkdir out && cd out && rpm2cpio ../it.rpm | cpio -idm --quiet");
        var ours = PackageContents.Read(rpm);
        Assert.Equal(PackageTools.Hashes(_tools.PathOf("out")), ours.Hashes);
        Assert.Equal(7, ours.Hashes.Count);
        Assert.Equal("vmlinux", ours.Links[$"{Modules[1..]}/link"]);
        Assert.Equal(compression, ours.Info.Compression);
        Assert.Equal(("kernel-debuginfo", "6.13.5-200.fc41", "x86_64"), (ours.Info.Name, ours.Info.Version, ours.Info.Architecture));
        Assert.Equal("SHA-256 of the main header, SHA-256 of the payload", ours.Verified);
    }

    [Fact]
    public void The_file_list_is_what_rpm_prints()
    {
        string rpm = Build("w3T.xzdio", extraFiles: 3);
        string theirs = _tools.Shell("rpm -qp --qf '[%{FILENAMES}|%{FILESIZES}|%{FILEMODES}|%{FILEDIGESTS}|%{FILELINKTOS}|%{FILEFLAGS}|%{FILEINODES}\\n]' it.rpm");
        using var file = File.OpenRead(rpm);
        var files = RpmPackage.Read(file, rpm).Files;
        var ours = new StringBuilder();
        for (int i = 0; i < files.Count; i++)
        {
            var f = files[i];
            ours.Append(CultureInfo.InvariantCulture, $"{f.Path}|{f.ByteSize}|{f.Mode}|{f.Digest}|{f.LinkTarget}|{f.Flags}|{f.Inode}\n");
        }

        Assert.Equal(theirs, ours.ToString());
    }

    [Fact]
    public void A_header_of_many_files_is_read()
    {
        string rpm = Build("w3T.xzdio", extraFiles: 12_000);
        var ours = PackageContents.Read(rpm);
        // The ghost is not in the payload, and the directory is neither file nor link.
        Assert.Equal(_tools.Shell("rpm -qpl it.rpm | wc -l").Trim(), (ours.Hashes.Count + ours.Links.Count + 2).ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("w3T.xzdio")]
    [InlineData("w19.zstdio")]
    public void A_truncated_package_and_a_flipped_byte_are_faults(string payload)
    {
        string rpm = Build(payload, extraFiles: 0);
        byte[] whole = File.ReadAllBytes(rpm);
        File.WriteAllBytes(rpm, whole[..(whole.Length / 2)]);
        Assert.Contains("truncated", Assert.Throws<InputFaultException>(() => PackageContents.Read(rpm)).Message, StringComparison.Ordinal);
        whole[whole.Length / 2] ^= 1;
        File.WriteAllBytes(rpm, whole);
        Assert.Throws<InputFaultException>(() => PackageContents.Read(rpm));
    }

    public void Dispose() => _tools.Dispose();

    // vmlinux of several xz blocks, a module, three names of one file, an empty file, a ghost, a symlink and a directory.
    private string Build(string payload, int extraFiles)
    {
        Directory.CreateDirectory(_tools.PathOf("files"));
        File.WriteAllBytes(_tools.PathOf("files/vmlinux"), PackageTools.Content(14_000_001, 1));
        File.WriteAllBytes(_tools.PathOf("files/btrfs.ko.debug"), PackageTools.Content(1_000_000, 2));
        File.WriteAllText(_tools.PathOf("it.spec"), $"""
            Name: kernel-debuginfo
            Version: 6.13.5
            Release: 200.fc41
            Summary: test
            License: none
            %define _binary_payload {payload}
            %define __os_install_post %nil
            %define _build_id_links none
            %define _source_filedigest_algorithm 8
            %define _binary_filedigest_algorithm 8
            AutoReqProv: no
            %description
            %install
            mkdir -p %buildroot{Modules}/kernel %buildroot{Modules}/extra
            cp {_tools.PathOf("files/vmlinux")} %buildroot{Modules}/vmlinux
            cp {_tools.PathOf("files/btrfs.ko.debug")} %buildroot{Modules}/kernel/btrfs.ko.debug
            head -c 5000 {_tools.PathOf("files/vmlinux")} > %buildroot{Modules}/a-link
            ln %buildroot{Modules}/a-link %buildroot{Modules}/kernel/b-link
            ln %buildroot{Modules}/a-link %buildroot{Modules}/z-link
            ln -s vmlinux %buildroot{Modules}/link
            : > %buildroot{Modules}/empty
            echo odd > %buildroot{Modules}/kernel/näme
            touch %buildroot{Modules}/ghost
            for i in $(seq {extraFiles}); do echo $i > %buildroot{Modules}/extra/file$i.ko.debug; done
            %files
            {Modules}/vmlinux
            {Modules}/kernel/*
            {Modules}/*link
            {Modules}/empty
            %ghost {Modules}/ghost
            {Modules}/extra
            """);
        _tools.Shell("rpmbuild --quiet --target x86_64 --define \"_topdir $PWD/top\" -bb it.spec >log 2>&1 || { cat log >&2; exit 1; }; mv top/RPMS/x86_64/*.rpm it.rpm; rm -rf top");
        return _tools.PathOf("it.rpm");
    }
}
