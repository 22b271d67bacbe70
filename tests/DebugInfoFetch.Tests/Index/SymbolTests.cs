using System.Text;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Tests.Index;

public sealed class SymbolTests
{
    private const ulong Text = 0xffffffff81000000, Data = 0xffffffff82000000;

    [Theory]
    [InlineData("vfs_read", "vfs_read", SuffixKind.None)]
    [InlineData("f.isra.0", "f", SuffixKind.Isra)]
    [InlineData("f.constprop.0", "f", SuffixKind.Constprop)]
    [InlineData("f.constprop.0.isra.0", "f", SuffixKind.Isra)]
    [InlineData("f.part.0", "f", SuffixKind.Part)]
    [InlineData("f.part.0.cold", "f", SuffixKind.Cold)]
    [InlineData("f.isra.0.cold", "f", SuffixKind.Cold)]
    [InlineData("f.llvm.123456789", "f", SuffixKind.Llvm)]
    [InlineData("__key.7", "__key", SuffixKind.Other)]
    [InlineData(".hidden", ".hidden", SuffixKind.None)]
    [InlineData("x", "x", SuffixKind.None)]
    [InlineData("", "", SuffixKind.None)]
    public void A_compilers_suffix_is_split_from_the_name(string name, string baseName, SuffixKind kind)
        => Assert.Equal((baseName, kind), (Encoding.UTF8.GetString(SymbolSuffix.Split(Encoding.UTF8.GetBytes(name), out SuffixKind found)), found));

    [Fact]
    public void Symbols_are_found_by_name_and_by_base_name()
    {
        using BuiltKernel kernel = Kernel(Elf().Symbol("f", ".text", Text, 8).Symbol("f.cold", ".text", Text + 8, 8, binding: SymbolBinding.Local));
        Assert.Equal((SymbolFlags.Text | SymbolFlags.Function | SymbolFlags.FtraceUnknown, 8L), (Single(kernel, "f").Flags, Single(kernel, "f").ByteSize));
        Assert.Equal(("f", SuffixKind.Cold, true), (Single(kernel, "f.cold").BaseName, Single(kernel, "f.cold").Suffix, Single(kernel, "f.cold").Flags.HasFlag(SymbolFlags.Local)));
        Assert.Equal(["f", "f.cold"], kernel.Model.SymbolsByBaseName("f").Select(s => s.Name));
    }

    [Fact]
    public void What_kallsyms_leaves_out_is_left_out()
    {
        using BuiltKernel kernel = Kernel(Elf().Section(".comment", new byte[8])
            .Symbol("kept", ".text", Text).Symbol(".Llocal", ".text", Text).Symbol("$x", ".text", Text).Symbol("undefined", null, 0).Symbol("a.c", ".text", 0, type: SymbolType.File)
            .Symbol(".text", ".text", Text, type: SymbolType.Section).Symbol("unloaded", ".comment", 0));
        Assert.Equal(["kept"], kernel.Model.SymbolsMatching("*").Select(s => s.Name));
    }

    [Fact]
    public void An_ftrace_site_inside_a_function_is_told()
    {
        using BuiltKernel kernel = Kernel(Elf()
            .Section(".init.data", new ByteBuilder().U64(0).U64(Text + 4).U64(Text + 0x40).ToArray(), flags: SectionFlags.Alloc, address: Data)
            .Symbol("__start_mcount_loc", ".init.data", Data, type: SymbolType.None).Symbol("__stop_mcount_loc", ".init.data", Data + 24, type: SymbolType.None)
            .Symbol("traced", ".text", Text, 0x10).Symbol("notrace", ".text", Text + 0x10, 0x30).Symbol("at_start", ".text", Text + 0x40, 0x10));
        Assert.Equal([true, false, true], new[] { "traced", "notrace", "at_start" }.Select(n => Single(kernel, n).Flags.HasFlag(SymbolFlags.HasFtraceSite)));
        Assert.False(Single(kernel, "notrace").Flags.HasFlag(SymbolFlags.FtraceUnknown));
    }

    [Fact]
    public void An_arm64_site_lies_before_the_function()
    {
        using BuiltKernel kernel = BuiltKernel.Vmlinux(Dwarf().AddTo(new ElfBuilder { Machine = ElfMachine.AArch64 }.Text(".text", Text, new byte[0x80])
            .Data(".init.data", Data, new ByteBuilder().U64(Text + 0x38).ToArray())
            .Symbol("__start_mcount_loc", ".init.data", Data, type: SymbolType.None).Symbol("__stop_mcount_loc", ".init.data", Data + 8, type: SymbolType.None)
            .Symbol("traced", ".text", Text + 0x40, 0x10).Symbol("notrace", ".text", Text + 0x10, 0x10)));
        Assert.True(Single(kernel, "traced").Flags.HasFlag(SymbolFlags.HasFtraceSite));
        Assert.False(Single(kernel, "notrace").Flags.HasFlag(SymbolFlags.HasFtraceSite));
    }

