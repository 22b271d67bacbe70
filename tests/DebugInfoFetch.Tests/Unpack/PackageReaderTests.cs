using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Tests.Unpack;

/// <summary>What holds for both package formats, and what a file that is no package gives.</summary>
public sealed class PackageReaderTests
{
    private static readonly byte[] Vmlinux = Content(700_000);
    private static readonly byte[] Btrfs = Content(90_001);

    public static TheoryData<PackageFormat, bool> Packages => new()
    {
        { PackageFormat.Rpm, true }, { PackageFormat.Rpm, false }, { PackageFormat.Deb, true }, { PackageFormat.Deb, false },
    };

    [Theory]
    [MemberData(nameof(Packages))]
    public void Members_are_read_and_verified(PackageFormat format, bool canSeek)
    {
        byte[] bytes = Build(format);
        using var reader = PackageReader.Open(canSeek ? new MemoryStream(bytes) : new TrickleStream(bytes, 999), "package");
        Assert.Equal(format, reader.Info.Format);
        var contents = new Dictionary<string, byte[]>();
        var members = new List<PackageMember>();
        while (reader.MoveNext())
        {
            members.Add(reader.Current);
            if (reader.Current.Kind != PackageMemberKind.File) { continue; }

            using var content = reader.OpenCurrent();
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            contents.Add(reader.Current.Path, copy.ToArray());
        }

        Assert.Equal(Vmlinux, contents["usr/lib/debug/lib/modules/6.1/vmlinux"]);
        Assert.Equal(Btrfs, contents["usr/lib/debug/lib/modules/6.1/btrfs.ko.debug"]);
        var link = Assert.Single(members, member => member.Kind == PackageMemberKind.Symlink);
        Assert.Equal(("usr/lib/debug/link", "../modules"), (link.Path, link.LinkTarget));
        Assert.Contains(format == PackageFormat.Deb ? "xz checks of all data" : "SHA-256 of the payload", reader.FinishAndVerify(), StringComparison.Ordinal);
        Assert.Equal(reader.PayloadSize, reader.PayloadBytesRead);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Members_that_nobody_wants_are_passed_over(PackageFormat format, bool canSeek)
    {
        byte[] bytes = Build(format);
        using var reader = PackageReader.Open(canSeek ? new MemoryStream(bytes) : new TrickleStream(bytes, 999), "package");
        while (reader.MoveNext() && !reader.Current.Path.EndsWith("vmlinux", StringComparison.Ordinal)) { }

        using (var content = reader.OpenCurrent()) { content.ReadExactly(new byte[Vmlinux.Length]); }

        reader.FinishAndVerify();
        Assert.Equal(reader.PayloadSize, reader.PayloadBytesRead);
    }

    [Theory]
    [InlineData(PackageFormat.Rpm)]
    [InlineData(PackageFormat.Deb)]
    public void A_byte_at_a_time_is_enough(PackageFormat format)
    {
        using var reader = PackageReader.Open(new TrickleStream(Build(format)), "package");
        int members = 0;
        while (reader.MoveNext()) { members++; }

        Assert.True(members >= 3);
        reader.FinishAndVerify();
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_cut_anywhere_is_truncated(PackageFormat format, bool canSeek)
    {
        byte[] bytes = Build(format);
        for (int length = 20; length < bytes.Length; length += 20_011)
        {
            byte[] cut = bytes[..length];
            var fault = Assert.Throws<InputFaultException>(() => ReadAll(canSeek ? new MemoryStream(cut) : new TrickleStream(cut, 9999)));
            Assert.StartsWith("package: ", fault.Message, StringComparison.Ordinal);
            Assert.Contains("truncated", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', fault.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_flipped_byte_anywhere_in_the_payload_is_found(PackageFormat format, bool canSeek)
    {
        byte[] whole = Build(format, out int payload);
        int end = format == PackageFormat.Deb && whole[^1] == '\n' ? whole.Length - 1 : whole.Length;
        for (int at = payload; at < end; at += at < payload + 40 || at > end - 40 ? 3 : 30_011)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x40;
            var fault = Assert.Throws<InputFaultException>(() => ReadAll(canSeek ? new MemoryStream(damaged) : new TrickleStream(damaged, 9999)));
            Assert.StartsWith("package: ", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', fault.Message);
        }
    }

    [Theory]
    [InlineData("<!DOCTYPE html>\n<html>")]
    [InlineData("\r\n  <html><body>Sign in")]
    [InlineData("\uFEFF<HTML>")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>")]
    public void An_html_page_is_called_one(string page)
        => Assert.Equal("kernel.rpm: an HTML page, not a package: a login or error page? Open its address in a browser, or give the address of the package itself",
            Fault(System.Text.Encoding.UTF8.GetBytes(page)));

    [Fact]
    public void Other_files_are_told_from_packages()
    {
        Assert.Equal("kernel.rpm: empty: an RPM or deb package is expected; fetch it anew", Fault([]));
        Assert.Equal("kernel.rpm: neither an RPM nor a deb package: it begins 504b0304", Fault("PK\u0003\u0004"u8.ToArray()));
        Assert.Equal("kernel.rpm: an ELF file, not a package; give it with --elf", Fault([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0]));
        Assert.StartsWith("kernel.rpm: ar+0x8: an ar archive but no deb: its first member is \"libc.o\"",
            Fault([.. "!<arch>\n"u8, .. DebBuilder.Member("libc.o/", "x"u8)]), StringComparison.Ordinal);
    }

    private static string Fault(byte[] bytes)
        => Assert.Throws<InputFaultException>(() => PackageReader.Open(new MemoryStream(bytes), "kernel.rpm")).Message;

    private static void ReadAll(Stream stream)
    {
        using var reader = PackageReader.Open(stream, "package");
        while (reader.MoveNext())
        {
            using var content = reader.OpenCurrent();
            content.CopyTo(Stream.Null);
        }

        reader.FinishAndVerify();
    }

    private static byte[] Build(PackageFormat format) => Build(format, out _);

    private static byte[] Build(PackageFormat format, out int payload)
    {
        const string Modules = "/usr/lib/debug/lib/modules/6.1";
        if (format == PackageFormat.Rpm)
        {
            var rpm = new RpmBuilder().Directory("/usr/lib/debug").File($"{Modules}/btrfs.ko.debug", Btrfs).Symlink("/usr/lib/debug/link", "../modules")
                .File($"{Modules}/vmlinux", Vmlinux);
            byte[] bytes = rpm.Build();
            payload = rpm.PayloadOffset;
            return bytes;
        }

        var deb = new DebBuilder();
        deb.Data.Directory("./usr/lib/debug/");
        deb.File($"{Modules[1..]}/btrfs.ko.debug", Btrfs).Data.Symlink("./usr/lib/debug/link", "../modules");
        byte[] built = deb.File($"{Modules[1..]}/vmlinux", Vmlinux).Build();
        payload = deb.DataOffset;
        return built;
    }

    private static byte[] Content(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes.AsSpan(0, size / 2));
        return bytes;
    }
}
