using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Btf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.TestKit.Image;

/// <summary>
/// A small kernel without debug information: vmlinux's BTF and kallsyms in a boot image, and modules with split BTF. It has a few plain functions, a
/// function that is only there as a clone, and one name for two functions.
/// </summary>
public sealed class QuickKernel
{
    public const ulong Text = 0xffffffff81000000, ReadOnlyData = 0xffffffff82000000, Types = 0xffffffff83000000;
    private readonly List<(string Name, ulong Address, char Kind)> _symbols = [];

    public BtfBuilder Btf { get; } = new();
    public int Int { get; }
    public int Long { get; }
    public int Page { get; }
    public int PagePointer { get; }

    public QuickKernel()
    {
        Int = Btf.Int("int", 4, encoding: 1);
        Long = Btf.Int("long unsigned int", 8);
        // struct page { long flags; struct page *next; int order:3; }, which points at itself.
        Page = 4;
        PagePointer = Btf.Pointer(Page);
        Btf.Struct("page", 24, new MemberOf("flags", Long, 0), new MemberOf("next", PagePointer, 64), new MemberOf("order", Int, 128, 3));
    }

    /// <summary>A symbol of code, 256 bytes behind the one before.</summary>
    public QuickKernel Code(string name, char kind = 'T')
    {
        _symbols.Add((name, Text + 0x10000 + (256 * (ulong)_symbols.Count), kind));
        return this;
    }

    /// <summary>A function that BTF lists, with its symbol.</summary>
    public QuickKernel Function(string name, params (string Name, int Type)[] parameters)
    {
        Btf.Function(name, Int, parameters);
        return Code(name);
    }

    /// <summary>vmlinux as a boot image holds it: sections, but no symbol table.</summary>
    public byte[] StrippedVmlinux(bool withKallsyms = true, int typesShift = 0)
    {
        byte[] types = Btf.Build();
        KallsymsBuilder kallsyms = new KallsymsBuilder().Symbol(Text, 'T', "_text").Symbol(Text, 'T', "_stext").Fill(Text + 0x100, 300)
            .Symbol(Types + (ulong)typesShift, 'R', "__start_BTF").Symbol(Types + (ulong)(types.Length + typesShift), 'R', "__stop_BTF");
        foreach ((string name, ulong address, char kind) in _symbols) { kallsyms.Symbol(address, kind, name); }
        return new ElfBuilder().Text(".text", Text, new byte[0x40000])
            .Data(".rodata", ReadOnlyData, withKallsyms ? kallsyms.Build(Text) : new byte[64])
            .Section(".BTF", types, flags: SectionFlags.Alloc, address: Types)
            .BuildId(0xab, 0xcd).Build();
    }

    public byte[] BootImage()
    {
        byte[] vmlinux = StrippedVmlinux();
        return BootImageBuilder.BzImage(Compressors.Zstd(vmlinux), vmlinux.Length);
    }

    /// <summary>A module with one struct and one function, which takes a pointer to the struct and one to vmlinux's page.</summary>
    public byte[] Module(string structName, string functionName)
    {
        var btf = new BtfBuilder(basis: Btf);
        int mine = btf.Struct(structName, 16, new MemberOf("count", Int, 0), new MemberOf("page", PagePointer, 64));
        int pointer = btf.Pointer(mine);
        btf.Function(functionName, Int, ("m", pointer), ("page", PagePointer));
        return new ElfBuilder { Type = ElfType.Relocatable }
            .Section(".text", new byte[64], flags: SectionFlags.Alloc | SectionFlags.Executable, alignment: 16)
            .Section(".BTF", btf.Build())
            .NoBits("__mcount_loc", 8, SectionFlags.Alloc)
            .Symbol(functionName, ".text", 16, 16).Relocation("__mcount_loc", 0, 1, functionName).Build();
    }
}
