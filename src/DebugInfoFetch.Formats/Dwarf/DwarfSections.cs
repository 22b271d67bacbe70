using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>The debug sections of one ELF file, decompressed and (for ET_REL) relocated. Empty where the file has none.</summary>
public sealed class DwarfSections
{
    private readonly ElfSymbol[] _symbols;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _late = new(StringComparer.Ordinal);

    private DwarfSections(ElfFile file, ElfSymbol[] symbols)
    {
        File = file;
        _symbols = symbols;
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
    public ReadOnlyMemory<byte> Aranges => Late(".debug_aranges");
    public ReadOnlyMemory<byte> Frame => Late(".debug_frame");
    /// <summary>Empty in ET_REL, where compilers write .debug_frame for kernels.</summary>
    public ReadOnlyMemory<byte> EhFrame => File.Type == ElfType.Relocatable ? default : Late(".eh_frame");
    public bool IsBigEndian => File.IsBigEndian;

    /// <summary>Loads and relocates. Throws <see cref="InputFaultException"/> when there is no .debug_info.</summary>
    public static DwarfSections Load(ElfFile file, ElfSymbol[] symbols) => new(file, symbols);

    public ByteReader Reader(ReadOnlyMemory<byte> section, string name) => new(section.Span, new PartName(File.Name, name), IsBigEndian);

    private ReadOnlyMemory<byte> Load(string name)
    {
        if (File.Find(name) is not { } section) { return default; }
        Relocations.Apply(File, section, _symbols);
        return File.Content(section);
    }

    /// <summary>A section that indexing does not ask for: loaded when it is asked for, and relocated once.</summary>
    private ReadOnlyMemory<byte> Late(string name)
    {
        lock (_late)
        {
            if (!_late.TryGetValue(name, out ReadOnlyMemory<byte> content)) { _late.Add(name, content = Load(name)); }
            return content;
        }
    }
}
