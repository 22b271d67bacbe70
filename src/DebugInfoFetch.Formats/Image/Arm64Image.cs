using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Formats.Image;

/// <summary>
/// An arm64 Image is vmlinux's memory from <c>_text</c> on, as it is loaded, and nothing else (Documentation/arch/arm64/booting.rst). Sections are told
/// by the linker script's symbols (arch/arm64/kernel/vmlinux.lds.S).
/// </summary>
internal static class Arm64Image
{
    /// <summary>Symbols at which a section begins, in the order of their addresses, and whether it is code.</summary>
    private static readonly (string Symbol, string Section, bool IsCode)[] Starts =
    [
        ("_text", ".head.text", true), ("_stext", ".text", true), ("_etext", ".rodata", false), ("__inittext_begin", ".init.text", true),
        ("__inittext_end", ".init.data", false), ("__initdata_begin", ".init.data", false), ("_sdata", ".data", false), ("_data", ".data", false),
        ("__bss_start", ".bss", false),
    ];

    public static ElfFile Sections(string name, Memory<byte> image, KernelSymbolList symbols)
    {
        ulong Address(string symbol) => symbols.AddressOf(System.Text.Encoding.ASCII.GetBytes(symbol)) ?? 0;
        ulong text = Address("_text"), end = Address("_end");
        if (text == 0 || end <= text || end - text > (ulong)int.MaxValue || (ulong)image.Length > end - text)
        {
            throw new InputFaultException($"{name}: _text and _end do not fit the image of {image.Length} bytes: the symbols are of another kernel");
        }

        (ulong Address, string Section, bool IsCode)[] starts = [.. Starts
            .Select(s => (Address: Address(s.Symbol), s.Section, s.IsCode)).Where(s => s.Address >= text && s.Address < end).OrderBy(s => s.Address)];
        var sections = new List<ElfSection> { new(0, "", SectionType.Null, SectionFlags.None, 0, 0, 0, 0, 0, 0) };
        for (int i = 0; i < starts.Length; i++)
        {
            ulong from = starts[i].Address, to = i + 1 < starts.Length ? starts[i + 1].Address : end;
            if (to == from) { continue; }
            // What is only zeros at the end is not in the file.
            long offset = (long)(from - text), size = (long)(to - from), held = Math.Clamp(image.Length - offset, 0, size);
            SectionFlags flags = SectionFlags.Alloc | (starts[i].IsCode ? SectionFlags.Executable : SectionFlags.None);
            if (held > 0) { sections.Add(Section(starts[i].Section, SectionType.ProgramBits, flags, from, offset, held)); }
            if (held < size) { sections.Add(Section(held > 0 ? ".bss" : starts[i].Section, SectionType.NoBits, flags, from + (ulong)held, offset + held, size - held)); }
        }

        return ElfFile.OfImage(name, ElfMachine.AArch64, image, sections);

        ElfSection Section(string section, SectionType type, SectionFlags flags, ulong address, long offset, long size)
            => new(sections.Count, section, type, flags, address, offset, size, 0, 0, 0);
    }
}
