using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Elf;

public sealed class ElfFileTests
{
    [Theory]
    [InlineData(ElfMachine.X86_64, false)]
    [InlineData(ElfMachine.S390, true)]
    public void Sections_and_symbols_are_read_in_either_byte_order(ElfMachine machine, bool bigEndian)
    {
        ElfFile file = Parse(new ElfBuilder { Machine = machine, IsBigEndian = bigEndian }
            .Text(".text", 0x1000, [1, 2, 3, 4])
            .Symbol("start", ".text", 0x1002, 2, SymbolType.Function, SymbolBinding.Weak)
            .Symbol("elsewhere", null, 0));
        Assert.Equal((machine, bigEndian, ElfType.Executable), (file.Machine, file.IsBigEndian, file.Type));
        ElfSection text = file.Find(".text")!;
        Assert.Equal((0x1000ul, 4L, true, true), (text.Address, text.ByteSize, text.IsAllocated, text.IsExecutable));
        Assert.Equal([1, 2, 3, 4], file.Content(text).ToArray());
        ElfSymbol[] symbols = file.ReadSymbols();
        Assert.Equal(3, symbols.Length);
        Assert.Equal((0x1002ul, 2ul, SymbolType.Function, SymbolBinding.Weak, text.Index),
            (symbols[1].Address, symbols[1].ByteSize, symbols[1].Type, symbols[1].Binding, symbols[1].Section));
        Assert.Equal(SectionIndex.Undefined, symbols[2].Section);
        Assert.Equal("start", ReadName(file, symbols[1]));
    }

