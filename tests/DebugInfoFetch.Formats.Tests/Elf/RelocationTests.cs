using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Elf;

/// <summary>Relocation types by number, as each architecture's ELF psABI gives them. The symbol <c>s</c> is at 0x10 of the first section, which gets the address 0x1000.</summary>
public sealed class RelocationTests
{
    private static readonly byte[] Eights = [8, 8, 8, 8, 8, 8, 8, 8, 8, 8];

    [Theory]
    [InlineData(ElfMachine.X86_64, 1u, "1310000000000000")] // R_X86_64_64
    [InlineData(ElfMachine.X86_64, 10u, "1310000008080808")] // R_X86_64_32
    [InlineData(ElfMachine.X86_64, 11u, "1310000008080808")] // R_X86_64_32S
    [InlineData(ElfMachine.X86_64, 0u, "0808080808080808")] // R_X86_64_NONE
    [InlineData(ElfMachine.X86_64, 21u, "0808080808080808")] // R_X86_64_DTPOFF32
    [InlineData(ElfMachine.AArch64, 257u, "1310000000000000")] // R_AARCH64_ABS64
    [InlineData(ElfMachine.AArch64, 258u, "1310000008080808")] // R_AARCH64_ABS32
    [InlineData(ElfMachine.S390, 22u, "0000000000001013")] // R_390_64
    [InlineData(ElfMachine.S390, 4u, "0000101308080808")] // R_390_32
    [InlineData(ElfMachine.PowerPc64, 38u, "1310000000000000")] // R_PPC64_ADDR64
    [InlineData(ElfMachine.PowerPc64, 1u, "1310000008080808")] // R_PPC64_ADDR32
    [InlineData(ElfMachine.RiscV, 2u, "1310000000000000")] // R_RISCV_64
    [InlineData(ElfMachine.RiscV, 1u, "1310000008080808")] // R_RISCV_32
    [InlineData(ElfMachine.RiscV, 33u, "1b08080808080808")] // R_RISCV_ADD8
    [InlineData(ElfMachine.RiscV, 34u, "1b18080808080808")] // R_RISCV_ADD16
    [InlineData(ElfMachine.RiscV, 35u, "1b18080808080808")] // R_RISCV_ADD32
    [InlineData(ElfMachine.RiscV, 36u, "1b18080808080808")] // R_RISCV_ADD64
    [InlineData(ElfMachine.RiscV, 37u, "f508080808080808")] // R_RISCV_SUB8: 8 - 0x13
    [InlineData(ElfMachine.RiscV, 38u, "f5f7080808080808")] // R_RISCV_SUB16
    [InlineData(ElfMachine.RiscV, 39u, "f5f7070808080808")] // R_RISCV_SUB32: 0x08080808 - 0x1013
    [InlineData(ElfMachine.RiscV, 40u, "f5f7070808080808")] // R_RISCV_SUB64
    [InlineData(ElfMachine.RiscV, 52u, "3508080808080808")] // R_RISCV_SUB6: 8 - 0x13 in six bits
    [InlineData(ElfMachine.RiscV, 53u, "1308080808080808")] // R_RISCV_SET6
    [InlineData(ElfMachine.RiscV, 54u, "1308080808080808")] // R_RISCV_SET8
    [InlineData(ElfMachine.RiscV, 55u, "1310080808080808")] // R_RISCV_SET16
    [InlineData(ElfMachine.RiscV, 56u, "1310000008080808")] // R_RISCV_SET32
    public void Every_type_that_compilers_use_is_applied(ElfMachine machine, uint type, string expected)
    {
        ElfBuilder elf = Sample(machine, Eights).Relocation(".debug_info", 0, type, "s", 3);
        Assert.Equal(expected + "0808", Convert.ToHexStringLower(Applied(elf)));
    }

    [Fact]
    public void A_RISCV_label_difference_is_a_pair_of_ADD_and_SUB()
    {
        ElfBuilder elf = Sample(ElfMachine.RiscV, new byte[4]).Symbol("t", ".text", 0x48)
            .Relocation(".debug_info", 0, 35, "t").Relocation(".debug_info", 0, 39, "s");
        Assert.Equal("38000000", Convert.ToHexStringLower(Applied(elf)));
    }

    [Fact]
    public void A_RISCV_ULEB128_difference_keeps_its_width()
    {
        // 0x1234 - 0x10 = 0x1224 in three bytes: a4 a4 00.
        ElfBuilder elf = Sample(ElfMachine.RiscV, [0x80, 0x80, 0x00, 0x55]).Symbol("t", ".text", 0x1234)
            .Relocation(".debug_info", 0, 60, "t").Relocation(".debug_info", 0, 61, "s");
        Assert.Equal("a4a40055", Convert.ToHexStringLower(Applied(elf)));
    }

    [Fact]
    public void A_linked_file_was_relocated_already()
    {
        ElfBuilder elf = new ElfBuilder().Text(".text", 0x1000, new byte[0x20]).Symbol("s", ".text", 0x1010)
            .Section(".debug_info", Eights.ToArray()).Relocation(".debug_info", 0, 1, "s", 3);
        Assert.Equal(Eights, Applied(elf));
    }

