using System.Text;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Cpio;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Cpio;

public sealed class CpioReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Entries_of_newc_and_crc_are_read_with_names_of_any_alignment(bool crc)
    {
        var builder = new CpioBuilder();
        for (int i = 0; i < 9; i++)
        {
            string name = "./" + new string('n', i + 1);
            byte[] content = Encoding.ASCII.GetBytes(new string('c', i));
            _ = crc ? builder.Crc(name, content) : builder.Newc(name, content);
        }

        var entries = ReadAll(builder.Trailer().ToArray());
        Assert.Equal(9, entries.Count);
        for (int i = 0; i < 9; i++) { Assert.Equal(("./" + new string('n', i + 1), new string('c', i)), entries[i]); }
    }

    [Fact]
    public void Content_may_be_left_unread_or_read_in_part()
    {
        byte[] archive = new CpioBuilder().Newc("./a", new byte[1001]).Newc("./b", new byte[999]).Newc("./c", "end"u8).Trailer().ToArray();
        using var reader = new CpioReader(new TrickleStream(archive, 100), "test");
        Assert.True(reader.MoveNext());
        Assert.True(reader.MoveNext());
        using (var part = reader.OpenCurrent()) { part.ReadExactly(new byte[10]); }

        Assert.True(reader.MoveNext());
        Assert.Equal("end", new StreamReader(reader.OpenCurrent()).ReadToEnd());
        Assert.False(reader.MoveNext());
        Assert.False(reader.MoveNext());
    }

    [Fact]
    public void What_mode_says_is_the_kind()
    {
        byte[] archive = new CpioBuilder().Newc("f", default).Newc("l", "t"u8, CpioBuilder.Symbolic).Newc("d", default, CpioBuilder.Directory)
            .Newc("device", default, 0x2180).Trailer().ToArray();
        using var reader = new CpioReader(new MemoryStream(archive), "test");
        foreach (var kind in new[] { CpioEntryKind.File, CpioEntryKind.Symlink, CpioEntryKind.Directory, CpioEntryKind.Other })
        {
            Assert.True(reader.MoveNext());
            Assert.Equal(kind, reader.Current.Kind);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stripped_archive_takes_sizes_from_the_file_list(bool endsWithAllOnes)
    {
        var builder = new CpioBuilder().Stripped(1, "second"u8).Stripped(0, "first"u8);
        byte[] archive = (endsWithAllOnes ? builder.Stripped(uint.MaxValue, default) : builder.Trailer()).ToArray();
        string[] contents = ["first", "second"];
        using var reader = new CpioReader(new MemoryStream(archive), "test",
            index => new CpioEntry("", index, CpioBuilder.Regular, 1, 1, 1, contents[index].Length));
        Assert.True(reader.MoveNext());
        Assert.Equal(1, reader.Current.FileIndex);
        Assert.Equal("second", new StreamReader(reader.OpenCurrent()).ReadToEnd());
        Assert.True(reader.MoveNext());
        Assert.Equal("first", new StreamReader(reader.OpenCurrent()).ReadToEnd());
        Assert.False(reader.MoveNext());
    }

    [Fact]
    public void A_stripped_entry_without_a_file_list_is_a_fault()
        => AssertFault("stripped entry", new CpioBuilder().Stripped(0, default).Trailer().ToArray());

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void A_stripped_entry_of_an_impossible_size_is_a_fault(long size)
    {
        using var reader = new CpioReader(new MemoryStream(new CpioBuilder().Stripped(0, default).ToArray()), "test",
            index => new CpioEntry("", index, CpioBuilder.Regular, 1, 1, 1, size));
        Assert.Throws<InputFaultException>(() => reader.MoveNext());
    }

    [Fact]
    public void An_archive_cut_anywhere_is_a_fault()
    {
        byte[] archive = new CpioBuilder().Newc("./a", new byte[50]).Newc("./b", "x"u8).Trailer().ToArray();
        // The trailer's padding may be missing: nothing is lost.
        for (int length = 0; length < archive.Length - 4; length++) { AssertFault("truncated", archive[..length]); }
    }

    [Fact]
    public void A_size_beyond_the_archive_takes_no_memory_and_is_a_fault()
    {
        byte[] archive = new CpioBuilder().Newc("./a", "x"u8, announcedSize: uint.MaxValue).Trailer().ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertFault("truncated", archive);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void A_name_beyond_the_limit_is_a_fault_at_its_size()
    {
        byte[] archive = new CpioBuilder().Newc("./a", default).Trailer().ToArray();
        "7fffffff"u8.CopyTo(archive.AsSpan(94));
        AssertFault("cpio+0x5e: a name of 2147483647 bytes", archive);
    }

    [Theory]
    [InlineData(0, (byte)'1')]
    [InlineData(5, (byte)'9')]
    [InlineData(54, (byte)'g')]
    public void A_header_that_is_none_is_a_fault(int at, byte value)
    {
        byte[] archive = new CpioBuilder().Newc("./a", default).Trailer().ToArray();
        archive[at] = value;
        AssertFault("cpio+0x", archive);
    }

    private static List<(string Name, string Content)> ReadAll(byte[] archive)
    {
        using var reader = new CpioReader(new TrickleStream(archive), "test");
        var entries = new List<(string, string)>();
        while (reader.MoveNext()) { entries.Add((reader.Current.Name, new StreamReader(reader.OpenCurrent()).ReadToEnd())); }

        return entries;
    }

    private static void AssertFault(string expected, byte[] archive)
        => Assert.Contains(expected, Assert.Throws<InputFaultException>(() => ReadAll(archive)).Message, StringComparison.Ordinal);
}
