using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Formats.Elf;

/// <summary>
/// A 64-bit ELF file in memory: headers, sections, symbols, build ID. The memory is the caller's and private to this use:
/// relocations of ET_REL files are applied in place.
/// </summary>
public sealed class ElfFile
{
    private const int HeaderSize = 64, SectionHeaderSize = 64, SymbolSize = 24, CompressionHeaderSize = 24;
    // A guard against a header that claims to inflate to something absurd; vmlinux's .debug_info is 0.2 GB.
    private const long MaxSectionSize = int.MaxValue - 64;

    private readonly Memory<byte> _data;
    private readonly Dictionary<string, ElfSection> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Memory<byte>> _inflated = [];
    private readonly Lock _inflating = new();
    // Asked for each address that is met: an array of just those that may hold it.
    private ElfSection[] _allocated = [];

    private ElfFile(string name, Memory<byte> data)
    {
        Name = name;
        _data = data;
        Sections = [];
    }

    /// <summary>The file as the user knows it, for messages.</summary>
    public string Name { get; }
    public ElfType Type { get; private set; }
    public ElfMachine Machine { get; private set; }
    public bool IsBigEndian { get; private set; }
    public IReadOnlyList<ElfSection> Sections
    {
        get;
        private set
        {
            field = value;
            _allocated = [.. value.Where(section => section.IsAllocated)];
        }
    }

    /// <summary>Reads the headers. Throws <see cref="InputFaultException"/> for anything that is no 64-bit ELF file.</summary>
    public static ElfFile Parse(string name, Memory<byte> data)
    {
        var file = new ElfFile(name, data);
        file.ReadHeaders();
        return file;
    }

    /// <summary>
    /// An image that has no ELF headers of its own, such as arm64's, seen as the ELF file that it was made from. Sections must lie within the data.
    /// </summary>
    public static ElfFile OfImage(string name, ElfMachine machine, Memory<byte> data, IReadOnlyList<ElfSection> sections)
    {
        var file = new ElfFile(name, data) { Type = ElfType.Executable, Machine = machine, Sections = sections };
        foreach (ElfSection section in sections) { file._byName.TryAdd(section.Name, section); }
        return file;
    }

    public ElfSection? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A section's content, decompressed when it is SHF_COMPRESSED; empty when it has none in this file.</summary>
    public Memory<byte> Content(ElfSection section)
    {
        if (!section.HasBytes) { return default; }
        Memory<byte> raw = _data.Slice((int)section.FileOffset, (int)section.ByteSize);
        if (!section.IsCompressed) { return raw; }
        lock (_inflating)
        {
            if (!_inflated.TryGetValue(section.Index, out Memory<byte> content))
            {
                content = Inflate(section, raw);
                _inflated.Add(section.Index, content);
            }

            return content;
        }
    }

    public ReadOnlyMemory<byte> Content(string name) => Find(name) is { } section ? Content(section) : default;

    /// <summary>The section that holds a virtual address; null when none does.</summary>
    public ElfSection? SectionAt(ulong address)
    {
        foreach (ElfSection section in _allocated)
        {
            if (address >= section.Address && address - section.Address < (ulong)section.ByteSize) { return section; }
        }

        return null;
    }

    /// <summary>The symbol table (.symtab), in file order; empty when the file was stripped.</summary>
    public ElfSymbol[] ReadSymbols()
    {
        if (Find(".symtab") is not { Type: SectionType.SymbolTable } table) { return []; }
        if (table.EntrySize != SymbolSize) { throw Fault(".symtab header", table.Index, $"entries of {table.EntrySize} bytes, expected {SymbolSize}"); }
        ReadOnlyMemory<byte> extended = Content(".symtab_shndx");
        ReadOnlyMemory<byte> content = Content(table);
        var symbols = new ElfSymbol[content.Length / SymbolSize];
        var reader = new ByteReader(content.Span, new PartName(Name, ".symtab"), IsBigEndian);
        for (int i = 0; i < symbols.Length; i++)
        {
            uint name = reader.ReadUInt32();
            byte info = reader.ReadByte();
            reader.Skip(1);
            int section = reader.ReadUInt16();
            ulong value = reader.ReadUInt64(), size = reader.ReadUInt64();
            if (section == SectionIndex.Extended && extended.Length >= (i + 1) * 4)
            {
                ReadOnlySpan<byte> at = extended.Span.Slice(i * 4, 4);
                section = (int)(IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at));
            }

            // In ET_REL, st_value counts from the section's start (gABI, "Symbol Values").
            if (Type == ElfType.Relocatable && section > 0 && section < Sections.Count) { value += Sections[section].Address; }
            symbols[i] = new ElfSymbol(name, value, size, (SymbolType)(info & 15), (SymbolBinding)(info >> 4), section);
        }

