namespace DebugInfoFetch.Sources.Rpm;

/// <summary>The order of rpm's versions and releases (rpmvercmp, lib/rpmvercmp.c): runs of digits and letters, '~' before and '^' after the end.</summary>
public static class RpmVersion
{
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    /// <returns>Negative when <paramref name="a"/> is older.</returns>
    public static int Compare(string a, string b)
    {
        int i = 0, j = 0;
        while (true)
        {
            while (i < a.Length && !IsPart(a[i])) { i++; }
            while (j < b.Length && !IsPart(b[j])) { j++; }
            bool tildeA = i < a.Length && a[i] == '~', tildeB = j < b.Length && b[j] == '~';
            if (tildeA || tildeB)
            {
                if (tildeA != tildeB) { return tildeA ? -1 : 1; }
                i++;
                j++;
                continue;
            }

            bool caretA = i < a.Length && a[i] == '^', caretB = j < b.Length && b[j] == '^';
            if (caretA || caretB)
            {
                if (caretA && caretB)
                {
                    i++;
                    j++;
                    continue;
                }

                // After the end, before everything else.
                return caretA ? (j == b.Length ? 1 : -1) : (i == a.Length ? -1 : 1);
            }

            if (i == a.Length || j == b.Length) { return (a.Length - i).CompareTo(b.Length - j) switch { 0 => 0, < 0 => -1, _ => 1 }; }

            bool isNumber = char.IsAsciiDigit(a[i]);
            int startA = i, startB = j;
            while (i < a.Length && (isNumber ? char.IsAsciiDigit(a[i]) : char.IsAsciiLetter(a[i]))) { i++; }
            while (j < b.Length && (isNumber ? char.IsAsciiDigit(b[j]) : char.IsAsciiLetter(b[j]))) { j++; }
            // A number is newer than letters.
            if (j == startB) { return isNumber ? 1 : -1; }
            int order = CompareRuns(a.AsSpan(startA, i - startA), b.AsSpan(startB, j - startB), isNumber);
            if (order != 0) { return order; }
        }
    }

    private static bool IsPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '~' or '^';

    private static int CompareRuns(ReadOnlySpan<char> a, ReadOnlySpan<char> b, bool areNumbers)
    {
        if (!areNumbers) { return a.CompareTo(b, StringComparison.Ordinal); }
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.CompareTo(b, StringComparison.Ordinal);
    }
}
