using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Tests.Index;

public sealed class FunctionTests
{
    private const ulong Text = 0xffffffff81000000;

    [Fact]
    public void A_function_has_a_prototype_an_entry_and_its_symbol()
    {
        using BuiltKernel kernel = Kernel(cu => cu
            .Strp(DwAttribute.Name, "fs/open.c").Strp(DwAttribute.CompilationDirectory, "/build").Lines(t => t.Directory("/build").File("fs/open.c").File("fs/open.c"))
            .Die(DwTag.Subprogram, f => Code(f.Flag(DwAttribute.External).Strp(DwAttribute.Name, "do_open").Data1(DwAttribute.DeclFile, 1).Data2(DwAttribute.DeclLine, 300).Type("int"), 0x10, 0x20)
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "flags").Type("int").Expr(DwAttribute.Location, e => e.Reg(5)))
                .Die(DwTag.UnspecifiedParameters)),
            ("do_open", 0x10, 0x20));
        FunctionInfo function = kernel.Function("do_open");
        Assert.Equal(("fs/open.c:300", true, true, "int"), (function.DeclaredAt.ToString(), function.IsExternal, function.IsVariadic, kernel.Model.Type(function.ReturnType).Name));
        Assert.Equal(("flags", "int"), (function.Parameters[0].Name, kernel.Model.Type(function.Parameters[0].Type).Name));
        EntryInfo entry = kernel.Entry("do_open");
        Assert.Equal((Text + 0x10, 0x20L, ".text", "vmlinux", "fs/open.c", "do_open"), (entry.Address, entry.ByteSize, entry.Section, entry.Module, entry.UnitFile, entry.Symbol?.Name));
        Assert.Equal(new ArgumentPlace(PlaceKind.Register, 5), Assert.Single(entry.Places));
    }

    [Fact]
    public void A_static_inline_of_a_header_is_one_function_with_all_its_copies()
    {
        static Func<DieBuilder, DieBuilder> Unit(string file, ulong at) => cu => cu
            .Strp(DwAttribute.Name, file).Lines(t => t.Directory("/build").File(file).File("include/linux/list.h"))
            .Base("int")
            .Die(DwTag.Subprogram, "abstract", f => f.Strp(DwAttribute.Name, "list_empty").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 7).Data1(DwAttribute.Inline, 3).Type("int"))
            .Die(DwTag.Subprogram, f => Code(f.Ref4(DwAttribute.AbstractOrigin, "abstract"), at, 8));
        DwarfBuilder dwarf = new DwarfBuilder().Unit(Unit("a.c", 0)).Unit(Unit("b.c", 0x40));
        using BuiltKernel kernel = BuiltKernel.Vmlinux(dwarf.AddTo(Elf(("list_empty", 0, 8), ("list_empty", 0x40, 8))));
        Assert.Equal([("a.c", Text), ("b.c", Text + 0x40)], kernel.Model.Entries(kernel.Function("list_empty").Id).Select(e => (e.UnitFile, e.Address)).OrderBy(e => e.Address));
    }

    [Fact]
    public void Static_functions_of_one_name_in_two_files_are_two_functions()
    {
        static Func<DieBuilder, DieBuilder> Unit(string file, ulong at) => cu => cu
            .Strp(DwAttribute.Name, file).Lines(t => t.Directory("/build").File(file).File(file))
            .Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "init").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 7), at, 8));
        using BuiltKernel kernel = BuiltKernel.Vmlinux(new DwarfBuilder().Unit(Unit("a.c", 0)).Unit(Unit("b.c", 0x40)).AddTo(Elf(("init", 0, 8), ("init", 0x40, 8))));
        Assert.Equal(["a.c:7", "b.c:7"], kernel.Model.Functions("init").Select(f => f.DeclaredAt.ToString()));
    }

    [Fact]
    public void A_clones_places_follow_the_abstract_parameters_order()
    {
        // gcc lists the children of a clone in another order, and leaves out what it removed.
        using BuiltKernel kernel = Kernel(cu => cu
            .Die(DwTag.Subprogram, "abstract", f => f.Strp(DwAttribute.Name, "clone").Type("int")
                .Die(DwTag.FormalParameter, "a", p => p.Strp(DwAttribute.Name, "a").Type("int"))
                .Die(DwTag.FormalParameter, "b", p => p.Strp(DwAttribute.Name, "b").Type("int"))
                .Die(DwTag.FormalParameter, "c", p => p.Strp(DwAttribute.Name, "c").Type("int")))
            .Die(DwTag.Subprogram, f => Code(f.Ref4(DwAttribute.AbstractOrigin, "abstract"), 0, 0x20)
                .Die(DwTag.FormalParameter, p => p.Ref4(DwAttribute.AbstractOrigin, "c").Expr(DwAttribute.Location, e => e.Reg(4)))
                .Die(DwTag.FormalParameter, p => p.Ref4(DwAttribute.AbstractOrigin, "a").Expr(DwAttribute.Location, e => e.Reg(5)))),
            ("clone.isra.0", 0, 0x20));
        Assert.Equal(["a", "b", "c"], kernel.Function("clone").Parameters.Select(p => p.Name));
        EntryInfo entry = kernel.Entry("clone");
        Assert.Equal([5, -1, 4], entry.Places.Select(p => p.Register));
        Assert.Equal(PlaceKind.OptimizedOut, entry.Places[1].Kind);
        Assert.Equal(("clone.isra.0", SuffixKind.Isra), (entry.Symbol!.Name, entry.Symbol.Suffix));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void A_function_with_a_cold_part_is_entered_at_its_first_range(ushort version)
    {
        using BuiltKernel kernel = BuiltKernel.Vmlinux(new DwarfBuilder().Unit(new UnitForm { Version = version }, cu => cu
            .Addr(DwAttribute.LowPc, 0)
            .Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "f").Ranges(r => r.OffsetPair(Text + 0x80, Text + 0xa0).OffsetPair(Text, Text + 8).End())))
            .AddTo(Elf(("f.cold", 0, 8), ("f", 0x80, 0x20))));
        EntryInfo entry = kernel.Entry("f");
        Assert.Equal((Text + 0x80, 0x20L, "f"), (entry.Address, entry.ByteSize, entry.Symbol?.Name));
    }

    [Fact]
    public void A_definition_completes_a_declaration_in_another_scope()
    {
        using BuiltKernel kernel = Kernel(cu => cu
            .Die(DwTag.Subprogram, "declaration", f => f.Flag(DwAttribute.External).Strp(DwAttribute.Name, "early").Type("int").Flag(DwAttribute.Declaration)
                .Die(DwTag.FormalParameter, p => p.Type("int")))
            .Die(DwTag.Subprogram, f => Code(f.Ref4(DwAttribute.Specification, "declaration"), 0, 8)
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "level").Type("int").Expr(DwAttribute.Location, e => e.Reg(5)))),
            ("early", 0, 8));
        FunctionInfo function = kernel.Function("early");
        Assert.Equal(("level", true, "int"), (Assert.Single(function.Parameters).Name, function.IsExternal, kernel.Model.Type(function.ReturnType).Name));
        EntryInfo entry = kernel.Entry("early");
        Assert.Equal("early", entry.Symbol?.Name);
        Assert.Equal(new ArgumentPlace(PlaceKind.Register, 5), Assert.Single(entry.Places));
    }

    [Fact]
    public void A_clone_of_a_definition_that_completes_a_declaration_is_found()
    {
        using BuiltKernel kernel = Kernel(cu => cu
            .Die(DwTag.Subprogram, "declaration", f => f.Flag(DwAttribute.External).Strp(DwAttribute.Name, "early").Type("int").Flag(DwAttribute.Declaration))
            .Die(DwTag.Subprogram, "abstract", f => f.Ref4(DwAttribute.Specification, "declaration").Data1(DwAttribute.Inline, 1)
                .Die(DwTag.FormalParameter, "level", p => p.Strp(DwAttribute.Name, "level").Type("int")))
            .Die(DwTag.Subprogram, f => Code(f.Ref4(DwAttribute.AbstractOrigin, "abstract"), 0, 8)
                .Die(DwTag.FormalParameter, p => p.Ref4(DwAttribute.AbstractOrigin, "level").Expr(DwAttribute.Location, e => e.Reg(4)))),
            ("early.constprop.0", 0, 8));
        EntryInfo entry = kernel.Entry("early");
        Assert.Equal(("early.constprop.0", "level"), (entry.Symbol?.Name, Assert.Single(kernel.Function("early").Parameters).Name));
        Assert.Equal(new ArgumentPlace(PlaceKind.Register, 4), Assert.Single(entry.Places));
    }

    [Fact]
    public void Declarations_alone_are_no_functions()
    {
        using BuiltKernel kernel = Kernel(cu => cu.Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "elsewhere").Flag(DwAttribute.Declaration)));
        Assert.Empty(kernel.Model.Functions("elsewhere"));
    }

    [Fact]
    public void Code_that_was_dropped_at_link_time_is_no_entry()
    {
        // The linker leaves address 0, where a per-CPU section of a vmlinux may lie.
        DwarfBuilder dwarf = new DwarfBuilder().Unit(cu => cu
            .Die(DwTag.Subprogram, "inlined", f => f.Strp(DwAttribute.Name, "inlined"))
            .Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "dropped").Addr(DwAttribute.LowPc, 0).Data4(DwAttribute.HighPc, 8)
                .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "inlined").Addr(DwAttribute.LowPc, 4).Data4(DwAttribute.HighPc, 2))));
        foreach (ElfBuilder elf in (ElfBuilder[])[Elf(), Elf().Data(".data..percpu", 0, new byte[64])])
        {
            using BuiltKernel kernel = BuiltKernel.Vmlinux(dwarf.AddTo(elf));
            Assert.Empty(kernel.Model.Entries(kernel.Function("dropped").Id));
            Assert.Empty(kernel.Model.InlineSites(kernel.Function("inlined").Id));
        }
    }

    [Fact]
    public void An_entry_inside_another_symbol_has_no_symbol_of_its_own()
    {
        // A wrong name would put the probe at the other function's start.
        using BuiltKernel kernel = Kernel(cu => cu.Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "nameless"), 0x20, 8)), ("around", 0, 0x40));
        Assert.Null(kernel.Entry("nameless").Symbol);
    }

    [Fact]
    public void An_entry_without_any_symbol_is_kept()
    {
        using BuiltKernel kernel = Kernel(cu => cu.Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "stripped"), 0x20, 8)));
        EntryInfo entry = kernel.Entry("stripped");
        Assert.Equal((Text + 0x20, (string?)null), (entry.Address, entry.Symbol?.Name));
    }

    [Fact]
    public void Of_several_symbols_at_an_entry_the_functions_own_name_counts()
    {
        using BuiltKernel kernel = Kernel(cu => cu.Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "__do_sys_read"), 0, 8)),
            ("__x64_sys_read", 0, 8), ("__do_sys_read.constprop.0", 0, 8), ("alias", 0, 8));
        Assert.Equal("__do_sys_read.constprop.0", kernel.Entry("__do_sys_read").Symbol?.Name);
        using BuiltKernel other = Kernel(cu => cu.Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "of another name"), 0, 8)), ("alias", 0, 8));
        Assert.Equal("alias", other.Entry("of another name").Symbol?.Name);
    }

    [Fact]
    public void An_inlined_copy_is_told_by_its_container_and_its_call()
    {
        using BuiltKernel kernel = Kernel(cu => cu
            .Strp(DwAttribute.Name, "fs/a.c").Lines(t => t.Directory("/b").File("fs/a.c").File("fs/a.c"))
            .Die(DwTag.Subprogram, "abstract", f => f.Strp(DwAttribute.Name, "helper").Data1(DwAttribute.Inline, 3))
            .Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "caller"), 0x10, 0x40)
                .Die(DwTag.LexicalBlock, b => b
                    .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "abstract").Addr(DwAttribute.EntryPc, Text + 0x24).Ranges(r => r.StartLength(Text + 0x20, 8).End())
                        .Data1(DwAttribute.CallFile, 1).Data1(DwAttribute.CallLine, 99)))
                .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "abstract").Addr(DwAttribute.LowPc, Text + 0x30).Data1(DwAttribute.HighPc, 2)
                    .Data1(DwAttribute.CallFile, 1).Data1(DwAttribute.CallLine, 120))),
            ("caller", 0x10, 0x40));
        Assert.Empty(kernel.Model.Entries(kernel.Function("helper").Id));
        Assert.Equal([("caller", 0x14L, "fs/a.c:99"), ("caller", 0x20L, "fs/a.c:120")],
            kernel.Model.InlineSites(kernel.Function("helper").Id).Select(s => (s.Container!.Name, s.Offset, s.CallSite.ToString()!)));
    }

    [Fact]
    public void Variables_are_found_with_their_declaration()
    {
        using BuiltKernel kernel = BuiltKernel.Vmlinux(new DwarfBuilder().Unit(cu => cu
            .Strp(DwAttribute.Name, "a.c").Lines(t => t.Directory("/b").File("a.c").File("a.h"))
            .Base("int")
            .Die(DwTag.Variable, "declaration", v => v.Strp(DwAttribute.Name, "jiffies").Type("int").Flag(DwAttribute.External).Flag(DwAttribute.Declaration).Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 80))
            .Die(DwTag.Variable, v => v.Ref4(DwAttribute.Specification, "declaration").Expr(DwAttribute.Location, e => e.Addr(Text + 0x1008)))
            .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, "thread_local").Type("int").Expr(DwAttribute.Location, e => e.Addr(Text + 0x1000).StackValue()))
            .Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "f"), 0, 8)
                .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, "local").Type("int").Expr(DwAttribute.Location, e => e.Fbreg(-8)))
                .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, "once").Type("int").Expr(DwAttribute.Location, e => e.Addr(Text + 0x1004)))))
            .AddTo(Elf().Data(".data", Text + 0x1000, new byte[16])));
        VariableInfo jiffies = Assert.Single(kernel.Model.Variables("jiffies"));
        Assert.Equal((Text + 0x1008, ".data", true, "a.h:80", "int"), (jiffies.Address, jiffies.Section, jiffies.IsExternal, jiffies.DeclaredAt.ToString(), kernel.Model.Type(jiffies.Type).Name));
        Assert.Single(kernel.Model.Variables("once"));
        Assert.Empty(kernel.Model.Variables("local"));
        Assert.Empty(kernel.Model.Variables("thread_local"));
    }

    [Fact]
    public void Addresses_in_a_module_count_from_their_section()
    {
        ElfBuilder elf = new ElfBuilder { Type = ElfType.Relocatable }
            .Section(".text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable, alignment: 16)
            .Section(".init.text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable, alignment: 16)
            .Section(".data", new byte[0x10], flags: SectionFlags.Alloc | SectionFlags.Write)
            .Symbol(".text", ".text", 0, 0, SymbolType.Section).Symbol("f", ".text", 0, 0x20).Symbol("init_module", ".init.text", 0x10, 0x20).Symbol("counter", ".data", 8, 4, SymbolType.Object);
        using BuiltKernel kernel = BuiltKernel.Of(("btrfs", new DwarfBuilder().Unit(cu => cu
            .Base("int")
            .Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "f").AddrOf(DwAttribute.LowPc, ".text").Data1(DwAttribute.HighPc, 0x20))
            .Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "init_module").AddrOf(DwAttribute.LowPc, "init_module").Data1(DwAttribute.HighPc, 0x20)))
            .AddTo(elf)));
        Assert.Equal((0ul, ".text", "f"), (kernel.Entry("f").Address, kernel.Entry("f").Section, kernel.Entry("f").Symbol?.Name));
        Assert.Equal((0x10ul, ".init.text", "btrfs"), (kernel.Entry("init_module").Address, kernel.Entry("init_module").Section, kernel.Entry("init_module").Module));
        Assert.Equal((8ul, ".data"), (Assert.Single(kernel.Model.Symbols("counter")).Address, Assert.Single(kernel.Model.Symbols("counter")).Section));
    }

    [Theory]
    [InlineData(ElfMachine.AArch64, 8, true)]
    [InlineData(ElfMachine.AArch64, 12, false)]
    [InlineData(ElfMachine.X86_64, 8, false)]
    public void Where_NOPs_to_patch_begin_a_function_its_symbol_says_where_a_probe_stands(ElfMachine machine, int nops, bool isFound)
    {
        DwarfBuilder dwarf = new DwarfBuilder().Unit(cu => cu.Base("int")
            .Die(DwTag.Subprogram, f => Code(f.Strp(DwAttribute.Name, "f"), 0x10 + (ulong)nops, 0x20)
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "a").Type("int").Expr(DwAttribute.Location, e => e.Reg(machine == ElfMachine.AArch64 ? 0 : 5)))));
        using BuiltKernel kernel = BuiltKernel.Vmlinux(dwarf.AddTo(new ElfBuilder { Machine = machine }.Text(".text", Text, new byte[0x100]).Symbol("f", ".text", Text + 0x10, 0x30)));
        EntryInfo entry = kernel.Entry("f");
        Assert.Equal((isFound ? "f" : null, Text + 0x10 + (isFound ? 0ul : (ulong)nops), PlaceKind.Register), (entry.Symbol?.Name, entry.Address, Assert.Single(entry.Places).Kind));
    }

    private static DieBuilder Code(DieBuilder function, ulong offset, ulong size) => function.Addr(DwAttribute.LowPc, Text + offset).Data8(DwAttribute.HighPc, size);

    private static ElfBuilder Elf(params (string Name, ulong Offset, ulong Size)[] functions)
    {
        ElfBuilder elf = new ElfBuilder().Text(".text", Text, new byte[0x100]);
        foreach ((string name, ulong offset, ulong size) in functions) { elf.Symbol(name, ".text", Text + offset, size); }
        return elf;
    }

    private static BuiltKernel Kernel(Func<DieBuilder, DieBuilder> unit, params (string Name, ulong Offset, ulong Size)[] functions)
        => BuiltKernel.Vmlinux(new DwarfBuilder().Unit(cu => unit(cu).Base("int")).AddTo(Elf(functions)));
}
