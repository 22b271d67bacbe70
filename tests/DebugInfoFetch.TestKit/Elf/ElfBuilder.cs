using System.IO.Compression;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.TestKit.Elf;

/// <summary>Assembles a 64-bit ELF file section by section. Everything is well-formed unless a call says otherwise.</summary>
public sealed class ElfBuilder
{
    private const int HeaderSize = 64;
    private readonly List<SectionPlan> _sections = [new("", SectionType.Null, 0, 0, [], 0)];
    private readonly List<(string Name, string? Section, ulong Value, ulong Size, SymbolType Type, SymbolBinding Binding)> _symbols = [];
    private readonly List<(string Section, ulong Offset, uint Type, string? Symbol, long Addend)> _relocations = [];

    public ElfMachine Machine { get; init; } = ElfMachine.X86_64;
    public ElfType Type { get; init; } = ElfType.Executable;
    public bool IsBigEndian { get; init; }
    /// <summary>Bytes of a symbol table entry, as sh_entsize claims.</summary>
    public ulong SymbolEntrySize { get; init; } = 24;

    private sealed class SectionPlan(string name, SectionType type, SectionFlags flags, ulong address, byte[] content, ulong size)
    {
        public string Name => name;
        public SectionType Type => type;
        public SectionFlags Flags => flags;
        public ulong Address => address;
        public byte[] Content => content;
        public ulong Size => size;
        public uint Link, Info;
        public ulong EntrySize, Alignment = 1;
    }

    public ElfBuilder Section(string name, byte[] content, SectionType type = SectionType.ProgramBits, SectionFlags flags = SectionFlags.None, ulong address = 0, ulong alignment = 1)
    {
        _sections.Add(new SectionPlan(name, type, flags, address, content, (ulong)content.Length) { Alignment = alignment });
        return this;
    }

    /// <summary>A section that is loaded and holds code.</summary>
    public ElfBuilder Text(string name, ulong address, byte[] content)
        => Section(name, content, flags: SectionFlags.Alloc | SectionFlags.Executable, address: address);

    /// <summary>A section that is loaded and holds data.</summary>
    public ElfBuilder Data(string name, ulong address, byte[] content)
        => Section(name, content, flags: SectionFlags.Alloc | SectionFlags.Write, address: address);

    /// <summary>A section of which the file has the header only, as split debug files have it.</summary>
    public ElfBuilder NoBits(string name, ulong size, SectionFlags flags, ulong address = 0)
    {
        _sections.Add(new SectionPlan(name, SectionType.NoBits, flags, address, [], size));
        return this;
    }

