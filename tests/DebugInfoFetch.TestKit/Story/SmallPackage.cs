using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.TestKit.Story;

/// <summary>A debug package of a few hundred kilobytes, for tests of how it gets here: vmlinux has <c>struct page { int flags; }</c>, modules have text that does not compress.</summary>
public static class SmallPackage
{
    /// <summary>What answers from it.</summary>
    public const string Question = "page.flags";

    /// <param name="release">As <c>uname -r</c> prints it, with the architecture.</param>
    /// <param name="change">What is wrong with it.</param>
    public static byte[] Rpm(string release, Func<RpmBuilder>? change = null)
    {
        RpmBuilder rpm = change?.Invoke() ?? new RpmBuilder();
        string folder = $"/usr/lib/debug/lib/modules/{release}";
        foreach (string module in (string[])["aaa", "btrfs", "ext4", "xfs", "zzz"]) { rpm.File($"{folder}/kernel/fs/{module}.ko.debug", Module(module)); }
        rpm.File($"{folder}/vmlinux", Vmlinux());
        return rpm.Build();
    }

    public static byte[] Vmlinux() => Declarations("page").AddTo(new ElfBuilder().Text(".text", 0xffffffff81000000, new byte[16]).BuildId(1, 2, 3, 4)).Build();

    private static byte[] Module(string name)
    {
        byte[] code = new byte[60_000];
        new Random(name[0]).NextBytes(code);
        return Declarations(name + "_x").AddTo(new ElfBuilder { Type = ElfType.Relocatable }.Text(".text", 0, code)).Build();
    }

    private static DwarfBuilder Declarations(string name) => new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, name + ".c")
        .Die(DwTag.BaseType, "int", t => t.Data1(DwAttribute.ByteSize, 4).Data1(DwAttribute.Encoding, 5).Strp(DwAttribute.Name, "int"))
        .Die(DwTag.StructureType, name, t => t.Strp(DwAttribute.Name, name).Data1(DwAttribute.ByteSize, 4)
            .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "flags").Type("int").Data1(DwAttribute.DataMemberLocation, 0))));
}