    [Fact]
    public void Sections_of_a_relocatable_file_get_addresses_that_do_not_touch()
    {
        ElfFile file = Parse(new ElfBuilder { Type = ElfType.Relocatable }
            .Section(".text", new byte[8], flags: SectionFlags.Alloc | SectionFlags.Executable, alignment: 16)
            .Section(".init.text", new byte[8], flags: SectionFlags.Alloc | SectionFlags.Executable, alignment: 16)
            .Section(".comment", new byte[8])
            .Symbol("f", ".init.text", 4, 4));
        ElfSection first = file.Find(".text")!, second = file.Find(".init.text")!;
        Assert.True(second.Address > first.Address + 8, "the end of .text would be the start of .init.text");
        Assert.Equal(0ul, second.Address % 16);
        Assert.Equal(second.Address + 4, file.ReadSymbols()[1].Address);
        Assert.Same(second, file.SectionAt(second.Address + 4));
        Assert.Null(file.SectionAt(first.Address + 8));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compressed_sections_are_inflated(bool zstd)
    {
        byte[] content = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i / 100))];
        var builder = new ElfBuilder();
        ElfFile file = Parse(zstd ? builder.ZstdSection(".debug_str", content) : builder.ZlibSection(".debug_str", content));
        Assert.Equal(content, file.Content(".debug_str").ToArray());
    }

    [Fact]
    public void A_section_without_bytes_in_the_file_is_empty()
    {
        ElfFile file = Parse(new ElfBuilder().NoBits(".text", 1 << 30, SectionFlags.Alloc | SectionFlags.Executable, 0x1000));
        Assert.True(file.Content(".text").IsEmpty);
        Assert.Equal(1 << 30, file.Find(".text")!.ByteSize);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_build_ID_is_found_among_other_notes(bool bigEndian)
    {
        var builder = new ElfBuilder { IsBigEndian = bigEndian };
        byte[] notes = [.. builder.Note("Linux", 0x101, [1, 2, 3]), .. builder.Note("GNU", 1, [9, 9]), .. builder.Note("GNU", 3, [0xde, 0xad, 0xbe, 0xef, 1])];
        Assert.Equal("deadbeef01", Parse(builder.Section(".notes", notes, SectionType.Note, SectionFlags.Alloc)).BuildId());
    }

    [Fact]
    public void No_note_means_no_build_ID() => Assert.Equal("", Parse(new ElfBuilder()).BuildId());

    [Fact]
    public void A_note_of_a_hostile_size_is_no_build_ID()
        => Assert.Equal("", Parse(new ElfBuilder().Section(".note", new ByteBuilder().U32(4).U32(0xffff_fff0).U32(3).Text("GNU").ToArray(), SectionType.Note)).BuildId());

    [Fact]
    public void Something_else_is_no_ELF_file() => AssertFault("f: ELF header+0x0: not an ELF file (starts with \"<htm\")", [.. "<html>"u8, .. new byte[100]]);

    [Fact]
    public void An_empty_file_is_no_ELF_file() => AssertFault("f: ELF header+0x0: not an ELF file", []);

    [Fact]
    public void A_32_bit_file_is_not_supported() => AssertFault("f: ELF header+0x4: class 1: only 64-bit ELF (class 2) is supported", Change(4, 1));

    [Fact]
    public void A_byte_order_is_1_or_2() => AssertFault("f: ELF header+0x5: unknown byte order 3", Change(5, 3));

    [Fact]
    public void A_file_without_section_headers_is_told()
    {
        byte[] file = Sample();
        file.AsSpan(40, 8).Clear();
        AssertFault("f: ELF header+0x28: no section headers", file);
    }

    [Fact]
    public void Section_headers_of_another_size_are_a_fault() => AssertFault("f: ELF header+0x3a: section headers of 40 bytes, expected 64", Change(58, 40));

    [Fact]
    public void A_truncated_file_lacks_its_section_headers()
    {
        byte[] file = Sample();
        AssertFault("lie past the end of the file (200 bytes): truncated?", file[..200]);
    }

    [Fact]
    public void A_section_count_beyond_the_file_allocates_nothing()
    {
        byte[] file = Sample();
        // The true count stands in section 0's size (gABI, "ELF Header") when e_shnum is 0.
        file.AsSpan(60, 2).Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40)) + 32), ulong.MaxValue / 64);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertFault("288230376151711743 section headers do not fit the file: truncated?", file);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(32)]
    public void A_section_past_the_end_of_the_file_is_a_fault(int field)
    {
        byte[] file = Sample();
        int headers = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(headers + 64 + field), ulong.MaxValue - 3);
        AssertFault("f: section headers+0x40: section 1 (offset 0x", file);
    }

    [Fact]
    public void Symbols_of_another_size_are_a_fault()
        => AssertFault("entries of 16 bytes, expected 24", new ElfBuilder { SymbolEntrySize = 16 }.Text(".text", 0, []).Symbol("f", ".text", 0).Build(), f => f.ReadSymbols());

    [Fact]
    public void An_unknown_compression_is_named_with_those_that_are_known()
        => AssertFault("f: .debug_info+0x0: unknown compression type 9; supported: 1 (zlib), 2 (zstd)",
            new ElfBuilder().CompressedSection(".debug_info", 9, 10, [1, 2, 3]).Build(), f => f.Content(".debug_info"));

    [Theory]
    [InlineData(12)]
    [InlineData(20)]
    public void A_compressed_section_shorter_than_its_header_is_truncated(int length)
        => AssertFault("f: .debug_info+0x", new ElfBuilder().Section(".debug_info", [1, .. new byte[length - 1]], flags: SectionFlags.Compressed).Build(), f => f.Content(".debug_info"));

    [Fact]
    public void A_compressed_section_that_claims_too_much_is_a_fault_and_allocates_nothing()
    {
        foreach (uint type in (uint[])[1, 2])
        {
            byte[] elf = new ElfBuilder().CompressedSection(".debug_info", type, 0x7fff_0000, new byte[40]).Build();
            long before = GC.GetAllocatedBytesForCurrentThread();
            AssertFault("f: .debug_info+0x8: claims to decompress to 2147418112 bytes", elf, f => f.Content(".debug_info"));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
        }
    }

    [Fact]
    public void A_zlib_section_must_give_what_its_header_claims()
    {
        AssertFault("f: .debug_info+0x18: does not decompress to the 6 bytes its header claims", new ElfBuilder().ZlibSection(".debug_info", [1, 2, 3, 4, 5], 6).Build(), f => f.Content(".debug_info"));
        AssertFault("f: .debug_info+0x18: does not decompress to the 4 bytes its header claims", new ElfBuilder().ZlibSection(".debug_info", [1, 2, 3, 4, 5], 4).Build(), f => f.Content(".debug_info"));
    }

    [Fact]
    public void A_zstd_section_must_give_what_its_header_claims()
    {
        AssertFault("f: .debug_info: ", new ElfBuilder().ZstdSection(".debug_info", [1, 2, 3, 4, 5], 6).Build(), f => f.Content(".debug_info"));
        AssertFault("f: .debug_info: ", new ElfBuilder().ZstdSection(".debug_info", [1, 2, 3, 4, 5], 4).Build(), f => f.Content(".debug_info"));
    }

    [Fact]
    public void Garbage_in_a_compressed_section_is_a_fault()
    {
        AssertFault("f: .debug_info+0x18: does not decompress", new ElfBuilder().CompressedSection(".debug_info", 1, 10, [7, 7, 7, 7]).Build(), f => f.Content(".debug_info"));
        AssertFault("f: .debug_info: corrupt zstd data", new ElfBuilder().CompressedSection(".debug_info", 2, 10, [7, 7, 7, 7]).Build(), f => f.Content(".debug_info"));
    }

    private static byte[] Sample() => new ElfBuilder().Text(".text", 0x1000, new byte[64]).Symbol("f", ".text", 0x1000, 4).Build();

    private static byte[] Change(int at, byte value)
    {
        byte[] file = Sample();
        file[at] = value;
        return file;
    }

    private static ElfFile Parse(ElfBuilder builder) => ElfFile.Parse("f", builder.Build());

    private static string ReadName(ElfFile file, ElfSymbol symbol)
    {
        var reader = new ByteReader(file.SymbolNames().Span, new PartName("f", ".strtab")) { Position = (int)symbol.NameOffset };
        return PartName.Printable(reader.ReadCString());
    }

    private static void AssertFault(string expected, byte[] file, Action<ElfFile>? use = null)
        => Assert.Contains(expected, Assert.Throws<InputFaultException>(() =>
        {
            ElfFile parsed = ElfFile.Parse("f", file);
            use?.Invoke(parsed);
        }).Message, StringComparison.Ordinal);
}
