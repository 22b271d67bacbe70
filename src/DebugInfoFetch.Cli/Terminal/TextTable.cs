using System.Text;

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
        int[] widths = Widths(withHeadings);
        if (withHeadings)
        {
            var titles = new string[headings.Length];
            for (int column = 0; column < titles.Length; column++) { titles[column] = Title(column); }
            output.Write($"{colours.Bold(Line(titles, widths))}\n");
        }

        foreach (string[] row in _rows) { output.Write($"{Line(row, widths)}\n"); }
    }

    private int[] Widths(bool withHeadings)
    {
        var widths = new int[headings.Length];
        for (int column = 0; column < widths.Length; column++)
        {
            int width = withHeadings ? Title(column).Length : 0;
            foreach (string[] row in _rows) { width = Math.Max(width, row[column].Length); }
            widths[column] = Math.Min(WidestColumn, width);
        }

        return widths;
    }

    private string Line(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (int column = 0; column < cells.Length; column++)
        {
            if (column > 0) { line.Append("  "); }
            line.Append(IsRight(column) ? cells[column].PadLeft(widths[column]) : cells[column].PadRight(widths[column]));
        }

        return line.ToString().TrimEnd();
    }

    private string Title(int column) => headings[column].TrimStart('>');
    private bool IsRight(int column) => headings[column].StartsWith('>');
}
