using System.Text;

namespace DebugInfoFetch.Probes;

/// <summary>
/// A list for <c>probe --file</c>: a probe a line, <c>FUNCTION [ARG]...</c>, words split at white space as a shell does
/// (single quotes, double quotes, backslash); <c>#</c> at the start of a word begins a comment. Empty lines mean nothing.
/// </summary>
public static class ProbeListFile
{
    /// <summary>
    /// Splits the text into its entries. A line that cannot be read becomes an entry with <see cref="ProbeListEntry.Fault"/>.
    /// </summary>
    public static IReadOnlyList<ProbeListEntry> Parse(string text)
    {
        List<ProbeListEntry> entries = [];
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            List<string> words = Words(line, out string? fault);
            if (fault is not null) { entries.Add(new ProbeListEntry(number, null, fault)); }
            else if (words.Count > 0) { entries.Add(new ProbeListEntry(number, new ProbeRequest(words[0], words[1..]), null)); }
        }

        return entries;
    }

    // POSIX sh, "Quoting": in single quotes everything stands for itself; in double quotes \ keeps its meaning only before $ ` " \.
    private static List<string> Words(string line, out string? fault)
    {
        List<string> words = [];
        var word = new StringBuilder();
        bool isInWord = false;
        char quote = '\0';
        fault = null;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote != '\0')
            {
                if (c == quote) { quote = '\0'; }
                else if (quote == '"' && c == '\\' && i + 1 < line.Length
                    && line[i + 1] is '$' or '`' or '"' or '\\')
                {
                    word.Append(line[++i]);
                }
                else { word.Append(c); }
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                isInWord = true;
            }
            else if (c == '\\' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
                isInWord = true;
            }
            else if (char.IsWhiteSpace(c))
            {
                if (isInWord) { words.Add(word.ToString()); }
                word.Clear();
                isInWord = false;
            }
            else if (c == '#' && !isInWord)
            {
                break;
            }
            else
            {
                word.Append(c);
                isInWord = true;
            }
        }

        if (quote != '\0') { fault = $"a quote ({quote}) is not closed"; }
        if (isInWord) { words.Add(word.ToString()); }
        return words;
    }
}

/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="Request">Null when the line has a fault.</param>
/// <param name="Fault">One line that says what is wrong; null when nothing is.</param>
public sealed record ProbeListEntry(int Line, ProbeRequest? Request, string? Fault);
