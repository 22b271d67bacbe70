using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Fuzz;

/// <summary>Small files that have something of everything the readers know.</summary>
internal static class Samples
{
    private const ulong Text = 0xffffffff81000000, Data = 0xffffffff82000000;

    /// <summary>A linked vmlinux: symbols, ftrace table, units of DWARF 4 and 5 in both offset sizes.</summary>
    public static byte[] Vmlinux(bool bigEndian = false)
    {
        DwarfBuilder dwarf = new(bigEndian);
        dwarf.Unit(new UnitForm { Version = 5 }, Unit).Unit(new UnitForm { Version = 4 }, Unit).Unit(new UnitForm { Version = 5, Is64Bit = true }, Unit).Unit(Indexed);
        return dwarf.AddTo(new ElfBuilder { IsBigEndian = bigEndian, Machine = bigEndian ? ElfMachine.S390 : ElfMachine.X86_64 }
            .Text(".text", Text, new byte[0x100]).BuildId(1, 2, 3, 4)
            .Data(".data", Data, new ByteBuilder(bigEndian).U64(Text + 0x44).U64(Text + 0x80).ToArray())
            .Symbol("f.isra.0", ".text", Text + 0x40, 0x20).Symbol("g", ".text", Text + 0x80, 0x20)
            .Symbol("__start_mcount_loc", ".data", Data, type: SymbolType.None).Symbol("__stop_mcount_loc", ".data", Data + 16, type: SymbolType.None)
            .Symbol("counter", ".data", Data + 8, 4, SymbolType.Object)).Build();
    }

