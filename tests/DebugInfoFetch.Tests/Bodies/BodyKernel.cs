using DebugInfoFetch.Bodies;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;

namespace DebugInfoFetch.Tests.Bodies;

/// <summary>
/// A vmlinux of one unit, indexed, with its file beside the cache. <c>f(struct s *p)</c> is declared at a.c:10, has a variable <c>v</c> and an inlined copy of
/// <c>g(struct s *q)</c> (a.c:3), which is called from line 12; <c>clone.isra.0</c> lost its parameter, and f calls it. <c>h()</c> of the included inc.h:7 has code of its own,
/// and is inlined where the clone calls it (a.c:31). <c>quiet()</c> (a.c:40) is notrace, and calls the clone as well.
/// </summary>
internal sealed class BodyKernel : IDisposable
{
    public const ulong Text = 0xffffffff81000000, F = Text + 0x10, Clone = Text + 0x40, H = Text + 0x50, Quiet = Text + 0x58, Tables = 0xffffffff82000000;
    private const ulong BugAt = F + 20, JumpAt = F + 22;

    private readonly ScratchFolder _folder = new();
    private readonly ModuleFiles _files;

    public BodyKernel(bool hasCode = true)
    {
        byte[] elf = Elf(hasCode);
        File.WriteAllBytes(_folder["vmlinux"], elf);
        using (var writer = new CacheWriter(_folder["kernel.sqlite"]))
        {
            var indexer = new ModuleIndexer(writer, 1);
            indexer.Index("vmlinux", "vmlinux", ElfFile.Parse("vmlinux", elf), CancellationToken.None);
            indexer.Finish();
            writer.Commit(new KernelInfo { Release = "6.12.0-test", Architecture = "x86_64", Distribution = "local" });
        }

        Model = KernelCache.Open(_folder["kernel.sqlite"]);
        _files = new ModuleFiles(Model, [_folder["vmlinux"]], new DebuginfodCache(_folder["client"]), []);
        Bodies = new KernelBodies(Model, _files);
    }

    public KernelCache Model { get; }
    public IBodies Bodies { get; }

    public void Dispose()
    {
        _files.Dispose();
        Model.Dispose();
        _folder.Dispose();
    }

    /// <summary>call __fentry__; push %rbp; mov %rdi,%rbp; mov 4(%rdi),%eax; add $1,%eax; test %eax,%eax; pop %rbp; ud2; jmp +3; call clone; ret</summary>
    private static readonly byte[] CodeOfF =
    [
        0xe8, 0, 0, 0, 0, 0x55, 0x48, 0x89, 0xfd, 0x8b, 0x47, 0x04, 0x83, 0xc0, 0x01, 0x85, 0xc0, 0x8b, 0x45, 0x00, 0x0f, 0x0b, 0xeb, 0x00, 0xe8, 0x13, 0, 0, 0, 0x5d, 0xc3,
    ];

    public static byte[] Elf(bool hasCode)
    {
        byte[] text = new byte[0x60];
        Array.Fill(text, (byte)0x90);
        CodeOfF.CopyTo(text, 0x10);
        // Behind f's last instruction, as -mharden-sls sets it.
        text[0x10 + CodeOfF.Length] = 0xcc;
        ReadOnlySpan<byte> clone = [0xe8, 0, 0, 0, 0, 0xc3];
        clone.CopyTo(text.AsSpan(0x40));
        clone.CopyTo(text.AsSpan(0x50));
        // nop; call clone; ret
        ((ReadOnlySpan<byte>)[0x90, 0xe8, 0xe2, 0xff, 0xff, 0xff, 0xc3]).CopyTo(text.AsSpan(0x58));
        // __mcount_loc: f, clone, h; __bug_table: one entry of 12 bytes; __jump_table: one of 16.
        byte[] tables = new ByteBuilder().U64(F).U64(Clone).U64(H)
            .U32(unchecked((uint)(BugAt - (Tables + 24)))).U32(0).U16(9).U16(0)
            .U32(unchecked((uint)(JumpAt - (Tables + 36)))).U32(0).U64(0).ToArray();
        var elf = new ElfBuilder();
        elf.BuildId(1, 2, 3, 4);
        if (hasCode) { elf.Text(".text", Text, text); } else { elf.NoBits(".text", (ulong)text.Length, SectionFlags.Alloc | SectionFlags.Executable, Text); }
        elf.Data(".data", Tables, tables);
        elf.Symbol("_text", ".text", Text, type: SymbolType.None).Symbol("f", ".text", F, (ulong)CodeOfF.Length).Symbol("clone.isra.0", ".text", Clone, 6, binding: SymbolBinding.Local)
            .Symbol("h", ".text", H, 6, binding: SymbolBinding.Local).Symbol("quiet", ".text", Quiet, 7);
        Label("__start_mcount_loc", 0); Label("__stop_mcount_loc", 24);
        Label("__start___bug_table", 24); Label("__stop___bug_table", 36);
        Label("__start___jump_table", 36); Label("__stop___jump_table", 52);
        return Dwarf().AddTo(elf).Build();

        void Label(string name, ulong offset) => elf.Symbol(name, ".data", Tables + offset, type: SymbolType.None);
    }

