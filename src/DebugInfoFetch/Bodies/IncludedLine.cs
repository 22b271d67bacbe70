using System.Text;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Bodies;

/// <summary>A line of a file that others include, with its code in all units of a module.</summary>
/// <param name="File">Relative to the source tree's root, in full.</param>
/// <param name="Lines">All lines of the file that have code.</param>
/// <param name="Addresses">The file's addresses at which statements of the line begin, in ascending order.</param>
internal sealed record IncludedLine(string File, SortedSet<int> Lines, SortedSet<ulong> Addresses)
{
    /// <summary>One for each file that has code and that the tail means.</summary>
    public static IReadOnlyList<IncludedLine> Find(DwarfSections sections, IReadOnlyList<DwarfUnit> units, string tail, int line)
    {
        byte[] ending = Encoding.UTF8.GetBytes(Path.GetFileName(tail));
        var found = new SortedDictionary<string, IncludedLine>(StringComparer.Ordinal);
        var abbreviations = new AbbreviationTable();
        DieValues values = default;
        foreach (DwarfUnit unit in units)
        {
            abbreviations.Fill(sections, unit);
            new DieReader(sections, unit, abbreviations).ReadUnitDie(ref values);
            if (!values.Has(DieSlot.StatementList)) { continue; }
            string directory = values.Has(DieSlot.CompilationDirectory) ? Encoding.UTF8.GetString(new StringReference(values.Get(DieSlot.CompilationDirectory)).Read(sections)) : "";
            Dictionary<int, IncludedLine> files = FilesOf(LineTableFiles.Read(sections, values.Get(DieSlot.StatementList)), directory, ending, tail, found);
            if (files.Count == 0) { continue; }
            foreach (LineRow row in LineProgram.Run(sections, values.Get(DieSlot.StatementList)))
            {
                if (!row.IsStatement || row.EndsSequence || row.Line == 0 || !files.TryGetValue(row.File, out IncludedLine? file)) { continue; }
                file.Lines.Add(row.Line);
                if (row.Line == line) { file.Addresses.Add(row.Address); }
            }
        }

        return [.. found.Values.Where(f => f.Lines.Count > 0)];
    }

    /// <summary>The files of one table that are meant, by their numbers.</summary>
    private static Dictionary<int, IncludedLine> FilesOf(LineTableFiles names, string directory, byte[] ending, string tail, SortedDictionary<string, IncludedLine> found)
    {
        var files = new Dictionary<int, IncludedLine>();
        for (int number = 0; number < names.Count; number++)
        {
            if (!names.EndsWith(number, ending)) { continue; }
            string file = FileTable.Normalize(names.Name(number), directory);
            if (!SourceTail.Matches(file, tail)) { continue; }
            if (!found.TryGetValue(file, out IncludedLine? line)) { found.Add(file, line = new IncludedLine(file, [], [])); }
            files[number] = line;
        }

        return files;
    }
}
