using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class LineTableTests
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Files_are_numbered_from_1_before_version_5(ushort version, bool is64Bit)
        => Assert.Equal(["", "fs/namei.c", "include/linux/fs.h", "plain.c", "/absolute.h"], Read(t =>
        {
            (t.Version, t.Is64Bit) = (version, is64Bit);
            t.Directory("fs").Directory("include/linux/").File("namei.c", 1).File("fs.h", 2).File("plain.c").File("/absolute.h", 1);
        }));

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Files_are_numbered_from_0_in_version_5(bool is64Bit, bool lineStr)
        => Assert.Equal(["fs/namei.c", "include/linux/fs.h"], Read(t =>
        {
            (t.Is64Bit, t.UsesLineStr) = (is64Bit, lineStr);
            t.Directory("/build/linux").Directory("include/linux").File("fs/namei.c").File("fs.h", 1);
        }));

    [Fact]
    public void A_directory_that_the_table_has_not_is_left_out() => Assert.Equal(["x.c"], Read(t => t.Directory("/b").File("x.c", 9)));

    [Fact]
    public void An_unknown_version_is_named() => DwarfFile.AssertFault("f: .debug_line+0x0: line table version 6: versions 2 to 5 are supported", () => Read(t => t.Version = 6));

    [Fact]
    public void A_hostile_number_of_files_allocates_nothing()
    {
        DwarfSections sections = Load(t => t.Directory("/b").ClaimedFiles = ulong.MaxValue);
        long before = GC.GetAllocatedBytesForCurrentThread();
        DwarfFile.AssertFault("18446744073709551615 file names do not fit the section", () => LineTableFiles.Read(sections, 0));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Fact]
    public void An_unknown_form_is_named() => DwarfFile.AssertFault("unknown form 0x77 in a file table", () => Read(t => t.Directory("/b").File("x.c").NameForm = 0x77));

    [Fact]
    public void A_table_past_the_end_is_a_fault()
    {
        DwarfSections sections = Load(t => t.File("x.c"));
        DwarfFile.AssertFault("f: .debug_line+0xffff: line table lies past the end of the section", () => LineTableFiles.Read(sections, 0xffff));
        DwarfFile.AssertFault("does not fit the section", () => LineTableFiles.Read(sections, 1));
    }

    [Fact]
    public void Names_that_do_not_end_are_a_fault()
        => DwarfFile.AssertFault("f: .debug_line+0x", () => LineTableFiles.Read(
            DwarfFile.Load(new DwarfBuilder().Unit(cu => cu).Replace(".debug_line", [10, 0, 0, 0, 4, 0, 6, 0, 0, 0, 1, 1, 1, 0])), 0));

    private static string[] Read(Action<LineTableBuilder> content)
    {
        LineTableFiles files = LineTableFiles.Read(Load(content), 0);
        return [.. Enumerable.Range(0, files.Count).Select(files.Name)];
    }

    private static DwarfSections Load(Action<LineTableBuilder> content) => DwarfFile.Load(new DwarfBuilder().Unit(cu => cu.Lines(content)));
}
