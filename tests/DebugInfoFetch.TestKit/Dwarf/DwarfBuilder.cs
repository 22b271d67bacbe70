using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Dwarf;

/// <summary>
/// Assembles debug sections unit by unit. Calls nest as the tree of DIEs does; abbreviations, string tables and list tables follow from them.
/// <code>
/// new DwarfBuilder().Unit(cu => cu
///     .Die(DwTag.BaseType, "int", t => t.Strp(DwAttribute.Name, "int").Data1(DwAttribute.ByteSize, 4))
///     .Die(DwTag.StructureType, s => s.Strp(DwAttribute.Name, "page").Data1(DwAttribute.ByteSize, 8)
///         .Die(DwTag.Member, m => m.Strp(DwAttribute.Name, "flags").Type("int"))))
/// </code>
/// </summary>
public sealed class DwarfBuilder(bool bigEndian = false)
{
    private readonly List<UnitBuilder> _units = [];
    private readonly Dictionary<string, ulong> _str = [], _lineStr = [];
    private readonly ByteBuilder _strBytes = new(bigEndian), _lineStrBytes = new(bigEndian);
    private readonly List<(int Offset, string Symbol, long Addend)> _relocations = [];
    private readonly List<(string Name, byte[] Content)> _replaced = [];

    public bool IsBigEndian { get; } = bigEndian;
    internal bool IsFirstPass { get; set; }
    internal ByteBuilder LineSection { get; } = new(bigEndian);
    internal ByteBuilder LocListsSection { get; private set; } = new(bigEndian);
    internal ByteBuilder LocSection { get; private set; } = new(bigEndian);
    internal ByteBuilder RngListsSection { get; private set; } = new(bigEndian);
    internal ByteBuilder RangesSection { get; private set; } = new(bigEndian);
    internal ByteBuilder StrOffsetsSection { get; private set; } = new(bigEndian);
    internal ByteBuilder AddrSection { get; private set; } = new(bigEndian);

    /// <summary>A compilation unit of DWARF 5; <paramref name="content"/> is given its own DIE.</summary>
    public DwarfBuilder Unit(Func<DieBuilder, DieBuilder> content) => Unit(new UnitForm(), content);

    public DwarfBuilder Unit(UnitForm form, Func<DieBuilder, DieBuilder> content, DwTag tag = DwTag.CompileUnit)
    {
        var unit = new UnitBuilder(this, form);
        unit.Root = new DieBuilder(unit, (ulong)tag, null);
        _units.Add(unit);
        content(unit.Root);
        return this;
    }

    /// <summary>Gives a section other bytes than those that follow from the units, or adds one that follows from none (.debug_frame).</summary>
    public DwarfBuilder Replace(string section, byte[] content)
    {
        _replaced.Add((section, content));
        return this;
    }

    /// <summary>The sections that are not empty, by name.</summary>
    public IReadOnlyList<(string Name, byte[] Content)> Sections()
    {
        (LocListsSection, LocSection, RngListsSection, RangesSection, StrOffsetsSection, AddrSection)
            = (new(IsBigEndian), new(IsBigEndian), new(IsBigEndian), new(IsBigEndian), new(IsBigEndian), new(IsBigEndian));
        _relocations.Clear();
        var info = new ByteBuilder(IsBigEndian);
        var abbrev = new ByteBuilder(IsBigEndian);
        foreach (UnitBuilder unit in _units)
        {
            unit.WriteTables();
            unit.WriteInfo(info, abbrev);
        }

        (string Name, byte[] Content)[] all =
        [
            (".debug_info", info.ToArray()), (".debug_abbrev", abbrev.ToArray()), (".debug_str", _strBytes.ToArray()), (".debug_line_str", _lineStrBytes.ToArray()),
            (".debug_str_offsets", StrOffsetsSection.ToArray()), (".debug_addr", AddrSection.ToArray()), (".debug_loclists", LocListsSection.ToArray()),
            (".debug_loc", LocSection.ToArray()), (".debug_rnglists", RngListsSection.ToArray()), (".debug_ranges", RangesSection.ToArray()), (".debug_line", LineSection.ToArray()),
        ];
        foreach ((string name, byte[] content) in _replaced.Where(r => all.Any(s => s.Name == r.Name))) { all[Array.FindIndex(all, s => s.Name == name)].Content = content; }
        return [.. all.Where(s => s.Content.Length > 0), .. _replaced.Where(r => all.All(s => s.Name != r.Name))];
    }

    /// <summary>Puts the sections, and the relocations of <see cref="DieBuilder.AddrOf"/>, into an ELF file.</summary>
    public ElfBuilder AddTo(ElfBuilder elf)
    {
        foreach ((string name, byte[] content) in Sections()) { elf.Section(name, content); }
        foreach ((int offset, string symbol, long addend) in _relocations) { elf.Relocation(".debug_info", (ulong)offset, Absolute64(elf.Machine), symbol, addend); }
        return elf;
    }

    internal ulong Str(string text) => Intern(_str, _strBytes, text);
    internal ulong LineStr(string text) => Intern(_lineStr, _lineStrBytes, text);

    internal void Relocate(int offset, string symbol, long addend)
    {
        if (!IsFirstPass) { _relocations.Add((offset, symbol, addend)); }
    }

    /// <summary>R_X86_64_64, R_AARCH64_ABS64, R_390_64, R_PPC64_ADDR64, R_RISCV_64.</summary>
    private static uint Absolute64(ElfMachine machine) => machine switch
    {
        ElfMachine.X86_64 => 1, ElfMachine.AArch64 => 257, ElfMachine.S390 => 22, ElfMachine.PowerPc64 => 38, ElfMachine.RiscV => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(machine), machine, null),
    };

    private static ulong Intern(Dictionary<string, ulong> known, ByteBuilder bytes, string text)
    {
        if (known.TryGetValue(text, out ulong offset)) { return offset; }
        known.Add(text, offset = (ulong)bytes.Length);
        bytes.Text(text);
        return offset;
    }
}
