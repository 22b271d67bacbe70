using System.Runtime.CompilerServices;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>
/// The file names of a line table's header (DWARF 5 §6.2.4), which DW_AT_decl_file and DW_AT_call_file index. Names are as recorded:
/// directory and name joined, not made absolute with the compilation directory.
/// </summary>
/// <remarks>Only references are kept: most of a unit's several hundred names are never asked for.</remarks>
public sealed class LineTableFiles
{
    private readonly DwarfSections? _sections;
    private readonly Entry[] _directories, _files;

    private LineTableFiles(DwarfSections? sections, Entry[] directories, Entry[] files)
    {
        _sections = sections;
        _directories = directories;
        _files = files;
    }

    /// <summary>Of a unit without a line table.</summary>
    public static LineTableFiles None { get; } = new(null, [], []);

    public int Count => _files.Length;

    /// <summary>A file's name by its number; empty for a number that means no file.</summary>
    public string Name(int number)
    {
        Parts(number, out ReadOnlySpan<byte> directory, out ReadOnlySpan<byte> name);
        return Join(Encoding.UTF8.GetString(directory), Encoding.UTF8.GetString(name));
    }

    /// <summary>What a file's name is made of, as recorded: quicker than joining them. Both are empty for a number that means no file.</summary>
    public void Parts(int number, out ReadOnlySpan<byte> directory, out ReadOnlySpan<byte> name)
    {
        Entry file = (uint)number < (uint)_files.Length ? _files[number] : Entry.None;
        directory = Bytes(DirectoryOf(file));
        name = Bytes(file);
    }

    /// <summary>Whether a file's name ends so: quicker than asking for each name. The end may be that of a longer component.</summary>
    public bool EndsWith(int number, ReadOnlySpan<byte> ending)
        => (uint)number < (uint)_files.Length && !_files[number].IsNone && Bytes(_files[number]).EndsWith(ending);

    /// <param name="offset">DW_AT_stmt_list: offset of the table in .debug_line.</param>
    public static LineTableFiles Read(DwarfSections sections, ulong offset)
    {
        ByteReader reader = sections.Reader(sections.Line, ".debug_line");
        LineTableHeader header = LineTableHeader.Read(ref reader, offset);
        return header.Version == 5
            ? new LineTableFiles(sections, ReadTable(ref reader, header.OffsetSize), ReadTable(ref reader, header.OffsetSize))
            : ReadLists(sections, ref reader);
    }

    private static LineTableFiles ReadLists(DwarfSections sections, ref ByteReader reader)
    {
        var directories = new List<Entry> { Entry.None };
        while (ReadInline(ref reader) is { IsNone: false } directory) { directories.Add(directory); }
        var files = new List<Entry> { Entry.None };
        while (ReadInline(ref reader) is { IsNone: false } file)
        {
            files.Add(file with { Directory = reader.ReadUleb() });
            reader.ReadUleb();
            reader.ReadUleb();
        }

        return new LineTableFiles(sections, [.. directories], [.. files]);
    }

    /// <summary>A string of the table itself; an empty one ends a list.</summary>
    private static Entry ReadInline(ref ByteReader reader)
    {
        ulong at = (ulong)reader.Position;
        return reader.ReadCString().IsEmpty ? Entry.None : new Entry(StringReference.InLine(at), 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Entry[] ReadTable(ref ByteReader reader, int offsetSize)
    {
        int at = reader.Position;
        var columns = new (ulong Content, ulong Form)[reader.ReadByte()];
        for (int i = 0; i < columns.Length; i++) { columns[i] = (reader.ReadUleb(), reader.ReadUleb()); }
        ulong count = reader.ReadUleb();
        // Each entry takes at least a byte: a count beyond what is left is a lie.
        if (count > (ulong)(reader.Length - reader.Position)) { throw reader.Fault(at, $"{count} file names do not fit the section"); }
        var entries = new Entry[count];
        for (int i = 0; i < entries.Length; i++)
        {
            ulong name = Entry.None.Name, directory = 0;
            foreach ((ulong content, ulong form) in columns)
            {
                ulong value = ReadColumn(ref reader, (DwForm)form, offsetSize);
                if ((DwLnct)content == DwLnct.Path) { name = value; }
                else if ((DwLnct)content == DwLnct.DirectoryIndex) { directory = value; }
            }

            entries[i] = new Entry(name, directory);
        }

        return entries;
    }

    /// <summary>A number, or a <see cref="StringReference"/>; 0 for a column that holds neither.</summary>
    private static ulong ReadColumn(ref ByteReader reader, DwForm form, int offsetSize)
    {
        switch (form)
        {
            case DwForm.LineStrp: return StringReference.InLineStr(reader.ReadUnsigned(offsetSize));
            case DwForm.Strp: return StringReference.InStr(reader.ReadUnsigned(offsetSize));
            case DwForm.String:
                ulong at = (ulong)reader.Position;
                reader.ReadCString();
                return StringReference.InLine(at);
            case DwForm.Udata: return reader.ReadUleb();
            case DwForm.Data1: return reader.ReadByte();
            case DwForm.Data2: return reader.ReadUInt16();
            case DwForm.Data4: return reader.ReadUInt32();
            case DwForm.Data8: return reader.ReadUInt64();
            case DwForm.Data16: reader.Skip(16); return 0;
            case DwForm.Block: reader.Skip(reader.ReadUleb()); return 0;
            default: throw reader.Fault(reader.Position, $"unknown form 0x{(int)form:x} in a file table");
        }
    }

    // Directory 0 is the compilation directory itself: names in it are shown relative to it.
    private Entry DirectoryOf(Entry file) => file.Directory > 0 && file.Directory < (ulong)_directories.Length ? _directories[file.Directory] : Entry.None;

    private ReadOnlySpan<byte> Bytes(Entry entry) => entry.IsNone ? default : new StringReference(entry.Name).Read(_sections!);

    private static string Join(string directory, string name)
        => directory.Length == 0 || name.StartsWith('/') ? name : directory.EndsWith('/') ? directory + name : directory + "/" + name;

    /// <param name="Name">A <see cref="StringReference"/>.</param>
    private readonly record struct Entry(ulong Name, ulong Directory)
    {
        public static Entry None { get; } = new(ulong.MaxValue, 0);
        public bool IsNone => Name == ulong.MaxValue;
    }
}
