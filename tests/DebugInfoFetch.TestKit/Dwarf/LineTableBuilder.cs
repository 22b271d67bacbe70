using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Dwarf;

/// <summary>The header of a line table with its directories and files (DWARF 5 §6.2.4, DWARF 4 §6.2.4), and a line program.</summary>
public sealed class LineTableBuilder
{
    private readonly List<string> _directories = [];
    private readonly List<(string Name, int Directory)> _files = [];

    public ushort Version { get; set; } = 5;
    public bool Is64Bit { get; set; }
    /// <summary>Version 5: names by DW_FORM_line_strp (as gcc writes them), else DW_FORM_string.</summary>
    public bool UsesLineStr { get; set; } = true;
    /// <summary>What the header claims to have; the true number when null. Version 5.</summary>
    public ulong? ClaimedFiles { get; set; }
    /// <summary>The form of the name column. Version 5.</summary>
    public ulong? NameForm { get; set; }

    public LineTableBuilder Directory(string name)
    {
        _directories.Add(name);
        return this;
    }

    public LineTableBuilder File(string name, int directory = 0)
    {
        _files.Add((name, directory));
        return this;
    }

    private ByteBuilder? _program;

    /// <summary>minimum_instruction_length.</summary>
    public byte MinimumInstructionLength { get; set; } = 1;

    /// <summary>The line program's bytes (DWARF 5 §6.2.5). line_base is -10, line_range 242, opcode_base 13.</summary>
    public LineTableBuilder Program(Action<ByteBuilder> program)
    {
        program(_program ??= new ByteBuilder());
        return this;
    }

    /// <summary>DW_LNE_set_address, then a row a line: DW_LNS_advance_pc, advance_line, copy; DW_LNE_end_sequence at the end.</summary>
    public LineTableBuilder Sequence(ulong start, ulong end, params (ulong Address, int Line)[] rows) => Program(b =>
    {
        b.U8(0).Uleb(9).U8(2).U64(start);
        (ulong address, int line) = (start, 1);
        foreach ((ulong at, int of) in rows)
        {
            if (at != address) { b.U8(2).Uleb((at - address) / MinimumInstructionLength); }
            if (of != line) { b.U8(3).Sleb(of - line); }
            b.U8(1);
            (address, line) = (at, of);
        }

        b.U8(2).Uleb((end - address) / MinimumInstructionLength).U8(0).Uleb(1).U8(1);
    });

    internal void Write(ByteBuilder line, Func<string, ulong> lineStr)
    {
        var rest = new ByteBuilder(line.IsBigEndian);
        // minimum_instruction_length, maximum_operations, default_is_stmt, line_base, line_range, opcode_base and its lengths
        rest.U8(MinimumInstructionLength);
        if (Version >= 4) { rest.U8(1); }
        rest.U8(1).U8(0xf6).U8(242).U8(13).Bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
        if (Version >= 5) { WriteTables(rest, lineStr); } else { WriteLists(rest); }
        byte[] restBytes = rest.ToArray();
        var table = new ByteBuilder(line.IsBigEndian).U16(Version);
        if (Version >= 5) { table.U8(8).U8(0); }
        table.Integer((ulong)restBytes.Length, Is64Bit ? 8 : 4).Bytes(restBytes);
        byte[] bytes = _program is null ? table.ToArray() : table.Bytes(_program.ToArray()).ToArray();
        if (Is64Bit) { line.U32(0xffff_ffff).U64((ulong)bytes.Length); } else { line.U32((ulong)bytes.Length); }
        line.Bytes(bytes);
    }

    private void WriteTables(ByteBuilder to, Func<string, ulong> lineStr)
    {
        ulong form = NameForm ?? (UsesLineStr ? 0x1fu : 0x08u);
        // One column for directories; for files also the directory's number, and an MD5 that readers step over.
        to.U8(1).Uleb(1).Uleb(form).Uleb((ulong)_directories.Count);
        foreach (string directory in _directories) { Name(directory); }
        to.U8(3).Uleb(1).Uleb(form).Uleb(2).Uleb(0x0b).Uleb(5).Uleb(0x1e).Uleb(ClaimedFiles ?? (ulong)_files.Count);
        foreach ((string name, int directory) in _files)
        {
            Name(name);
            to.U8((ulong)directory).Bytes(new byte[16]);
        }

        void Name(string text)
        {
            if (UsesLineStr) { to.Integer(lineStr(text), Is64Bit ? 8 : 4); } else { to.Text(text); }
        }
    }

    private void WriteLists(ByteBuilder to)
    {
        foreach (string directory in _directories) { to.Text(directory); }
        to.U8(0);
        foreach ((string name, int directory) in _files) { to.Text(name).Uleb((ulong)directory).Uleb(0).Uleb(0); }
        to.U8(0);
    }
}
