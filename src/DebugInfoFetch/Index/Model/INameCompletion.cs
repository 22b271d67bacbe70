namespace DebugInfoFetch.Index.Model;

/// <summary>A kernel model that finds the beginnings of names by an index, for completion while somebody types.</summary>
public interface INameCompletion
{
    /// <summary>Names of that kind that begin with <paramref name="prefix"/>, in order, at most <paramref name="limit"/>.</summary>
    IReadOnlyList<string> NamesStartingWith(NameKind kind, string prefix, int limit);
}
