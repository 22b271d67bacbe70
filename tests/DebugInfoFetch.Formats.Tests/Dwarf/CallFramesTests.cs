using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.Formats.Tests.Dwarf;

public sealed class CallFramesTests
{
    private const ulong Start = 0x1000;

    [Fact]
    public void The_CFA_moves_with_pushes_and_with_a_frame_pointer()
    {
        // push %rbp; mov %rsp,%rbp; ... as gcc writes it: def_cfa_offset 16 at +1, def_cfa_register rbp at +4, def_cfa rsp 8 at +0x20.
        CallFrames frames = Debug(b => b.U8(0x41).U8(0x0e).Uleb(16).U8(0x86).Uleb(2).U8(0x43).U8(0x0d).Uleb(6).U8(0x02).U8(0x1c).U8(0x0c).Uleb(7).Uleb(8));
        Assert.Equal(new CfaRule(7, 8), frames.CfaAt(Start));
        Assert.Equal(new CfaRule(7, 16), frames.CfaAt(Start + 1));
        Assert.Equal(new CfaRule(6, 16), frames.CfaAt(Start + 4));
        Assert.Equal(new CfaRule(6, 16), frames.CfaAt(Start + 0x1f));
        Assert.Equal(new CfaRule(7, 8), frames.CfaAt(Start + 0x20));
        Assert.Null(frames.CfaAt(Start - 1));
        Assert.Null(frames.CfaAt(Start + 0x40));
    }

    [Fact]
    public void A_remembered_state_comes_back()
    {
        CallFrames frames = Debug(b => b.U8(0x0e).Uleb(32).U8(0x0a).U8(0x44).U8(0x0e).Uleb(8).U8(0x44).U8(0x0b));
        Assert.Equal([new CfaRule(7, 32), new CfaRule(7, 8), new CfaRule(7, 32)], new ulong[] { 0, 4, 8 }.Select(at => frames.CfaAt(Start + at)!.Value));
    }

    [Fact]
    public void An_expression_for_the_CFA_is_told_as_such()
        => Assert.Equal(-1, Debug(b => b.U8(0x0f).Uleb(2).U8(0x77).U8(8)).CfaAt(Start)!.Value.Register);

    [Fact]
    public void Damage_is_reported_where_it_lies()
    {
        DwarfFile.AssertFault(": unknown call frame instruction 0x3f", () => Debug(b => b.U8(0x3f)).CfaAt(Start));
        DwarfFile.AssertFault(": restores a state that was not remembered", () => Debug(b => b.U8(0x0b)).CfaAt(Start));
        DwarfFile.AssertFault("f: .debug_frame+0x0: entry of 4096 bytes does not fit the section", () => Load(".debug_frame", new ByteBuilder().U32(4096).ToArray()).CfaAt(Start));
    }

    [Fact]
    public void Eh_frame_counts_its_pointers_from_their_own_places()
    {
        const ulong section = 0x8000;
        var b = new ByteBuilder();
        // CIE: version 1, "zR", pcrel sdata4; def_cfa rsp 8.
        b.U32(20).U32(0).U8(1).Text("zR").Uleb(1).Sleb(-8).U8(16).Uleb(1).U8(0x1b).U8(0x0c).Uleb(7).Uleb(8).Bytes(new byte[4]);
        Assert.Equal(24, b.Length);
        b.U32(20).U32(28).U32(unchecked((uint)(Start - section - 32))).U32(0x40).Uleb(0).U8(0x44).U8(0x0e).Uleb(24).Bytes(new byte[4]).U32(0);
        CallFrames frames = Load(".eh_frame", b.ToArray(), section);
        Assert.Equal(new CfaRule(7, 8), frames.CfaAt(Start + 3));
        Assert.Equal(new CfaRule(7, 24), frames.CfaAt(Start + 4));
    }

    /// <summary>One CIE as x86-64 kernels have it (CFA = rsp + 8) and one FDE of 0x40 bytes.</summary>
    private static CallFrames Debug(Action<ByteBuilder> program)
    {
        var instructions = new ByteBuilder();
        program(instructions);
        var b = new ByteBuilder();
        b.U32(16).U32(0xffff_ffff).U8(3).U8(0).Uleb(1).Sleb(-8).Uleb(16).U8(0x0c).Uleb(7).Uleb(8).Bytes(new byte[4]);
        b.U32((ulong)(20 + instructions.Length)).U32(0).U64(Start).U64(0x40).Bytes(instructions.ToArray());
        return Load(".debug_frame", b.ToArray());
    }

    private static CallFrames Load(string name, byte[] content, ulong address = 0)
    {
        var elf = new ElfBuilder();
        new DwarfBuilder().Unit(cu => cu).AddTo(elf);
        elf.Section(name, content, flags: address == 0 ? SectionFlags.None : SectionFlags.Alloc, address: address);
        return new CallFrames(DwarfFile.Load(elf));
    }
}
