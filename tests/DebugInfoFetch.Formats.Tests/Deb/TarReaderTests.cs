using System.Formats.Tar;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Deb;
using DebugInfoFetch.TestKit.Packages;
using TarEntry = DebugInfoFetch.Formats.Deb.TarEntry;
using TarReader = DebugInfoFetch.Formats.Deb.TarReader;

namespace DebugInfoFetch.Formats.Tests.Deb;

public sealed class TarReaderTests
{
    private static readonly string LongName = "./usr/lib/debug/" + string.Join('/', Enumerable.Repeat("directory-of-a-long-name", 12)) + "/btrfs.ko";

    [Fact]
    public void Entries_of_each_kind_are_read()
    {
        byte[] tar = new TarBuilder().Directory("./d/").File("./d/f", "content"u8).Symlink("./s", "d/f").HardLink("./h", "./d/f")
            .Entry("./fifo", '6', default).Entry("./old", '\0', "old"u8).End().ToArray();
        Assert.Equal([("./d/", TarEntryKind.Directory, "", ""), ("./d/f", TarEntryKind.File, "", "content"), ("./s", TarEntryKind.Symlink, "d/f", ""),
            ("./h", TarEntryKind.HardLink, "./d/f", ""), ("./fifo", TarEntryKind.Other, "", ""), ("./old", TarEntryKind.File, "", "old")], ReadAll(tar));
    }

    [Fact]
    public void Gnu_long_names_and_links_belong_to_the_next_entry_only()
    {
        byte[] tar = new TarBuilder().GnuLong('L', LongName).GnuLong('K', LongName + "2").Symlink("./cut", "cut").File("./next", "x"u8).End().ToArray();
        Assert.Equal([(LongName, TarEntryKind.Symlink, LongName + "2", ""), ("./next", TarEntryKind.File, "", "x")], ReadAll(tar));
    }

    [Fact]
    public void Pax_path_linkpath_and_size_belong_to_the_next_entry_only()
    {
        byte[] tar = new TarBuilder().Pax(("mtime", "1.5"), ("path", LongName), ("size", "7")).Entry("cut", '0', "content"u8, size: "00000000000\0"u8.ToArray())
            .Pax(("linkpath", LongName)).Symlink("s", "cut").Entry("pax_global_header", 'g', "20 comment=whatever\n"u8).File("next", "x"u8).End().ToArray();
        Assert.Equal([(LongName, TarEntryKind.File, "", "content"), ("s", TarEntryKind.Symlink, LongName, ""), ("next", TarEntryKind.File, "", "x")], ReadAll(tar));
    }

    [Fact]
    public void The_prefix_field_is_the_posix_forms_alone()
    {
        byte[] tar = new TarBuilder().Entry("name", '0', default, isPosix: true, prefix: "a/b").Entry("name", '0', default, prefix: "gnu").End().ToArray();
        Assert.Equal(["a/b/name", "name"], ReadAll(tar).Select(entry => entry.Name));
    }

    [Fact]
    public void A_gnu_binary_size_is_read()
    {
        byte[] size = new byte[12];
        size[0] = 0x80;
        size[11] = 7;
        byte[] tar = new TarBuilder().Entry("big", '0', "content"u8, size: size).End().ToArray();
        Assert.Equal("content", Assert.Single(ReadAll(tar)).Content);
    }

    [Theory]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.V7)]
    public void What_another_writer_wrote_is_read(TarEntryFormat format)
    {
        using var bytes = new MemoryStream();
        string name = format is TarEntryFormat.V7 ? "short" : format == TarEntryFormat.Ustar ? LongName[..150] : LongName;
        using (var writer = new TarWriter(bytes, format, leaveOpen: true))
        {
            System.Formats.Tar.TarEntry entry = format switch
            {
                TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                _ => new V7TarEntry(TarEntryType.V7RegularFile, name),
            };
            entry.DataStream = new MemoryStream("content"u8.ToArray());
            writer.WriteEntry(entry);
        }

        Assert.Equal([(name, TarEntryKind.File, "", "content")], ReadAll(bytes.ToArray()));
    }

    [Fact]
    public void An_archive_cut_inside_an_entry_is_truncated()
    {
        byte[] tar = new TarBuilder().File("./a", new byte[700]).File("./b", "x"u8).End().ToArray();
        for (int length = 0; length < tar.Length - 1024; length += 13)
        {
            byte[] cut = tar[..length];
            Assert.Contains("truncated", Assert.Throws<InputFaultException>(() => ReadAll(cut)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_damaged_header_is_a_fault()
    {
        byte[] tar = new TarBuilder().File("./a", "x"u8).End().ToArray();
        tar[3] ^= 1;
        Assert.Equal("test: tar+0x0: no tar header: its checksum is wrong; fetch it anew", Assert.Throws<InputFaultException>(() => ReadAll(tar)).Message);
    }

    [Theory]
    [InlineData("77777777777\0", "truncated")]
    [InlineData("        9  \0", "not a number")]
    public void Impossible_sizes_are_faults_and_take_no_memory(string field, string expected)
    {
        byte[] tar = new TarBuilder().Entry("./a", '0', "x"u8, size: System.Text.Encoding.ASCII.GetBytes(field)).End().ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(expected, Assert.Throws<InputFaultException>(() => ReadAll(tar)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData('L')]
    [InlineData('x')]
    public void A_long_name_or_pax_record_beyond_the_limit_is_a_fault(char type)
    {
        byte[] tar = new TarBuilder().Entry("./a", type, default, size: "77777777777\0"u8.ToArray()).End().ToArray();
        Assert.Contains("1048576 are allowed", Assert.Throws<InputFaultException>(() => ReadAll(tar)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_binary_size_near_the_end_of_the_number_range_is_a_fault()
    {
        byte[] size = [0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        byte[] tar = new TarBuilder().Entry("./a", '0', default, size: size).End().ToArray();
        Assert.Contains("a size of 9223372036854775807 bytes", Assert.Throws<InputFaultException>(() => ReadAll(tar)).Message, StringComparison.Ordinal);
    }

    private static List<(string Name, TarEntryKind Kind, string Link, string Content)> ReadAll(byte[] tar)
    {
        using var reader = new TarReader(new TrickleStream(tar, 100), "test");
        var entries = new List<(string, TarEntryKind, string, string)>();
        while (reader.MoveNext())
        {
            TarEntry entry = reader.Current;
            entries.Add((entry.Name, entry.Kind, entry.LinkTarget, new StreamReader(reader.OpenCurrent()).ReadToEnd()));
        }

        return entries;
    }
}