    [Fact]
    public void Relocations_of_a_compressed_section_apply_to_what_it_inflates_to()
    {
        ElfBuilder elf = new ElfBuilder { Type = ElfType.Relocatable }.Section(".text", new byte[0x20], flags: SectionFlags.Alloc)
            .Symbol("s", ".text", 0x10).ZlibSection(".debug_info", Eights).Relocation(".debug_info", 2, 10, "s", 3);
        Assert.Equal("08081310000008080808", Convert.ToHexStringLower(Applied(elf)));
    }

    [Fact]
    public void A_relocation_outside_its_section_is_a_fault()
        => AssertFault("f: .rela.debug_info+0x18: relocates offset 0x7 outside .debug_info (10 bytes)",
            Sample(ElfMachine.X86_64, Eights).Relocation(".debug_info", 6, 10, "s").Relocation(".debug_info", 7, 10, "s"));

    [Fact]
    public void A_relocation_at_a_hostile_offset_is_a_fault()
        => AssertFault("relocates offset 0xfffffffffffffffe outside .debug_info", Sample(ElfMachine.X86_64, Eights).Relocation(".debug_info", ulong.MaxValue - 1, 1, "s"));

    [Fact]
    public void An_unknown_type_is_named_with_its_machine()
        => AssertFault("f: .rela.debug_info+0x0: relocation type 42 of machine X86_64 is not supported", Sample(ElfMachine.X86_64, Eights).Relocation(".debug_info", 0, 42, "s"));

    [Fact]
    public void Types_of_one_machine_mean_nothing_on_another()
        => AssertFault("relocation type 257 of machine X86_64 is not supported", Sample(ElfMachine.X86_64, Eights).Relocation(".debug_info", 0, 257, "s"));

    [Fact]
    public void A_symbol_that_the_table_has_not_is_a_fault()
    {
        ElfBuilder elf = Sample(ElfMachine.X86_64, Eights);
        ByteBuilder rela = new ByteBuilder().U64(0).U64((7ul << 32) | 1).U64(0);
        byte[] file = elf.Relocation(".debug_info", 0, 1, "s").Build();
        // The one entry stands where the builder put it.
        int at = file.AsSpan().IndexOf(new ByteBuilder().U64(0).U64((1ul << 32) | 1).U64(0).ToArray());
        rela.ToArray().CopyTo(file, at);
        AssertFault("f: .rela.debug_info+0x0: names symbol 7 of 2", file);
    }

    [Fact]
    public void Relocations_without_addends_are_not_supported()
    {
        byte[] file = Sample(ElfMachine.X86_64, Eights).Relocation(".debug_info", 0, 1, "s").Build();
        ElfFile parsed = ElfFile.Parse("f", file);
        int header = (int)BitConverter.ToUInt64(file, 40) + (parsed.Find(".rela.debug_info")!.Index * 64);
        file[header + 4] = (byte)SectionType.Rel;
        AssertFault("relocations without addends (SHT_REL) are not supported", file);
    }

    [Fact]
    public void The_targets_of_a_table_of_addresses_need_no_content()
    {
        ElfBuilder elf = new ElfBuilder { Type = ElfType.Relocatable }
            .Section(".text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable).Symbol("f", ".text", 0x10)
            .NoBits("__mcount_loc", 16, SectionFlags.Alloc)
            .Relocation("__mcount_loc", 0, 1, "f", 4).Relocation("__mcount_loc", 8, 1, "f", 0x20);
        ElfFile file = ElfFile.Parse("f", elf.Build());
        ulong text = file.Find(".text")!.Address;
        Assert.Equal([text + 0x14, text + 0x30], Relocations.Targets(file, file.Find("__mcount_loc")!, file.ReadSymbols()));
    }

    private static ElfBuilder Sample(ElfMachine machine, byte[] content) => new ElfBuilder { Type = ElfType.Relocatable, Machine = machine, IsBigEndian = machine == ElfMachine.S390 }
        .Section(".text", new byte[0x20], flags: SectionFlags.Alloc | SectionFlags.Executable).Symbol("s", ".text", 0x10).Section(".debug_info", content.ToArray());

    private static byte[] Applied(ElfBuilder elf) => Applied(elf.Build());

    private static byte[] Applied(byte[] bytes)
    {
        ElfFile file = ElfFile.Parse("f", bytes);
        ElfSection target = file.Find(".debug_info")!;
        Relocations.Apply(file, target, file.ReadSymbols());
        return file.Content(target).ToArray();
    }

    private static void AssertFault(string expected, ElfBuilder elf) => AssertFault(expected, elf.Build());

    private static void AssertFault(string expected, byte[] file)
        => Assert.Contains(expected, Assert.Throws<InputFaultException>(() => Applied(file)).Message, StringComparison.Ordinal);
}
