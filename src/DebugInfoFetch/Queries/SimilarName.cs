namespace DebugInfoFetch.Queries;

/// <summary>"Did you mean" among the few names of one struct or one parameter list.</summary>
public static class SimilarName
{
    /// <summary>Names like the one that was typed, best first, at most <paramref name="limit"/>.</summary>
    public static IReadOnlyList<string> Among(IEnumerable<string> names, string typed, int limit = 3)
        => [.. names
            .Where(n => n.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Select(n => (Name: n, Distance: Distance(n, typed)))
            .Where(n => n.Distance <= Math.Max(1, typed.Length / 3) || Contains(n.Name, typed))
            .OrderBy(n => n.Distance)
            .ThenBy(n => n.Name, StringComparer.Ordinal)
            .Take(limit)
            .Select(n => n.Name)];

    private static bool Contains(string name, string typed)
        => typed.Length >= 3 && (name.Contains(typed, StringComparison.OrdinalIgnoreCase)
            || (name.Length >= 3 && typed.Contains(name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Edits (insert, delete, replace, swap of neighbours) between two names, case ignored.</summary>
    private static int Distance(string a, string b)
    {
        a = a.ToLowerInvariant();
        b = b.ToLowerInvariant();
        int[] older = new int[b.Length + 1], last = new int[b.Length + 1], now = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) { last[j] = j; }
        for (int i = 1; i <= a.Length; i++)
        {
            now[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                now[j] = Math.Min(replace, Math.Min(last[j], now[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) { now[j] = Math.Min(now[j], older[j - 2] + 1); }
            }

            (older, last, now) = (last, now, older);
        }

        return last[b.Length];
    }
}
