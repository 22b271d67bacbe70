using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>The debug sections of one ELF file, decompressed and (for ET_REL) relocated. Empty where the file has none.</summary>
public sealed class DwarfSections
{
    private DwarfSections(ElfFile file, ElfSymbol[] symbols)
    {
        File = file;
        Info = Load(".debug_info");
        if (Info.IsEmpty)
        {
            throw InputFaultException.At(file.Name, ".debug_info", 0,
                "no DWARF in this file: it was stripped, or built without CONFIG_DEBUG_INFO; give the file of the debuginfo package");
        }

        Abbrev = Load(".debug_abbrev");
        Str = Load(".debug_str");
        LineStr = Load(".debug_line_str");
        StrOffsets = Load(".debug_str_offsets");
        Addr = Load(".debug_addr");
        LocLists = Load(".debug_loclists");
        Loc = Load(".debug_loc");
        RngLists = Load(".debug_rnglists");
        Ranges = Load(".debug_ranges");
        Line = Load(".debug_line");
        if (file.Find(".gnu_debugaltlink") is not null)
        {
            throw InputFaultException.At(file.Name, ".gnu_debugaltlink", 0, "the file was processed by dwz and shares its debug information with another: not supported");
        }

        ReadOnlyMemory<byte> Load(string name)
        {
            if (file.Find(name) is not { } section) { return default; }
            Relocations.Apply(file, section, symbols);
            return file.Content(section);
        }
    }

    public ElfFile File { get; }
    public ReadOnlyMemory<byte> Info { get; }
    public ReadOnlyMemory<byte> Abbrev { get; }
    public ReadOnlyMemory<byte> Str { get; }
    public ReadOnlyMemory<byte> LineStr { get; }
    public ReadOnlyMemory<byte> StrOffsets { get; }
    public ReadOnlyMemory<byte> Addr { get; }
    public ReadOnlyMemory<byte> LocLists { get; }
    public ReadOnlyMemory<byte> Loc { get; }
    public ReadOnlyMemory<byte> RngLists { get; }
    public ReadOnlyMemory<byte> Ranges { get; }
    public ReadOnlyMemory<byte> Line { get; }
    public bool IsBigEndian => File.IsBigEndian;

    /// <summary>Loads and relocates. Throws <see cref="InputFaultException"/> when there is no .debug_info.</summary>
    public static DwarfSections Load(ElfFile file, ElfSymbol[] symbols) => new(file, symbols);

    public ByteReader Reader(ReadOnlyMemory<byte> section, string name) => new(section.Span, new PartName(File.Name, name), IsBigEndian);
}
