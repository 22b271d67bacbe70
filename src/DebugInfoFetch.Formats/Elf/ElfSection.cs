namespace DebugInfoFetch.Formats.Elf;

/// <summary>A section header (gABI, "Sections"). Offsets and sizes are in bytes and were checked against the file's length.</summary>
/// <param name="Address">
/// Virtual address. In ET_REL files, where the linker has given none, sections that the kernel loads get distinct addresses here, so that
/// an address in debug information still says which section it means.
/// </param>
public sealed record ElfSection(
    int Index, string Name, SectionType Type, SectionFlags Flags, ulong Address, long FileOffset, long ByteSize, int Link, int Info, long EntrySize)
{
    public bool IsAllocated => (Flags & SectionFlags.Alloc) != 0;
    public bool IsExecutable => (Flags & SectionFlags.Executable) != 0;
    public bool IsCompressed => (Flags & SectionFlags.Compressed) != 0;
    public bool HasBytes => Type is not (SectionType.NoBits or SectionType.Null);
}

/// <summary>An entry of a symbol table.</summary>
/// <param name="NameOffset">Offset of the name in the linked string table.</param>
/// <param name="Address">Virtual address, by the same rule as <see cref="ElfSection.Address"/>.</param>
/// <param name="Section">Index of the section it lies in, or a value of <see cref="SectionIndex"/>.</param>
public readonly record struct ElfSymbol(uint NameOffset, ulong Address, ulong ByteSize, SymbolType Type, SymbolBinding Binding, int Section);
