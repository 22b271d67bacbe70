using System.Text;

namespace DebugInfoFetch.Cli.Terminal;

/// <summary>Prose broken between words for a terminal of 80 columns. A word that is longer (an address) stands on a line of its own, whole.</summary>
internal static class WrappedText
{
    private const int Columns = 80;

    /// <param name="first">What the first line begins with; the others are indented as much.</param>
    public static string Of(string first, string text)
    {
        var result = new StringBuilder(first);
        string indent = new(' ', first.Length);
        int column = first.Length;
        bool isFirst = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isFirst && column + 1 + word.Length > Columns)
            {
                result.Append('\n').Append(indent);
                column = indent.Length;
                isFirst = true;
            }

            if (!isFirst) { result.Append(' '); }
            result.Append(word);
            column += word.Length + (isFirst ? 0 : 1);
            isFirst = false;
        }

        return result.Append('\n').ToString();
    }
}
