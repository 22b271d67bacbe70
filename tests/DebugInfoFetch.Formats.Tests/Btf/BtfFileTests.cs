using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.TestKit.Btf;

namespace DebugInfoFetch.Formats.Tests.Btf;

public sealed class BtfFileTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Types_are_read_in_either_byte_order(bool bigEndian)
    {
        var builder = new BtfBuilder(bigEndian);
        int number = builder.Int("int", 4, encoding: 1);
        int pointer = builder.Pointer(number);
        int list = builder.Array(number, 12);
        int values = builder.Enum("e", true, ("MINUS", -1), ("ONE", 1));
        int wide = builder.Enum64("w", false, ("BIG", 1L << 40));
        int prototype = builder.Prototype(number, ("a", pointer), ("", 0));
        BtfFile btf = Parse(builder);
        Assert.Equal((1, 7), (btf.FirstId, btf.EndId));
        Assert.Equal((BtfKind.Int, 4L, "int"), (btf.Type(number).Kind, btf.Type(number).ByteSize, btf.NameText(btf.Type(number).NameOffset)));
        Assert.True(BtfFile.Int(btf.Type(number)).IsSigned);
        Assert.Equal(number, btf.Type(pointer).Target);
        Assert.Equal((number, 12u), (BtfFile.Array(btf.Type(list)).Element, BtfFile.Array(btf.Type(list)).ElementCount));
        Assert.Equal([-1, 1], [BtfFile.Enumerator(btf.Type(values), 0).Value, BtfFile.Enumerator(btf.Type(values), 1).Value]);
        Assert.Equal(1L << 40, BtfFile.Enumerator(btf.Type(wide), 0).Value);
        Assert.Equal(pointer, BtfFile.Parameter(btf.Type(prototype), 0).Type);
        Assert.Equal(0, BtfFile.Parameter(btf.Type(prototype), 1).Type);
    }

    [Fact]
    public void With_kind_flag_the_upper_byte_of_an_offset_is_the_width_of_a_bit_field()
    {
        var builder = new BtfBuilder();
        int number = builder.Int("unsigned int", 4);
        int s = builder.Struct("s", 8, new MemberOf("plain", number, 0), new MemberOf("bits", number, 35, 3));
        BtfType type = Parse(builder).Type(s);
        Assert.True(type.KindFlag);
        Assert.Equal((0L, 0), (BtfFile.Member(type, 0).BitOffset, BtfFile.Member(type, 0).BitSize));
        Assert.Equal((35L, 3), (BtfFile.Member(type, 1).BitOffset, BtfFile.Member(type, 1).BitSize));
    }

    [Fact]
    public void Without_it_an_int_of_fewer_bits_is_a_bit_field_behind_typedefs_too()
    {
        var builder = new BtfBuilder();
        int bits = builder.Typedef("flag_t", builder.Int("unsigned int", 4, bits: 5, bitOffset: 2));
        int s = builder.Struct("s", 4, new MemberOf("flag", bits, 8));
        BtfMember member = BtfFile.Member(Parse(builder).Type(s), 0);
        Assert.Equal((10L, 5), (member.BitOffset, member.BitSize));
    }

    [Fact]
    public void An_encoder_that_writes_no_signs_had_only_signed_enums()
    {
        var old = new BtfBuilder();
        int e = old.Enum("e", false, ("MINUS", -1));
        Assert.Equal(-1, BtfFile.Enumerator(Parse(old).Type(e), 0).Value);
        var newer = new BtfBuilder();
        e = newer.Enum("e", false, ("ALL", -1));
        newer.Enum("f", true, ("MINUS", -1));
        Assert.Equal(uint.MaxValue, BtfFile.Enumerator(Parse(newer).Type(e), 0).Value);
    }

    [Fact]
    public void Split_BTF_counts_types_and_strings_on_from_its_base()
    {
        var kernel = new BtfBuilder();
        int number = kernel.Int("int", 4, encoding: 1);
        var module = new BtfBuilder(basis: kernel);
        int s = module.Struct("mine", 4, new MemberOf("int", number, 0));
        BtfFile basis = Parse(kernel);
        BtfFile split = BtfFile.Parse("m.ko", ".BTF", module.Build(), basis);
        Assert.Equal((2, 3), (split.FirstId, split.EndId));
        Assert.Equal("mine", split.NameText(split.Type(s).NameOffset));
        BtfMember member = BtfFile.Member(split.Type(s), 0);
        Assert.Equal("int", split.NameText(member.NameOffset));
        Assert.Same(basis, split.Type(member.Type).File);
    }

    [Fact]
    public void A_distilled_base_is_found_again_in_vmlinux_by_name_kind_and_size()
    {
        var kernel = new BtfBuilder();
        kernel.Int("long", 8, encoding: 1);
        int number = kernel.Int("int", 4, encoding: 1);
        int page = kernel.Struct("page", 4, new MemberOf("flags", number, 0));
        int list = kernel.Union("list", 4);
        var distilled = new BtfBuilder();
        distilled.Struct("page", 0);
        distilled.Int("int", 4, encoding: 1);
        distilled.Forward("list", isUnion: true);
        var names = new BtfNames(Parse(kernel));
        Assert.Equal([0, page, number, list], BtfDistilledBase.Map(Parse(distilled), names));
        distilled.Struct("page", 16);
        Assert.Equal("vmlinux: .BTF+0x40: Struct page of 16 bytes: vmlinux has none of that name", Fault(() => BtfDistilledBase.Map(Parse(distilled), names)));
    }

    [Theory]
    [InlineData(0, 0x00, "not BTF")]
    [InlineData(2, 0x02, "BTF version 2; supported is 1")]
    [InlineData(4, 0xff, "a header of 255 bytes")]
    [InlineData(12, 0xff, "the types (255 bytes from 0x18 on) lie past the end")]
    [InlineData(20, 0xff, "the strings (255 bytes from")]
    public void A_damaged_header_is_a_fault_at_its_field(int at, byte value, string what)
    {
        var builder = new BtfBuilder();
        builder.Int("int", 4);
        byte[] data = builder.Build();
        data[at] = value;
        Assert.Contains(what, Fault(() => BtfFile.Parse("vmlinux", ".BTF", data)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_leads_nowhere_is_a_fault_where_it_lies()
    {
        var builder = new BtfBuilder();
        builder.Raw(0, (uint)BtfKind.Pointer << 24, 7);
        Assert.Equal("vmlinux: .BTF+0x20: type 7, but the last is 1: damaged, or split from another kernel's BTF", Fault(() => Parse(builder)));
        builder = new BtfBuilder();
        builder.Raw(99, (uint)BtfKind.Int << 24, 4, 32);
        Assert.Equal("vmlinux: .BTF+0x18: a name at 99, but the strings have 1 bytes: damaged, or split from another kernel's BTF", Fault(() => Parse(builder)));
        builder = new BtfBuilder();
        builder.Raw(0, 20u << 24, 4);
        Assert.StartsWith("vmlinux: .BTF+0x1c: unknown kind 20", Fault(() => Parse(builder)), StringComparison.Ordinal);
        builder = new BtfBuilder();
        builder.Raw(0, ((uint)BtfKind.Struct << 24) | 9, 4, 0, 0, 0);
        Assert.Equal("vmlinux: .BTF+0x18: Struct with 9 parts needs 108 bytes, 12 are left", Fault(() => Parse(builder)));
    }

    [Fact]
    public void Data_cut_anywhere_is_a_fault()
    {
        var builder = new BtfBuilder();
        int number = builder.Int("int", 4);
        builder.Struct("s", 8, new MemberOf("a", number, 0), new MemberOf("b", number, 32));
        byte[] whole = builder.Build();
        for (int length = 0; length < whole.Length; length++) { Fault(() => BtfFile.Parse("vmlinux", ".BTF", whole.AsMemory(0, length))); }
    }

    private static BtfFile Parse(BtfBuilder builder) => BtfFile.Parse("vmlinux", ".BTF", builder.Build());

    private static string Fault(Func<object> act) => Assert.Throws<InputFaultException>(act).Message;
}
