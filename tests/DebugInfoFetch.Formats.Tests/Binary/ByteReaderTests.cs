using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Tests.Binary;

public sealed class ByteReaderTests
{
    private static readonly PartName Part = new("vmlinux", ".debug_info", 0x1f00);

    private delegate void Reading(ref ByteReader reader);

    [Fact]
    public void Numbers_are_read_in_either_byte_order()
    {
        byte[] data = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
        var little = new ByteReader(data, Part);
        Assert.Equal(0x0201, little.ReadUInt16());
        Assert.Equal(0x06050403u, little.ReadUInt32());
        Assert.Equal(0x0e0d0c0b0a090807u, little.ReadUInt64());
        Assert.Equal(0x11100fu, little.ReadUInt24());
        var big = new ByteReader(data, Part, bigEndian: true);
        Assert.Equal(0x0102, big.ReadUInt16());
        Assert.Equal(0x03040506u, big.ReadUInt32());
        Assert.Equal(0x0708090a0b0c0d0eu, big.ReadUInt64());
        Assert.Equal(0x0f1011u, big.ReadUInt24());
        Assert.Equal(17, big.Position);
    }

    // DWARF 5, figures C.1 and C.2: the standard's own examples.
    [Theory]
    [InlineData("02", 2)]
    [InlineData("7f", 127)]
    [InlineData("8001", 128)]
    [InlineData("8101", 129)]
    [InlineData("b964", 12857)]
    [InlineData("ff00", 127)]
    public void Unsigned_LEB128_is_read_as_the_standard_encodes_it(string hex, ulong value)
        => Assert.Equal(value, new ByteReader(Convert.FromHexString(hex), Part).ReadUleb());

    [Theory]
    [InlineData("02", 2)]
    [InlineData("7e", -2)]
    [InlineData("ff00", 127)]
    [InlineData("817f", -127)]
    [InlineData("8001", 128)]
    [InlineData("807f", -128)]
    [InlineData("ff7e", -129)]
    [InlineData("808080808080808080" + "7f", long.MinValue)]
    [InlineData("ffffffffffffffffff" + "00", long.MaxValue)]
    public void Signed_LEB128_is_read_as_the_standard_encodes_it(string hex, long value)
        => Assert.Equal(value, new ByteReader(Convert.FromHexString(hex), Part).ReadSleb());

    [Fact]
    public void The_largest_unsigned_LEB128_has_64_bits()
        => Assert.Equal(ulong.MaxValue, new ByteReader(Convert.FromHexString("ffffffffffffffffff01"), Part).ReadUleb());

    [Theory]
    [InlineData("ffffffffffffffffff02")]
    [InlineData("8080808080808080808001")]
    public void An_unsigned_LEB128_of_more_than_64_bits_is_a_fault_at_its_start(string hex)
        => AssertFault("vmlinux: .debug_info+0x1f01: LEB128 value of more than 64 bits", "00" + hex, (ref ByteReader r) =>
        {
            r.ReadByte();
            r.ReadUleb();
        });

    [Theory]
    [InlineData("80808080808080808001")]
    [InlineData("8080808080808080807e")]
    [InlineData("8080808080808080808000")]
    public void A_signed_LEB128_of_more_than_64_bits_is_a_fault_at_its_start(string hex)
        => AssertFault("vmlinux: .debug_info+0x1f00: LEB128 value of more than 64 bits", hex, (ref ByteReader r) => r.ReadSleb());

    [Fact]
    public void A_LEB128_that_does_not_end_is_truncated()
        => AssertFault("vmlinux: .debug_info+0x1f02: ends after 0 of 1 bytes: the file is truncated or damaged", "8080", (ref ByteReader r) => r.ReadUleb());

    [Fact]
    public void A_short_number_is_reported_where_it_starts()
        => AssertFault("vmlinux: .debug_info+0x1f01: ends after 3 of 4 bytes: the file is truncated or damaged", "00010203", (ref ByteReader r) =>
        {
            r.ReadByte();
            r.ReadUInt32();
        });

    [Fact]
    public void A_skip_of_any_length_stays_inside()
        => AssertFault("ends after 2 of 18446744073709551615 bytes", "0001", (ref ByteReader r) => r.Skip(ulong.MaxValue));

    [Fact]
    public void A_string_without_its_end_is_a_fault()
        => AssertFault("vmlinux: .debug_info+0x1f00: string without an end", "616263", (ref ByteReader r) => r.ReadCString());

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_position_outside_is_a_fault(int position)
        => AssertFault("offset lies past the end (2 bytes)", "0001", (ref ByteReader r) => r.Position = position);

    [Fact]
    public void A_value_of_an_odd_size_is_a_fault()
        => AssertFault("a value of 3 bytes is not supported", "000102", (ref ByteReader r) => r.ReadUnsigned(3));

    [Fact]
    public void Bytes_that_are_no_text_are_shown_as_question_marks()
        => Assert.Equal("a?b?", PartName.Printable([(byte)'a', 0x1b, (byte)'b', 0xff]));

    private static void AssertFault(string expected, string hex, Reading read)
    {
        byte[] data = Convert.FromHexString(hex);
        var fault = Assert.Throws<InputFaultException>(() =>
        {
            var reader = new ByteReader(data, Part);
            read(ref reader);
        });
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }
}
