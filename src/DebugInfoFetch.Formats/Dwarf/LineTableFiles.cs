using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>
/// The file names of a line table's header (DWARF 5 §6.2.4), which DW_AT_decl_file and DW_AT_call_file index. Names are as recorded:
/// directory and name joined, not made absolute with the compilation directory.
/// </summary>
public static class LineTableFiles
{
    /// <summary>Names by file number; number 0 of versions before 5, which means "no file", is empty.</summary>
    /// <param name="offset">DW_AT_stmt_list: offset of the table in .debug_line.</param>
    public static string[] Read(DwarfSections sections, ulong offset)
    {
        ByteReader reader = sections.Reader(sections.Line, ".debug_line");
        if (offset >= (ulong)reader.Length) { throw reader.Fault((long)offset, "line table lies past the end of the section"); }
        reader.Position = (int)offset;
        ulong length = reader.ReadUInt32();
        int offsetSize = 4;
        if (length == 0xffff_ffff)
        {
            length = reader.ReadUInt64();
            offsetSize = 8;
        }

        if (length > (ulong)(reader.Length - reader.Position)) { throw reader.Fault((long)offset, $"line table of {length} bytes does not fit the section"); }
        ushort version = reader.ReadUInt16();
        if (version is < 2 or > 5) { throw reader.Fault((long)offset, $"line table version {version}: versions 2 to 5 are supported"); }
        if (version == 5) { reader.Skip(2); }
        reader.ReadUnsigned(offsetSize);
        // minimum_instruction_length, maximum_operations_per_instruction (4+), default_is_stmt, line_base, line_range
        reader.Skip(version >= 4 ? 5u : 4u);
        byte opcodeBase = reader.ReadByte();
        reader.Skip(opcodeBase == 0 ? 0u : opcodeBase - 1u);
        return version == 5 ? ReadTables(sections, ref reader, offsetSize) : ReadLists(ref reader);
    }

    private static string[] ReadLists(ref ByteReader reader)
    {
        var directories = new List<string> { "" };
        while (true)
        {
            ReadOnlySpan<byte> name = reader.ReadCString();
            if (name.IsEmpty) { break; }
            directories.Add(Encoding.UTF8.GetString(name));
        }

        var files = new List<string> { "" };
        while (true)
        {
            ReadOnlySpan<byte> name = reader.ReadCString();
            if (name.IsEmpty) { return files.ToArray(); }
            string text = Encoding.UTF8.GetString(name);
            ulong directory = reader.ReadUleb();
            reader.ReadUleb();
            reader.ReadUleb();
            files.Add(Join(directory < (ulong)directories.Count ? directories[(int)directory] : "", text));
        }
    }

    private static string[] ReadTables(DwarfSections sections, ref ByteReader reader, int offsetSize)
    {
        (string Name, ulong Directory)[] directories = ReadTable(sections, ref reader, offsetSize);
        (string Name, ulong Directory)[] files = ReadTable(sections, ref reader, offsetSize);
        // Directory 0 is the compilation directory itself: names in it are shown relative to it.
        return Array.ConvertAll(files, f => Join(f.Directory > 0 && f.Directory < (ulong)directories.Length ? directories[f.Directory].Name : "", f.Name));
    }

    private static (string Name, ulong Directory)[] ReadTable(DwarfSections sections, ref ByteReader reader, int offsetSize)
    {
        int at = reader.Position;
        var columns = new (ulong Content, ulong Form)[reader.ReadByte()];
        for (int i = 0; i < columns.Length; i++) { columns[i] = (reader.ReadUleb(), reader.ReadUleb()); }
        ulong count = reader.ReadUleb();
        // Each entry takes at least a byte a column: a count beyond what is left is a lie.
        if (count > (ulong)(reader.Length - reader.Position)) { throw reader.Fault(at, $"{count} file names do not fit the section"); }
        var entries = new (string, ulong)[count];
        for (int i = 0; i < entries.Length; i++)
        {
            string name = "";
            ulong directory = 0;
            foreach ((ulong content, ulong form) in columns)
            {
                switch ((DwForm)form)
                {
                    case DwForm.String: SetName(content, reader.ReadCString(), ref name); break;
                    case DwForm.LineStrp: SetName(content, new StringReference(StringReference.InLineStr(reader.ReadUnsigned(offsetSize))).Read(sections), ref name); break;
                    case DwForm.Strp: SetName(content, new StringReference(StringReference.InStr(reader.ReadUnsigned(offsetSize))).Read(sections), ref name); break;
                    case DwForm.Udata: SetDirectory(content, reader.ReadUleb(), ref directory); break;
                    case DwForm.Data1: SetDirectory(content, reader.ReadByte(), ref directory); break;
                    case DwForm.Data2: SetDirectory(content, reader.ReadUInt16(), ref directory); break;
                    case DwForm.Data4: reader.Skip(4); break;
                    case DwForm.Data8: reader.Skip(8); break;
                    case DwForm.Data16: reader.Skip(16); break;
                    case DwForm.Block: reader.Skip(reader.ReadUleb()); break;
                    default: throw reader.Fault(reader.Position, $"unknown form 0x{form:x} in a file table");
                }
            }

            entries[i] = (name, directory);
        }

        return entries;

        static void SetName(ulong content, ReadOnlySpan<byte> text, ref string name)
        {
            if ((DwLnct)content == DwLnct.Path) { name = Encoding.UTF8.GetString(text); }
        }

        static void SetDirectory(ulong content, ulong value, ref ulong directory)
        {
            if ((DwLnct)content == DwLnct.DirectoryIndex) { directory = value; }
        }
    }

    private static string Join(string directory, string name)
        => directory.Length == 0 || name.StartsWith('/') ? name : directory.EndsWith('/') ? directory + name : directory + "/" + name;
}
