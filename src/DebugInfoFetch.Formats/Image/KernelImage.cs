using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Formats.Image;

/// <summary>The kernel of a boot image with its symbols: as much of vmlinux as can be had without its debug information.</summary>
/// <param name="File">vmlinux without a symbol table; of an arm64 Image, the sections that its symbols tell.</param>
/// <param name="Wrapping">What it was unwrapped from, for people.</param>
/// <param name="SymbolOrigin"><c>System.map</c> or <c>kallsyms</c>.</param>
public sealed record KernelImage(ElfFile File, ElfSymbol[] Symbols, ReadOnlyMemory<byte> Names, ReadOnlyMemory<byte> Btf, string Wrapping, string SymbolOrigin)
{
    /// <param name="map">The package's System.map; null when it has none.</param>
    /// <exception cref="InputFaultException">Damaged, without BTF, or with symbols that do not fit it.</exception>
    public static KernelImage Open(string name, Memory<byte> data, KernelSymbolList? map)
    {
        BootImage image = BootImage.Open(name, data);
        ElfFile? elf = image.IsElf ? ElfFile.Parse(name, image.Content) : null;
        KernelSymbolList symbols = map ?? ReadKallsyms(elf, image.Content)
            ?? throw new InputFaultException($"{name}: no symbol table (kallsyms) is found in the kernel, and no System.map is beside it: needs debuginfo");
        ElfFile file = elf ?? Arm64Image.Sections(name, image.Content, symbols);
        ReadOnlyMemory<byte> btf = BtfOf(name, file, symbols);
        return new KernelImage(file, ImageSymbols.Of(file, symbols), symbols.Names, btf, image.Wrapping, map is null ? "kallsyms" : "System.map");
    }

    private static KernelSymbolList? ReadKallsyms(ElfFile? elf, Memory<byte> content)
    {
        if (elf is null) { return Kallsyms.Read(content.Span); }
        // Between .rodata and its neighbours linker scripts differ: what holds them is one of the sections that are no code.
        foreach (ElfSection section in elf.Sections.Where(s => s.IsAllocated && s.HasBytes && !s.IsExecutable).OrderBy(s => s.Name != ".rodata"))
        {
            if (Kallsyms.Read(elf.Content(section).Span, elf.IsBigEndian) is { } symbols) { return symbols; }
        }

        return null;
    }

    /// <summary>The kernel's BTF, where its own symbols say that it is: symbols of another kernel do not pass.</summary>
    private static ReadOnlyMemory<byte> BtfOf(string name, ElfFile file, KernelSymbolList symbols)
    {
        ulong? start = symbols.AddressOf("__start_BTF"u8), stop = symbols.AddressOf("__stop_BTF"u8);
        if (start is null && file.Find(".BTF") is null)
        {
            throw new InputFaultException($"{name}: no BTF (the kernel was built without CONFIG_DEBUG_INFO_BTF): needs debuginfo");
        }

        if (start is not { } from || stop is not { } to || to <= from || file.SectionAt(from) is not { } section
            || to - from > (ulong)section.ByteSize - (from - section.Address) || (file.Find(".BTF") is { } own && own.Address != from))
        {
            throw new InputFaultException($"{name}: __start_BTF and __stop_BTF do not lie where the BTF is: the symbols are of another kernel than the image");
        }

        return file.Content(section).Slice((int)(from - section.Address), (int)(to - from));
    }
}