        return symbols;
    }

    /// <summary>The string table that the symbol table's names are in.</summary>
    public ReadOnlyMemory<byte> SymbolNames()
        => Find(".symtab") is { } table && table.Link > 0 && table.Link < Sections.Count ? Content(Sections[table.Link]) : default;

    /// <summary>The GNU build ID in lower-case hex (NT_GNU_BUILD_ID, a note named GNU of type 3); empty when there is none.</summary>
    public string BuildId()
    {
        foreach (ElfSection section in Sections)
        {
            if (section.Type != SectionType.Note || !section.HasBytes) { continue; }
            var reader = new ByteReader(Content(section).Span, new PartName(Name, section.Name), IsBigEndian);
            while (reader.Length - reader.Position >= 12)
            {
                uint nameSize = reader.ReadUInt32(), descriptionSize = reader.ReadUInt32(), type = reader.ReadUInt32();
                if (nameSize > reader.Length || descriptionSize > reader.Length) { break; }
                ReadOnlySpan<byte> name = reader.ReadBytes(nameSize);
                reader.Skip(Padding(nameSize));
                ReadOnlySpan<byte> description = reader.ReadBytes(descriptionSize);
                if (type == 3 && name.SequenceEqual("GNU\0"u8)) { return Convert.ToHexStringLower(description); }
                reader.Skip(Math.Min(Padding(descriptionSize), (ulong)(reader.Length - reader.Position)));
            }
        }

        return "";

        static ulong Padding(uint size) => (4 - (size & 3)) & 3;
    }

    private void ReadHeaders()
    {
        ReadOnlySpan<byte> data = _data.Span;
        if (data.Length < HeaderSize || !data[..4].SequenceEqual("\u007fELF"u8))
        {
            throw Fault("ELF header", 0, $"not an ELF file (starts with \"{PartName.Printable(data[..Math.Min(4, data.Length)])}\")");
        }

        if (data[4] != 2) { throw Fault("ELF header", 4, $"class {data[4]}: only 64-bit ELF (class 2) is supported"); }
        if (data[5] is not (1 or 2)) { throw Fault("ELF header", 5, $"unknown byte order {data[5]}"); }
        IsBigEndian = data[5] == 2;
        var reader = new ByteReader(data, new PartName(Name, "ELF header"), IsBigEndian) { Position = 16 };
        Type = (ElfType)reader.ReadUInt16();
        Machine = (ElfMachine)reader.ReadUInt16();
        reader.Position = 40;
        ulong tableOffset = reader.ReadUInt64();
        reader.Position = 58;
        int entrySize = reader.ReadUInt16(), count = reader.ReadUInt16(), nameIndex = reader.ReadUInt16();
        if (tableOffset == 0) { throw Fault("ELF header", 40, "no section headers: the file was stripped of them"); }
        if (entrySize != SectionHeaderSize) { throw Fault("ELF header", 58, $"section headers of {entrySize} bytes, expected {SectionHeaderSize}"); }
        if (tableOffset > (ulong)data.Length || (ulong)data.Length - tableOffset < SectionHeaderSize)
        {
            throw Fault("ELF header", 40, $"section headers at 0x{tableOffset:x} lie past the end of the file ({data.Length} bytes): truncated?");
        }

        var table = new ByteReader(data[(int)tableOffset..], new PartName(Name, "section headers"), IsBigEndian);
        RawSection first = ReadSectionHeader(ref table);
        // gABI: counts that do not fit their field stand in section 0.
        ulong total = count == 0 ? (ulong)first.Size : (ulong)count;
        if (total > (ulong)table.Length / SectionHeaderSize)
        {
            throw Fault("ELF header", 60, $"{total} section headers do not fit the file: truncated?");
        }

        var raw = new RawSection[Math.Max(total, 1)];
        for (int i = 0; i < raw.Length; i++) { raw[i] = i == 0 ? first : ReadSectionHeader(ref table); }
        if (nameIndex == SectionIndex.Extended) { nameIndex = first.Link; }
        ReadOnlySpan<byte> names = default;
        if (nameIndex < raw.Length && nameIndex != 0)
        {
            CheckBounds(raw[nameIndex], nameIndex);
            names = data.Slice((int)raw[nameIndex].Offset, (int)raw[nameIndex].Size);
        }

        BuildSections(raw, names);
    }

    private void BuildSections(RawSection[] raw, ReadOnlySpan<byte> names)
    {
        var sections = new ElfSection[raw.Length];
        _byName.EnsureCapacity(raw.Length);
        ulong next = 0x1000;
        for (int i = 0; i < raw.Length; i++)
        {
            ref readonly RawSection header = ref raw[i];
            if (header.Type is not (SectionType.NoBits or SectionType.Null)) { CheckBounds(header, i); }
            ulong address = header.Address;
            if (Type == ElfType.Relocatable && (header.Flags & SectionFlags.Alloc) != 0)
            {
                ulong alignment = Math.Max(header.Alignment, 1);
                address = (next + alignment - 1) / alignment * alignment;
                // One spare byte, so that a label at a section's end is not taken for the next section's start.
                next = address + (ulong)header.Size + 1;
            }

            string name = header.Name < (uint)names.Length ? ReadName(names[(int)header.Name..]) : "";
            sections[i] = new ElfSection(i, name, header.Type, header.Flags, address, header.Offset, header.Size, header.Link, header.Info, header.EntrySize);
            _byName.TryAdd(name, sections[i]);
        }

        Sections = sections;
    }

    private static string ReadName(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private void CheckBounds(RawSection header, int index)
    {
        if (header.Offset < 0 || header.Size < 0 || header.Offset > _data.Length || header.Size > _data.Length - header.Offset)
        {
            throw Fault("section headers", (long)index * SectionHeaderSize,
                $"section {index} (offset 0x{header.Offset:x}, {header.Size} bytes) lies past the end of the file ({_data.Length} bytes): truncated?");
        }
    }

    private static RawSection ReadSectionHeader(ref ByteReader reader)
    {
        uint name = reader.ReadUInt32();
        var type = (SectionType)reader.ReadUInt32();
        var flags = (SectionFlags)reader.ReadUInt64();
        ulong address = reader.ReadUInt64();
        long offset = (long)reader.ReadUInt64(), size = (long)reader.ReadUInt64();
        int link = (int)reader.ReadUInt32(), info = (int)reader.ReadUInt32();
        ulong alignment = reader.ReadUInt64();
        long entrySize = (long)reader.ReadUInt64();
        return new RawSection(name, type, flags, address, offset, size, link, info, alignment, entrySize);
    }

    /// <summary>Elf64_Chdr: type, reserved, size, alignment, then the stream (gABI, "Section Compression").</summary>
    private byte[] Inflate(ElfSection section, ReadOnlyMemory<byte> raw)
    {
        var reader = new ByteReader(raw.Span, new PartName(Name, section.Name), IsBigEndian);
        uint type = reader.ReadUInt32();
        reader.Skip(4);
        ulong size = reader.ReadUInt64();
        reader.Skip(8);
        // Neither method packs more into a byte: a deflate code of a bit for 258 bytes, a zstd block of four bytes for 128 KiB.
        ulong mostPerByte = type == 1 ? 1032u : 32_768u;
        if (size > MaxSectionSize || size > (ulong)raw.Length * mostPerByte) { throw Fault(section.Name, 8, $"claims to decompress to {size} bytes from {raw.Length}"); }
        byte[] content = GC.AllocateUninitializedArray<byte>((int)size);
        switch (type)
        {
            case 1: InflateZlib(section, raw[CompressionHeaderSize..], content); break;
            case 2: ZstdCodec.Decode(raw.Span[CompressionHeaderSize..], content, $"{Name}: {section.Name}"); break;
            default: throw Fault(section.Name, 0, $"unknown compression type {type}; supported: 1 (zlib), 2 (zstd)");
        }

        return content;
    }

    private void InflateZlib(ElfSection section, ReadOnlyMemory<byte> compressed, byte[] content)
    {
        using var stream = new ZLibStream(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        try
        {
            stream.ReadExactly(content);
            if (stream.ReadByte() >= 0) { throw new InvalidDataException("there are more"); }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Fault(section.Name, CompressionHeaderSize, $"does not decompress to the {content.Length} bytes its header claims: {e.Message}");
        }
    }

    private InputFaultException Fault(string part, long offset, string what) => InputFaultException.At(Name, part, offset, what);

    private readonly record struct RawSection(
        uint Name, SectionType Type, SectionFlags Flags, ulong Address, long Offset, long Size, int Link, int Info, ulong Alignment, long EntrySize);
}