    /// <summary>A module: relocations in debug information and tables, compressed sections.</summary>
    public static byte[] Module()
    {
        DwarfBuilder dwarf = new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, "m.c").Base("int")
            .Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "init_module").AddrOf(DwAttribute.LowPc, "init_module").Data1(DwAttribute.HighPc, 16)
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "p").Type("int").Expr(DwAttribute.Location, e => e.Reg(5)))));
        ElfBuilder elf = new ElfBuilder { Type = ElfType.Relocatable }
            .Section(".init.text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable, alignment: 16)
            .NoBits("__mcount_loc", 8, SectionFlags.Alloc)
            .Symbol("init_module", ".init.text", 0x10, 16).Relocation("__mcount_loc", 0, 1, "init_module", 4)
            .ZlibSection(".debug_line_str", [.. "fs/x.c\0"u8, .. new byte[200]]).ZstdSection(".debug_loc", new byte[300]);
        return dwarf.AddTo(elf).Build();
    }

    private static DieBuilder Unit(DieBuilder cu) => cu
        .Strp(DwAttribute.Name, "fs/x.c").Strp(DwAttribute.CompilationDirectory, "/build").Text(DwAttribute.Producer, "GNU C11 12.2.0 -O2").Data1(DwAttribute.Language, 0x1d)
        .Addr(DwAttribute.LowPc, 0)
        .Lines(t => t.Directory("/build").Directory("include/linux").File("fs/x.c").File("x.h", 1))
        .Base("int").Base("long", 8)
        .Die(DwTag.PointerType, "x *", p => p.Data1(DwAttribute.ByteSize, 8).Type("x"))
        .Die(DwTag.ConstType, "const int", c => c.Type("int"))
        .Die(DwTag.Typedef, t => t.Strp(DwAttribute.Name, "x_t").Type("x"))
        .Die(DwTag.ArrayType, "int[2][3]", a => a.Type("const int").Die(DwTag.SubrangeType, s => s.Data1(DwAttribute.UpperBound, 1)).Die(DwTag.SubrangeType, s => s.Data1(DwAttribute.Count, 3)))
        .Die(DwTag.StructureType, "x", s => s.Strp(DwAttribute.Name, "x").Data1(DwAttribute.ByteSize, 48).Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 3)
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "next").Type("x *").Data1(DwAttribute.DataMemberLocation, 0))
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "bits").Type("int").Data1(DwAttribute.BitSize, 3).Udata(DwAttribute.DataBitOffset, 67))
            .Die(DwTag.Member, m => m.Type("union").ImplicitConst(DwAttribute.DataMemberLocation, 16))
            .Die(DwTag.UnionType, "union", u => u.Data1(DwAttribute.ByteSize, 24)
                .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "grid").Type("int[2][3]"))))
        .Die(DwTag.EnumerationType, e => e.Strp(DwAttribute.Name, "kinds").Data1(DwAttribute.ByteSize, 4).Type("int")
            .Die(DwTag.Enumerator, v => v.Strp(DwAttribute.Name, "MINUS").Sdata(DwAttribute.ConstValue, -1)))
        .Die(DwTag.SubroutineType, "fn", f => f.Type("long").Die(DwTag.FormalParameter, p => p.Type("x *")))
        .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, "counter").Type("int").Expr(DwAttribute.Location, e => e.Addr(Data + 8)))
        .Die(DwTag.Subprogram, "abstract f", f => f.Strp(DwAttribute.Name, "f").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 9).Type("int")
            .Die(DwTag.FormalParameter, "a", p => p.Strp(DwAttribute.Name, "a").Type("x *"))
            .Die(DwTag.FormalParameter, "b", p => p.Strp(DwAttribute.Name, "b").Type("int")))
        .Die(DwTag.Subprogram, f => f.Ref4(DwAttribute.AbstractOrigin, "abstract f").Ranges(r => r.OffsetPair(Text + 0x40, Text + 0x60).OffsetPair(Text, Text + 8).End())
            .Die(DwTag.FormalParameter, p => p.Ref4(DwAttribute.AbstractOrigin, "b").Locations(l => l.OffsetPair(Text + 0x40, Text + 0x48, e => e.Reg(4)).BaseAddress(Text).OffsetPair(0x48, 0x50, e => e.EntryValue(i => i.Reg(4)).StackValue()).End()))
            .Die(DwTag.FormalParameter, p => p.Ref4(DwAttribute.AbstractOrigin, "a").Expr(DwAttribute.Location, e => e.Reg(5).Piece(4).Fbreg(-8).Piece(4))))
        .Die(DwTag.Subprogram, g => g.Flag(DwAttribute.External).Strp(DwAttribute.Name, "g").Addr(DwAttribute.LowPc, Text + 0x80).Data8(DwAttribute.HighPc, 0x20)
            .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "c").Type("long").Data1(DwAttribute.ConstValue, 3))
            .Die(DwTag.LexicalBlock, b => b
                .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "abstract f").Addr(DwAttribute.LowPc, Text + 0x84).Data1(DwAttribute.HighPc, 4).Data1(DwAttribute.CallFile, 0).Data1(DwAttribute.CallLine, 12))));

    private static DieBuilder Indexed(DieBuilder cu) => cu
        .Strx(DwAttribute.Name, "clang.c").StrOffsetsBase().AddrBase().LoclistsBase().RnglistsBase().Addrx(DwAttribute.LowPc, Text)
        .Die(DwTag.BaseType, "char", t => t.Strx1(DwAttribute.Name, "char").Data1(DwAttribute.ByteSize, 1).Data1(DwAttribute.Encoding, 6))
        .Die(DwTag.Subprogram, f => f.Strx1(DwAttribute.Name, "h").Rangesx(r => r.BaseAddressx(0).OffsetPair(0xa0, 0xb0).StartxLength(0, 4).End())
            .Die(DwTag.FormalParameter, p => p.Type("char").Locationsx(l => l.ViewPair(0, 1).OffsetPair(0xa0, 0xa8, e => e.Breg(5, 8).StackValue()).DefaultLocation(e => e.Constu(9).StackValue()).End())))
        .Die(DwTag.Variable, v => v.Strx1(DwAttribute.Name, "var").Type("char").Expr(DwAttribute.Location, e => e.Addrx(0)));

    private static DieBuilder Base(this DieBuilder parent, string name, int size = 4)
        => parent.Die(DwTag.BaseType, name, t => t.Strp(DwAttribute.Name, name).Data1(DwAttribute.ByteSize, (ulong)size).Data1(DwAttribute.Encoding, 5));
}
