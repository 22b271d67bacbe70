namespace DebugInfoFetch.Sources.Debian;

/// <summary>The order of Debian's version numbers (deb-version(7)): epoch, then alternating runs of non-digits and numbers, '~' before the end.</summary>
public static class DebianVersion
{
    /// <returns>Negative when <paramref name="a"/> is older.</returns>
    public static int Compare(string a, string b)
    {
        (string epochA, string remainderA) = SplitEpoch(a);
        (string epochB, string remainderB) = SplitEpoch(b);
        int order = CompareNumbers(epochA, epochB);
        if (order != 0)
        {
            return order;
        }

        (string upstreamA, string revisionA) = SplitRevision(remainderA);
        (string upstreamB, string revisionB) = SplitRevision(remainderB);
        order = ComparePart(upstreamA, upstreamB);
        return order != 0 ? order : ComparePart(revisionA, revisionB);
    }

    private static (string Epoch, string Remainder) SplitEpoch(string version)
        => version.IndexOf(':', StringComparison.Ordinal) is >= 0 and int at ? (version[..at], version[(at + 1)..]) : ("0", version);

    private static (string Upstream, string Revision) SplitRevision(string version)
        => version.LastIndexOf('-') is >= 0 and int at ? (version[..at], version[(at + 1)..]) : (version, "");

    private static int ComparePart(string a, string b)
    {
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            while ((i < a.Length && !char.IsAsciiDigit(a[i])) || (j < b.Length && !char.IsAsciiDigit(b[j])))
            {
                int order = Weight(a, i).CompareTo(Weight(b, j));
                if (order != 0)
                {
                    return order;
                }

                i++;
                j++;
            }

            int startA = i, startB = j;
            while (i < a.Length && char.IsAsciiDigit(a[i])) { i++; }
            while (j < b.Length && char.IsAsciiDigit(b[j])) { j++; }
            int numbers = CompareNumbers(a[startA..i], b[startB..j]);
            if (numbers != 0)
            {
                return numbers;
            }
        }

        return 0;
    }

    /// <summary>'~' sorts before the end, the end (and a digit, where the non-digits end) before letters, letters before the rest.</summary>
    private static int Weight(string text, int at) => at >= text.Length || char.IsAsciiDigit(text[at]) ? 0 : text[at] switch
    {
        '~' => -1,
        var c when char.IsAsciiLetter(c) => c,
        var c => c + 256,
    };

    private static int CompareNumbers(string a, string b)
    {
        string x = a.TrimStart('0'), y = b.TrimStart('0');
        return x.Length != y.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(x, y);
    }
}
