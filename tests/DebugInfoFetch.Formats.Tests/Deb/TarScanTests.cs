using DebugInfoFetch.Formats.Deb;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Deb;

public sealed class TarScanTests
{
    [Fact]
    public void The_first_entry_behind_a_files_data_is_found()
    {
        byte[] tar = new TarBuilder().File("./a", new byte[3000]).File("./b", "content"u8).End().ToArray();
        TarEntry entry = TarScan.First(tar.AsSpan(512), 512)!;
        Assert.Equal(new TarEntry("./b", TarEntryKind.File, "", 7, 512 + 3072), entry);
        Assert.Equal((entry.HeaderOffset + 512, entry.HeaderOffset + 1024), (entry.DataOffset, entry.End));
    }

    [Fact]
    public void A_long_names_record_gives_the_whole_name()
    {
        string name = "./" + new string('x', 150);
        byte[] tar = new TarBuilder().File("./a", new byte[512]).GnuLong('L', name).File(name[..100], "y"u8).End().ToArray();
        Assert.Equal((name, 2048L), (TarScan.First(tar.AsSpan(512), 512)!.Name, TarScan.First(tar.AsSpan(512), 512)!.HeaderOffset));
    }

    [Fact]
    public void A_cut_name_whose_record_lies_before_is_passed_over()
    {
        string name = "./" + new string('x', 150);
        byte[] tar = new TarBuilder().GnuLong('L', name).File(name[..100], "y"u8).File("./z", "z"u8).End().ToArray();
        Assert.Equal("./z", TarScan.First(tar.AsSpan(1024), 1024)!.Name);
    }

    [Fact]
    public void What_extends_an_entry_must_be_whole()
    {
        string name = "./" + new string('x', 150);
        byte[] tar = new TarBuilder().GnuLong('L', name).File(name[..100], "y"u8).End().ToArray();
        Assert.Null(TarScan.First(tar.AsSpan(0, 1024), 0));
        Assert.Equal(name, TarScan.First(tar.AsSpan(0, 1536), 0)!.Name);
    }

    [Fact]
    public void Data_without_a_header_has_none()
    {
        byte[] header = new TarBuilder().File("./a", "x"u8).ToArray();
        header[148]++;
        Assert.Null(TarScan.First(header, 0));
        Assert.Null(TarScan.First(new byte[5000], 0));
        Assert.Null(TarScan.First(new byte[100], 0));
    }
}
