using System.Text;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>The DIEs of one unit as a tree: one pass writes down where each is, values are read when they are asked for.</summary>
internal sealed class UnitTree
{
    private const int MaxDepth = 256;
    private readonly AbbreviationTable _abbreviations;
    private readonly DwarfUnit _unit;
    private readonly List<Node> _nodes = [];
    private readonly ulong _addressBase, _stringOffsetsBase;
    private readonly string _compilationDirectory;
    private LineTableFiles? _files;
    private List<LineRow>? _rows;

    /// <param name="Offset">From the unit's start.</param>
    /// <param name="Parent">Index of the parent; -1 for the unit's own DIE.</param>
    /// <param name="Next">Index of the first node behind the subtree.</param>
    public readonly record struct Node(int Offset, DwTag Tag, int Parent, int Next);

    private UnitTree(DwarfSections sections, in DwarfUnit unit)
    {
        Sections = sections;
        _unit = unit;
        _abbreviations = AbbreviationTable.Read(sections, unit, DieDetail.Bodies);
        var reader = new DieReader(sections, unit, _abbreviations);
        DieValues values = default;
        Abbreviation root = reader.ReadUnitDie(ref values);
        (_addressBase, _stringOffsetsBase) = (reader.AddressBase, reader.StringOffsetsBase);
        Bases = new ListBases(
            values.GetOr(DieSlot.LowPc, 0), _addressBase, values.GetOr(DieSlot.RangeListsBase, 0), values.GetOr(DieSlot.LocationListsBase, 0));
        StatementList = values.Has(DieSlot.StatementList) ? values.Get(DieSlot.StatementList) : null;
        _compilationDirectory = Text(values, DieSlot.CompilationDirectory);
        File = FileTable.Normalize(Text(values, DieSlot.Name), _compilationDirectory);
        _nodes.Add(new Node(unit.FirstDie - unit.Offset, root.Tag, -1, 0));
        if (root.HasChildren) { ReadChildren(ref reader); }
        _nodes[0] = _nodes[0] with { Next = _nodes.Count };
    }

    public DwarfSections Sections { get; }
    public DwarfUnit Unit => _unit;
    public ListBases Bases { get; }
    public ulong? StatementList { get; }
    /// <summary>DW_AT_name, relative to the source tree's root.</summary>
    public string File { get; }
    public IReadOnlyList<Node> Nodes => _nodes;
    /// <summary>Rows of the unit's line table, in the program's order.</summary>
    public IReadOnlyList<LineRow> Rows => _rows ??= StatementList is { } offset ? LineProgram.Run(Sections, offset) : [];

    private LineTableFiles Files => _files ??= StatementList is { } offset ? LineTableFiles.Read(Sections, offset) : LineTableFiles.None;

    public static UnitTree Read(DwarfSections sections, in DwarfUnit unit) => new(sections, unit);

    /// <summary>DW_AT_name of a unit, as it is recorded.</summary>
    public static string NameOf(DwarfSections sections, in DwarfUnit unit)
    {
        var reader = new DieReader(sections, in unit, AbbreviationTable.Read(sections, unit));
        DieValues values = default;
        reader.ReadUnitDie(ref values);
        return values.Has(DieSlot.Name) ? Encoding.UTF8.GetString(new StringReference(values.Get(DieSlot.Name)).Read(sections)) : "";
    }

    public DieValues ValuesOf(int node)
    {
        DieReader reader = ReaderAt(_nodes[node].Offset);
        DieValues values = default;
        if (reader.ReadAbbreviation() is { } abbreviation) { reader.Read(abbreviation, ref values); }
        return values;
    }

    /// <summary>Index of the DIE at an offset in the unit; throws when none begins there.</summary>
    public int At(ulong unitOffset)
    {
        int at = _nodes.BinarySearch(new Node((int)Math.Min(unitOffset, int.MaxValue), default, 0, 0), ByOffset.Instance);
        return at >= 0 ? at : throw ReaderAt(_nodes[0].Offset).Fault((long)Math.Min(unitOffset, int.MaxValue), "a reference leads to no DIE");
    }

    /// <summary>Children of a node, in order.</summary>
    public IEnumerable<int> Children(int node)
    {
        for (int child = node + 1; child < _nodes[node].Next; child = _nodes[child].Next) { yield return child; }
    }

    /// <summary>Offset of a node in .debug_info, for messages and evidence.</summary>
    public int SectionOffset(int node) => Unit.Offset + _nodes[node].Offset;

    /// <summary>The DIE that a concrete one is made after: DW_AT_abstract_origin or DW_AT_specification; -1 when it has none.</summary>
    public int OriginOf(in DieValues values)
        => values.Has(DieSlot.AbstractOrigin) ? At(values.Get(DieSlot.AbstractOrigin)) : values.Has(DieSlot.Specification) ? At(values.Get(DieSlot.Specification)) : -1;

    public string Text(in DieValues values, DieSlot slot)
        => values.Has(slot) ? Encoding.UTF8.GetString(new StringReference(values.Get(slot)).Read(Sections)) : "";

    /// <summary>A place in the source; null when the file's number or the line is not there.</summary>
    public SourceLocation? Location(in DieValues values, DieSlot file, DieSlot line)
        => values.Has(line) && FileName((int)values.GetOr(file, 0)) is { Length: > 0 } name ? new SourceLocation(name, (int)values.Get(line)) : null;

    /// <summary>A file of the line table relative to the source tree's root; empty when the number means none.</summary>
    public string FileName(int number) => Files.Name(number) is { Length: > 0 } name ? FileTable.Normalize(name, _compilationDirectory) : "";

    public List<AddressRange> RangesOf(in DieValues values) => DwarfLists.RangesOf(Sections, Unit, Bases, values);

    private DieReader ReaderAt(int unitOffset)
        => new(Sections, in _unit, _abbreviations) { AddressBase = _addressBase, StringOffsetsBase = _stringOffsetsBase, NextOffset = unitOffset };

    private void ReadChildren(ref DieReader reader)
    {
        var open = new Stack<int>();
        open.Push(0);
        while (open.Count > 0 && !reader.AtEnd)
        {
            int offset = reader.NextOffset;
            if (reader.ReadAbbreviation() is not { } abbreviation)
            {
                Close(open.Pop());
                continue;
            }

            int index = _nodes.Count;
            _nodes.Add(new Node(offset, abbreviation.Tag, open.Peek(), index + 1));
            reader.Skip(abbreviation);
            if (!abbreviation.HasChildren) { continue; }
            if (open.Count == MaxDepth) { throw reader.Fault(offset, $"DIEs nested more than {MaxDepth} deep"); }
            open.Push(index);
        }

        while (open.Count > 0) { Close(open.Pop()); }
    }

    private void Close(int node) => _nodes[node] = _nodes[node] with { Next = _nodes.Count };

    private sealed class ByOffset : IComparer<Node>
    {
        public static ByOffset Instance { get; } = new();
        public int Compare(Node x, Node y) => x.Offset.CompareTo(y.Offset);
    }
}
