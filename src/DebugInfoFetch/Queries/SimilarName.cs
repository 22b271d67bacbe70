using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>"Did you mean" among the few names of one struct, one parameter list or the commands.</summary>
public static class SimilarName
{
    /// <summary>Names like the one that was typed, best first, at most <paramref name="limit"/>. Among few names a part of one is a good guess too.</summary>
    public static IReadOnlyList<string> Among(IEnumerable<string> names, string typed, int limit = 3)
    {
        var nearest = new NearestNames(typed, limit, countsParts: true);
        foreach (string name in names.Where(n => n.Length > 0)) { nearest.Offer(name); }
        return nearest.Best();
    }
}
