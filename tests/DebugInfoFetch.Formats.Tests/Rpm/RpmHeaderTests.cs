using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Rpm;

public sealed class RpmHeaderTests
{
    [Fact]
    public void Values_of_each_type_are_read()
    {
        var header = Read(new RpmHeaderBuilder().String(1000, "kernel").Strings(1117, "a", "", "ü").Int16(1030, 0x81A4, 0xFFFF)
            .Int32(1028, 1, 0xFFFFFFFF).Int64(5008, 5_000_000_000).Binary(1004, [1, 2, 3]).ToArray());
        Assert.Equal("kernel", header.String(1000));
        Assert.Equal(["a", "", "ü"], header.Strings(1117));
        Assert.Equal("a", header.String(1117));
        Assert.Equal([0x81A4UL, 0xFFFFUL], header.Integers(1030));
        Assert.Equal([1UL, 0xFFFFFFFFUL], header.Integers(1028));
        Assert.Equal(5_000_000_000UL, header.Integer(5008));
        Assert.Equal([1, 2, 3], header.Binary(1004).ToArray());
    }

    [Fact]
    public void Absent_tags_are_null_or_empty()
    {
        var header = Read(new RpmHeaderBuilder().ToArray());
        Assert.Null(header.String(1));
        Assert.Null(header.Integer(1));
        Assert.Empty(header.Strings(1));
        Assert.Empty(header.Integers(1));
        Assert.True(header.Binary(1).IsEmpty);
        Assert.False(header.Has(1));
    }

    [Fact]
    public void A_value_of_another_type_is_a_fault_that_names_the_tag()
    {
        var header = Read(new RpmHeaderBuilder().String(1000, "x").Int32(1028, 1).ToArray());
        AssertFault("tag 1028 has type 4, not a string", () => header.String(1028));
        AssertFault("tag 1000 has type 6, not integers", () => header.Integers(1000));
        AssertFault("tag 1000 has type 6, not binary data", () => header.Binary(1000));
    }

    [Theory]
    [InlineData(65_536u, null, "65536 entries, rpm allows 65535")]
    [InlineData(uint.MaxValue, null, "4294967295 entries, rpm allows 65535")]
    [InlineData(null, (256u << 20) + 1, "268435457 bytes of data, rpm allows 268435456")]
    [InlineData(null, 256u << 20, "truncated")]
    [InlineData(65_535u, null, "truncated")]
    public void Sizes_in_the_preamble_take_no_memory_before_bytes_arrive(uint? entries, uint? dataSize, string expected)
    {
        byte[] bytes = new RpmHeaderBuilder().String(1000, "x").ToArray(entries, dataSize);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertFault(expected, () => Read(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData(6, -1, 1, "lies at -1 of")]
    [InlineData(6, 1000, 1, "lies at 1000 of")]
    [InlineData(4, 0, 1_048_576, "has 1048576 items, rpm allows 1048575")]
    [InlineData(8, 0, -1, "has 4294967295 items, rpm allows 1048575")]
    public void Entries_that_rpm_would_refuse_are_faults(int type, int offset, int count, string expected)
        => AssertFault(expected, () => Read(new RpmHeaderBuilder().String(1000, "x").RawEntry(1028, type, offset, count).ToArray()));

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(3)]
    public void A_count_beyond_the_data_takes_no_memory(int type)
    {
        var header = Read(new RpmHeaderBuilder().String(1000, "x").RawEntry(1028, type, 0, 1_000_000).ToArray());
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertFault("more than the header holds", () => { if (type == 8) { header.Strings(1028); } else { header.Integers(1028); } });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_string_that_does_not_end_is_a_fault()
    {
        var header = Read(new RpmHeaderBuilder().Binary(1, "abc"u8).RawEntry(1000, 6, 0, 1).ToArray());
        AssertFault("does not end", () => header.String(1000));
    }

    [Fact]
    public void A_header_larger_than_the_first_step_of_reading_is_read_whole()
    {
        string[] names = [.. Enumerable.Range(0, 400_000).Select(i => $"file{i}")];
        Assert.Equal(names, Read(new RpmHeaderBuilder().Strings(1117, names).ToArray()).Strings(1117));
    }

    [Fact]
    public void What_begins_otherwise_is_no_header() => AssertFault("no RPM header at 0x60", () => Read(new byte[100]));

    private static RpmHeader Read(byte[] bytes) => RpmHeader.Read(new TrickleStream(bytes, 50_000), "a.rpm", "main header", 96);

    private static void AssertFault(string expected, Action act)
    {
        var fault = Assert.Throws<InputFaultException>(act);
        Assert.StartsWith("a.rpm: main header+0x", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }
}
