using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;

namespace DebugInfoFetch.Bodies;

/// <summary>The debug information of one file, unit by unit as it is asked for.</summary>
internal sealed class ModuleDwarf
{
    private readonly DwarfSections _sections;
    private readonly Lazy<List<DwarfUnit>> _units;
    private readonly Dictionary<int, UnitTree> _trees = [];

    public ModuleDwarf(ElfFile elf)
    {
        Elf = elf;
        Symbols = elf.Type == ElfType.Relocatable ? elf.ReadSymbols() : [];
        _sections = DwarfSections.Load(elf, Symbols);
        _units = new(() => DwarfUnit.ReadAll(_sections));
        Frames = new CallFrames(_sections);
    }

    public ElfFile Elf { get; }
    /// <summary>Of ET_REL files, whose relocations name them; else empty.</summary>
    public ElfSymbol[] Symbols { get; }
    public CallFrames Frames { get; }

    /// <summary>The file's address of a place as the cache keeps it: an address in vmlinux, bytes from the section's start in a module.</summary>
    public ulong AddressOf(string section, ulong address)
        => Elf.Type == ElfType.Relocatable && Elf.Find(section) is { } found ? found.Address + address : address;

    /// <summary>The way back: section, and what the cache keeps as address in it.</summary>
    public (string Section, ulong Address) PlaceOf(ulong address) => Elf.SectionAt(address) is not { } section
        ? ("", address)
        : (section.Name, Elf.Type == ElfType.Relocatable ? address - section.Address : address);

    /// <summary>The unit that has code at an address; null when none has.</summary>
    public UnitTree? UnitAt(ulong address)
    {
        if (AddressRanges.UnitOf(_sections, address) is { } offset) { return Tree(DwarfUnit.ReadAt(_sections, offset)); }

        // Without .debug_aranges (clang writes none), or for what gcc left out of it, units are asked themselves.
        foreach (DwarfUnit unit in _units.Value)
        {
            if (Has(unit, address)) { return Tree(unit); }
        }

        return null;
    }

    /// <summary>Units whose source file (DW_AT_name) is that one, relative to the source tree's root.</summary>
    public IEnumerable<UnitTree> UnitsOf(string file)
    {
        // The last component decides before anything is made of a unit.
        string name = Path.GetFileName(file);
        return _units.Value.Where(u => UnitTree.NameOf(_sections, u).EndsWith(name, StringComparison.Ordinal)).Select(u => Tree(u)).Where(t => t.File == file);
    }

    /// <summary>A line of files that others include: what every unit has of it.</summary>
    /// <param name="tail">Of the files' paths.</param>
    public IReadOnlyList<IncludedLine> LinesOf(string tail, int line) => IncludedLine.Find(_sections, _units.Value, tail, line);

    private bool Has(in DwarfUnit unit, ulong address)
    {
        var reader = new DieReader(_sections, unit, AbbreviationTable.Read(_sections, unit, DieDetail.Bodies));
        DieValues values = default;
        reader.ReadUnitDie(ref values);
        var bases = new ListBases(values.GetOr(DieSlot.LowPc, 0), reader.AddressBase, values.GetOr(DieSlot.RangeListsBase, 0), values.GetOr(DieSlot.LocationListsBase, 0));
        return DwarfLists.RangesOf(_sections, unit, bases, values).Exists(r => r.Contains(address));
    }

    private UnitTree Tree(in DwarfUnit unit)
    {
        if (!_trees.TryGetValue(unit.Offset, out UnitTree? tree)) { _trees.Add(unit.Offset, tree = UnitTree.Read(_sections, unit)); }
        return tree;
    }
}