    [Fact]
    public void The_blacklist_and_the_ranges_of_the_linker_script_are_told()
    {
        using BuiltKernel kernel = Kernel(Elf()
            .Data(".init.data", Data, new ByteBuilder().U64(Text + 8).ToArray())
            .Symbol("__start_kprobe_blacklist", ".init.data", Data, type: SymbolType.None).Symbol("__stop_kprobe_blacklist", ".init.data", Data + 8, type: SymbolType.None)
            .Symbol("__noinstr_text_start", ".text", Text + 0x10, type: SymbolType.None).Symbol("__noinstr_text_end", ".text", Text + 0x20, type: SymbolType.None)
            .Symbol("_sinittext", ".text", Text + 0x40, type: SymbolType.None).Symbol("_einittext", ".text", Text + 0x50, type: SymbolType.None)
            .Symbol("plain", ".text", Text, 8).Symbol("listed", ".text", Text + 8, 8).Symbol("noinstr", ".text", Text + 0x18, 8).Symbol("behind", ".text", Text + 0x20, 8).Symbol("init", ".text", Text + 0x40, 8));
        const SymbolFlags asked = SymbolFlags.Blacklisted | SymbolFlags.NoInstrument | SymbolFlags.Init;
        Assert.Equal([SymbolFlags.None, SymbolFlags.Blacklisted, SymbolFlags.NoInstrument, SymbolFlags.None, SymbolFlags.Init],
            new[] { "plain", "listed", "noinstr", "behind", "init" }.Select(n => Single(kernel, n).Flags & asked));
    }

    [Fact]
    public void A_module_has_its_tables_in_relocations_and_its_ranges_in_sections()
    {
        ElfBuilder elf = new ElfBuilder { Type = ElfType.Relocatable }
            .Section(".text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable)
            .Section(".init.text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable)
            .Section(".noinstr.text", new byte[0x40], flags: SectionFlags.Alloc | SectionFlags.Executable)
            .NoBits("__mcount_loc", 8, SectionFlags.Alloc).NoBits("_kprobe_blacklist", 8, SectionFlags.Alloc)
            .Symbol("traced", ".text", 0, 0x10).Symbol("listed", ".text", 0x10, 0x10).Symbol("start", ".init.text", 0, 0x10).Symbol("entry", ".noinstr.text", 0, 0x10)
            .Relocation("__mcount_loc", 0, 1, "traced", 4).Relocation("_kprobe_blacklist", 0, 1, "listed");
        using BuiltKernel kernel = BuiltKernel.Of(("kvm", Dwarf().AddTo(elf)));
        const SymbolFlags asked = SymbolFlags.HasFtraceSite | SymbolFlags.Blacklisted | SymbolFlags.NoInstrument | SymbolFlags.Init | SymbolFlags.FtraceUnknown;
        Assert.Equal([SymbolFlags.HasFtraceSite, SymbolFlags.Blacklisted, SymbolFlags.Init, SymbolFlags.NoInstrument],
            new[] { "traced", "listed", "start", "entry" }.Select(n => Single(kernel, n).Flags & asked));
    }

    [Fact]
    public void Preambles_ENDBR_and_per_CPU_data_are_told()
    {
        byte[] code = new byte[0x80];
        new byte[] { 0xf3, 0x0f, 0x1e, 0xfa }.CopyTo(code, 0x10);
        using BuiltKernel kernel = Kernel(new ElfBuilder().Text(".text", Text, code).Data(".data..percpu", 0, new byte[0x40])
            .Symbol("__pfx_f", ".text", Text, 0x10).Symbol("f", ".text", Text + 0x10, 8).Symbol("__cfi_g", ".text", Text + 0x18, 8).Symbol("last", ".text", Text + 0x7e, 2)
            .Symbol("counter", ".data..percpu", 8, 8, SymbolType.Object));
        Assert.True(Single(kernel, "__pfx_f").Flags.HasFlag(SymbolFlags.Preamble));
        Assert.True(Single(kernel, "__cfi_g").Flags.HasFlag(SymbolFlags.Preamble));
        Assert.True(Single(kernel, "f").Flags.HasFlag(SymbolFlags.StartsWithEndbr));
        Assert.False(Single(kernel, "last").Flags.HasFlag(SymbolFlags.StartsWithEndbr));
        Assert.Equal(SymbolFlags.PerCpu | SymbolFlags.Object, Single(kernel, "counter").Flags);
    }

    [Fact]
    public void A_symbol_that_lies_outside_its_section_is_kept_as_it_is()
    {
        using BuiltKernel kernel = Kernel(Elf().Symbol("before", ".text", Text - 2, 8).Symbol("far", ".text", ulong.MaxValue, ulong.MaxValue));
        Assert.Equal(Text - 2, Single(kernel, "before").Address);
        Assert.Equal(ulong.MaxValue, Single(kernel, "far").Address);
    }

    [Fact]
    public void Symbols_of_a_section_come_by_address()
    {
        using BuiltKernel kernel = Kernel(Elf().Symbol("b", ".text", Text + 8).Symbol("a", ".text", Text + 16).Symbol("c", ".text", Text));
        Assert.Equal(["c", "b", "a"], kernel.Model.SymbolsInSection("vmlinux", ".text").Select(s => s.Name));
        Assert.Empty(kernel.Model.SymbolsInSection("vmlinux", ".data"));
    }

    private static DwarfBuilder Dwarf() => new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, "a.c"));
    private static ElfBuilder Elf() => new ElfBuilder().Text(".text", Text, new byte[0x80]);
    private static BuiltKernel Kernel(ElfBuilder elf) => BuiltKernel.Vmlinux(Dwarf().AddTo(elf));
    private static SymbolInfo Single(BuiltKernel kernel, string name) => Assert.Single(kernel.Model.Symbols(name));
}