    private static DwarfBuilder Dwarf() => new DwarfBuilder().Unit(cu => cu
            .Strp(DwAttribute.Name, "a.c").Addr(DwAttribute.LowPc, Text).Data4(DwAttribute.HighPc, 0x60)
            .Lines(t => t.Directory("").Directory("include").File("a.c").File("a.c").File("inc.h", 1).Sequence(Text + 0x10, Text + 0x60,
                (F, 10), (F + 5, 11), (F + 9, 4), (F + 12, 13), (F + 17, 14), (F + 20, 15), (F + 22, 16), (F + 24, 17), (F + 29, 18), (Clone, 30), (Clone + 5, 31))
                // DW_LNS_set_file
                .Program(b => b.U8(4).Uleb(2)).Sequence(H, H + 6, (H, 7), (H + 5, 8)).Program(b => b.U8(4).Uleb(2)).Sequence(Clone + 5, Clone + 6, (Clone + 5, 8)))
            .Base("int")
            .Struct("s", 8, s => s.Member("n", "int", 4))
            .Pointer("ptr", "s").Pointer("intptr", "int")
            .Die(DwTag.Subprogram, "g", g => g.Strp(DwAttribute.Name, "g").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 3).Data1(DwAttribute.Inline, 3)
                .Die(DwTag.FormalParameter, "q", q => q.Strp(DwAttribute.Name, "q").Type("ptr"))
                .Die(DwTag.FormalParameter, "lost", q => q.Strp(DwAttribute.Name, "lost").Type("int")))
            .Die(DwTag.Subprogram, "clone", c => c.Strp(DwAttribute.Name, "clone").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 30).Data1(DwAttribute.Inline, 1)
                .Die(DwTag.FormalParameter, "gone", q => q.Strp(DwAttribute.Name, "gone").Type("ptr")))
            .Die(DwTag.Subprogram, "h", h => h.Strp(DwAttribute.Name, "h").Data1(DwAttribute.DeclFile, 2).Data1(DwAttribute.DeclLine, 7).Data1(DwAttribute.Inline, 3))
            .Die(DwTag.Subprogram, h => h.Ref4(DwAttribute.AbstractOrigin, "h").Addr(DwAttribute.LowPc, H).Data4(DwAttribute.HighPc, 6))
            .Die(DwTag.Subprogram, f => f.Strp(DwAttribute.Name, "f").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 10).Flag(DwAttribute.External)
                .Addr(DwAttribute.LowPc, F).Data4(DwAttribute.HighPc, (ulong)CodeOfF.Length).Expr(DwAttribute.FrameBase, e => e.CallFrameCfa())
                .Die(DwTag.FormalParameter, p => p.Strp(DwAttribute.Name, "p").Type("ptr").Locations(l => l
                    .StartEnd(F, F + 12, e => e.Reg(5)).StartEnd(F + 12, F + 29, e => e.Reg(6)).StartEnd(F + 29, F + 31, e => e.EntryValue(i => i.Reg(5)).StackValue()).End()))
                .Die(DwTag.Variable, "v", v => v.Strp(DwAttribute.Name, "v").Type("int").Locations(l => l.StartEnd(F + 12, F + 29, e => e.Reg(0)).End()))
                .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, "pv").Type("intptr").ImplicitPointer(DwAttribute.Location, "v"))
                .Die(DwTag.Variable, v => v.Strp(DwAttribute.Name, "onstack").Type("int").Expr(DwAttribute.Location, e => e.Fbreg(-20)))
                .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "g").Addr(DwAttribute.LowPc, F + 9).Data4(DwAttribute.HighPc, 3)
                    .Data1(DwAttribute.CallFile, 1).Data1(DwAttribute.CallLine, 12)
                    .Die(DwTag.FormalParameter, q => q.Ref4(DwAttribute.AbstractOrigin, "q").Locations(l => l.StartEnd(F + 9, F + 12, e => e.Reg(5)).End())))
                .Die(DwTag.CallSite, c => c.Addr(DwAttribute.CallReturnPc, F + 29).Ref4(DwAttribute.CallOrigin, "clone")
                    .Die(DwTag.CallSiteParameter, a => a.Ref4(DwAttribute.CallParameter, "gone").Expr(DwAttribute.CallValue, e => e.Breg(6, 0)))))
            .Die(DwTag.Subprogram, q => q.Strp(DwAttribute.Name, "quiet").Data1(DwAttribute.DeclFile, 1).Data1(DwAttribute.DeclLine, 40).Flag(DwAttribute.External)
                .Addr(DwAttribute.LowPc, Quiet).Data4(DwAttribute.HighPc, 7)
                .Die(DwTag.CallSite, c => c.Addr(DwAttribute.CallReturnPc, Quiet + 6).Ref4(DwAttribute.CallOrigin, "clone")))
            .Die(DwTag.Subprogram, c => c.Ref4(DwAttribute.AbstractOrigin, "clone").Addr(DwAttribute.LowPc, Clone).Data4(DwAttribute.HighPc, 6)
                .Die(DwTag.FormalParameter, q => q.Ref4(DwAttribute.AbstractOrigin, "gone").Expr(DwAttribute.Location, e => e.ParameterRef(0x40).StackValue()))
                .Die(DwTag.InlinedSubroutine, i => i.Ref4(DwAttribute.AbstractOrigin, "h").Addr(DwAttribute.LowPc, Clone + 5).Data4(DwAttribute.HighPc, 1)
                    .Data1(DwAttribute.CallFile, 1).Data1(DwAttribute.CallLine, 31))))
        .Replace(".debug_frame", new ByteBuilder()
            .U32(16).U32(0xffff_ffff).U8(3).U8(0).Uleb(1).Sleb(-8).Uleb(16).U8(0x0c).Uleb(7).Uleb(8).Bytes(new byte[4])
            .U32(24).U32(0).U64(F).U64((ulong)CodeOfF.Length).U8(0x46).U8(0x0e).Uleb(16).U8(0).ToArray());
}
