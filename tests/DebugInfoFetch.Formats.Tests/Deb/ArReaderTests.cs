using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Deb;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Deb;

public sealed class ArReaderTests
{
    private static readonly byte[] Archive =
        [.. "!<arch>\n"u8, .. DebBuilder.Member("debian-binary", "2.0\n"u8), .. DebBuilder.Member("odd/", "abc"u8), .. DebBuilder.Member("last", "xy"u8)];

    [Fact]
    public void Members_are_read_in_order_whether_their_data_is_or_not()
    {
        using var ar = new ArReader(new TrickleStream(Archive), "test");
        Assert.Equal(new ArMember("debian-binary", 68, 4), ar.MoveNext());
        Assert.Equal(new ArMember("odd", 132, 3), ar.MoveNext());
        Assert.Equal("abc", new StreamReader(ar.OpenCurrent()).ReadToEnd());
        Assert.Equal(new ArMember("last", 196, 2), ar.MoveNext());
        Assert.Null(ar.MoveNext());
    }

    [Fact]
    public void The_last_members_padding_may_be_missing()
    {
        byte[] archive = [.. "!<arch>\n"u8, .. DebBuilder.Member("odd", "abc"u8).AsSpan(..^1)];
        using var ar = new ArReader(new MemoryStream(archive), "test");
        Assert.NotNull(ar.MoveNext());
        Assert.Null(ar.MoveNext());
    }

    [Fact]
    public void An_archive_cut_inside_a_member_is_truncated()
    {
        foreach (bool canSeek in new[] { true, false })
        {
            for (int length = 1; length < Archive.Length; length++)
            {
                // Between members nothing tells that there were more.
                if (length is 8 or 72 or 136 or 135 or 199) { continue; }

                byte[] cut = Archive[..length];
                var fault = Assert.Throws<InputFaultException>(() => ReadAll(canSeek ? new MemoryStream(cut) : new TrickleStream(cut)));
                Assert.Contains("truncated", fault.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("0x10")]
    public void A_size_that_is_no_number_is_a_fault(string size)
        => Assert.Contains("no ar member header", Assert.Throws<InputFaultException>(
            () => ReadAll(new MemoryStream([.. "!<arch>\n"u8, .. DebBuilder.Member("a", "abc"u8, size)]))).Message, StringComparison.Ordinal);

    private static void ReadAll(Stream stream)
    {
        using var ar = new ArReader(stream, "test");
        while (ar.MoveNext() is not null) { }
    }
}
