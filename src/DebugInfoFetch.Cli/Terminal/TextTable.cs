namespace DebugInfoFetch.Cli.Terminal;

/// <summary>Rows in columns that are as wide as their widest cell; two spaces between, none at a line's end.</summary>
/// <param name="headings">One a column; a heading that begins with <c>&gt;</c> sets its column flush right.</param>
internal sealed class TextTable(params string[] headings)
{
    // A cell wider than this does not push all other rows apart.
    private const int WidestColumn = 48;

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output, Ansi colours, bool withHeadings)
    {
        var widths = new int[headings.Length];
        for (int column = 0; column < widths.Length; column++)
        {
            int heading = withHeadings ? Title(column).Length : 0;
            widths[column] = Math.Min(WidestColumn, Math.Max(heading, _rows.Count == 0 ? 0 : _rows.Max(row => row[column].Length)));
        }

        if (withHeadings)
        {
            string[] titles = [.. headings.Select((_, column) => Title(column))];
            output.Write($"{colours.Bold(Line(titles, widths))}\n");
        }

        foreach (string[] row in _rows) { output.Write($"{Line(row, widths)}\n"); }
    }

    private string Line(string[] cells, int[] widths)
    {
        var padded = cells.Select((cell, column) => IsRight(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
        return string.Join("  ", padded).TrimEnd();
    }

    private string Title(int column) => headings[column].TrimStart('>');
    private bool IsRight(int column) => headings[column].StartsWith('>');
}
