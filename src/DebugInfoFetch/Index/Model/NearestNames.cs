namespace DebugInfoFetch.Index.Model;

/// <summary>
/// Keeps, of many names, those nearest to a mistyped one: by edit distance (a transposition is one edit), at most about a third of the
/// name's length, ties by length, then by name.
/// </summary>
public sealed class NearestNames
{
    private const int MinStem = 6;
    private readonly string _wanted;
    private readonly int _limit, _maxDistance;
    private readonly bool _countsParts;
    private readonly List<(int Distance, string Name)> _best = [];
    private readonly int[] _beforeLast, _last, _current;

    /// <param name="countsParts">Names that contain the wanted one, or that it contains, count too, however long they are.</param>
    public NearestNames(string wanted, int limit, bool countsParts = false)
    {
        _countsParts = countsParts;
        _wanted = wanted;
        _limit = limit;
        _maxDistance = Math.Clamp((wanted.Length + 1) / 3, 1, 6);
        (_beforeLast, _last, _current) = (new int[wanted.Length + 1], new int[wanted.Length + 1], new int[wanted.Length + 1]);
    }

    public void Offer(string name)
    {
        // What the kernel renamed by adding to it (kmem_cache_alloc_noprof, sized_strscpy), and made a macro of the name: as good as a slip of one finger.
        int added = name.Length - _wanted.Length;
        if (_wanted.Length >= MinStem && added > 0
            && ((name[_wanted.Length] == '_' && name.StartsWith(_wanted, StringComparison.Ordinal)) || (name[added - 1] == '_' && name.EndsWith(_wanted, StringComparison.Ordinal))))
        {
            Keep(1, name);
            return;
        }

        bool isPart = _countsParts && IsPart(name);
        if (!isPart && Math.Abs(name.Length - _wanted.Length) > _maxDistance) { return; }
        int distance = Distance(name, isPart ? int.MaxValue : _maxDistance);
        if (isPart || distance <= _maxDistance) { Keep(distance, name); }
    }

    public IReadOnlyList<string> Best()
        => [.. _best.OrderBy(b => b.Distance).ThenBy(b => Math.Abs(b.Name.Length - _wanted.Length)).ThenBy(b => b.Name, StringComparer.Ordinal).Take(_limit).Select(b => b.Name)];

    private void Keep(int distance, string name)
    {
        if (!_best.Contains((distance, name))) { _best.Add((distance, name)); }
    }

    private bool IsPart(string name)
        => _wanted.Length >= 3 && name.Length >= 3
            && (name.Contains(_wanted, StringComparison.OrdinalIgnoreCase) || _wanted.Contains(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Edits from the wanted name; some number above <paramref name="limit"/> once it is clear that there are more.</summary>
    private int Distance(string name, int limit)
    {
        int[] beforeLast = _beforeLast, last = _last, current = _current;
        for (int j = 0; j <= _wanted.Length; j++) { last[j] = j; }
        for (int i = 1; i <= name.Length; i++)
        {
            current[0] = i;
            int smallest = i;
            for (int j = 1; j <= _wanted.Length; j++)
            {
                int cost = char.ToLowerInvariant(name[i - 1]) == char.ToLowerInvariant(_wanted[j - 1]) ? 0 : 1;
                int value = Math.Min(Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && name[i - 1] == _wanted[j - 2] && name[i - 2] == _wanted[j - 1]) { value = Math.Min(value, beforeLast[j - 2] + 1); }
                current[j] = value;
                smallest = Math.Min(smallest, value);
            }

            if (smallest > limit) { return smallest; }
            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[_wanted.Length];
    }
}