    public ElfBuilder ZlibSection(string name, byte[] content, ulong? claimedSize = null)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest)) { zlib.Write(content); }
        return CompressedSection(name, 1, claimedSize ?? (ulong)content.Length, packed.ToArray());
    }

    public ElfBuilder ZstdSection(string name, byte[] content, ulong? claimedSize = null)
        => CompressedSection(name, 2, claimedSize ?? (ulong)content.Length, Compressors.Zstd(content));

    /// <summary>SHF_COMPRESSED: Elf64_Chdr and a stream.</summary>
    public ElfBuilder CompressedSection(string name, uint type, ulong claimedSize, byte[] stream)
        => Section(name, new ByteBuilder(IsBigEndian).U32(type).U32(0).U64(claimedSize).U64(1).Bytes(stream).ToArray(), flags: SectionFlags.Compressed);

    public ElfBuilder BuildId(params byte[] id) => Section(".note.gnu.build-id", Note("GNU", 3, id), SectionType.Note, SectionFlags.Alloc);

    /// <summary>Elf64_Nhdr, name and description, padded to four bytes.</summary>
    public byte[] Note(string name, uint type, byte[] description)
        => new ByteBuilder(IsBigEndian).U32((uint)name.Length + 1).U32((uint)description.Length).U32(type).Text(name).AlignTo(4).Bytes(description).AlignTo(4).ToArray();

    /// <param name="section">Null: undefined.</param>
    /// <param name="value">Address; in ET_REL bytes from the section's start.</param>
    public ElfBuilder Symbol(string name, string? section, ulong value, ulong size = 0, SymbolType type = SymbolType.Function, SymbolBinding binding = SymbolBinding.Global)
    {
        _symbols.Add((name, section, value, size, type, binding));
        return this;
    }

    /// <summary>An entry of <c>.rela</c> + section. <paramref name="symbol"/> null is symbol 0.</summary>
    public ElfBuilder Relocation(string section, ulong offset, uint type, string? symbol, long addend = 0)
    {
        _relocations.Add((section, offset, type, symbol, addend));
        return this;
    }

    public byte[] Build()
    {
        var sections = new List<SectionPlan>(_sections);
        AddSymbols(sections);
        AddRelocations(sections);
        var names = new ByteBuilder().U8(0);
        sections.Add(new SectionPlan(".shstrtab", SectionType.StringTable, 0, 0, [], 0));
        uint[] nameOffsets = new uint[sections.Count];
        for (int i = 1; i < sections.Count; i++)
        {
            nameOffsets[i] = (uint)names.Length;
            names.Text(sections[i].Name);
        }

        byte[] nameBytes = names.ToArray();
        sections[^1] = new SectionPlan(".shstrtab", SectionType.StringTable, 0, 0, nameBytes, (ulong)nameBytes.Length);
        return Assemble(sections, nameOffsets);
    }

    private byte[] Assemble(List<SectionPlan> sections, uint[] nameOffsets)
    {
        var body = new ByteBuilder(IsBigEndian);
        var headers = new ByteBuilder(IsBigEndian);
        for (int i = 0; i < sections.Count; i++)
        {
            SectionPlan section = sections[i];
            body.AlignTo(8);
            headers.U32(nameOffsets[i]).U32((uint)section.Type).U64((ulong)section.Flags).U64(section.Address)
                .U64(i == 0 ? 0 : (ulong)(HeaderSize + body.Length)).U64(section.Size).U32(section.Link).U32(section.Info).U64(section.Alignment).U64(section.EntrySize);
            body.Bytes(section.Content);
        }

        body.AlignTo(8);
        return new ByteBuilder(IsBigEndian).Bytes([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, (byte)(IsBigEndian ? 2 : 1), 1]).AlignTo(16)
            .U16((ulong)Type).U16((ulong)Machine).U32(1).U64(0).U64(0).U64((ulong)(HeaderSize + body.Length)).U32(0)
            .U16(HeaderSize).U16(0).U16(0).U16(64).U16((ulong)sections.Count).U16((ulong)sections.Count - 1)
            .Bytes(body.ToArray()).Bytes(headers.ToArray()).ToArray();
    }

    private void AddSymbols(List<SectionPlan> sections)
    {
        if (_symbols.Count == 0 && _relocations.Count == 0) { return; }
        var table = new ByteBuilder(IsBigEndian).Bytes(new byte[24]);
        var names = new ByteBuilder().U8(0);
        foreach (var symbol in _symbols)
        {
            table.U32((ulong)names.Length).U8(((ulong)symbol.Binding << 4) | (ulong)symbol.Type).U8(0)
                .U16(symbol.Section is null ? 0u : (ulong)IndexOf(sections, symbol.Section)).U64(symbol.Value).U64(symbol.Size);
            names.Text(symbol.Name);
        }

        byte[] tableBytes = table.ToArray(), nameBytes = names.ToArray();
        sections.Add(new SectionPlan(".symtab", SectionType.SymbolTable, 0, 0, tableBytes, (ulong)tableBytes.Length) { Link = (uint)sections.Count + 1, EntrySize = SymbolEntrySize });
        sections.Add(new SectionPlan(".strtab", SectionType.StringTable, 0, 0, nameBytes, (ulong)nameBytes.Length));
    }

    private void AddRelocations(List<SectionPlan> sections)
    {
        foreach (var group in _relocations.GroupBy(r => r.Section))
        {
            var table = new ByteBuilder(IsBigEndian);
            foreach (var relocation in group)
            {
                ulong symbol = relocation.Symbol is null ? 0 : (ulong)(_symbols.FindIndex(s => s.Name == relocation.Symbol) + 1);
                if (relocation.Symbol is not null && symbol == 0) { throw new InvalidOperationException($"no symbol {relocation.Symbol}"); }
                table.U64(relocation.Offset).U64((symbol << 32) | relocation.Type).U64((ulong)relocation.Addend);
            }

            byte[] bytes = table.ToArray();
            sections.Add(new SectionPlan(".rela" + group.Key, SectionType.Rela, 0, 0, bytes, (ulong)bytes.Length)
            {
                EntrySize = 24,
                Link = (uint)IndexOf(sections, ".symtab"),
                Info = (uint)IndexOf(sections, group.Key),
            });
        }
    }

    private static int IndexOf(List<SectionPlan> sections, string name)
        => sections.FindIndex(s => s.Name == name) is > 0 and int index ? index : throw new InvalidOperationException($"no section {name}");
}
