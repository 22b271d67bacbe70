namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What came of comparing the program's layouts with pahole's for one debug file.</summary>
/// <param name="Types">Types of pahole's that one of ours equals.</param>
/// <param name="Members">Members in those types, nested ones included.</param>
/// <param name="Differences">In words, one a type.</param>
/// <param name="NotPrinted">Types of ours, defined in this file, whose name pahole does not print at all.</param>
public sealed record LayoutComparison(int Types, int Members, IReadOnlyList<string> Differences, IReadOnlyList<TypeLayout> NotPrinted)
{
    /// <param name="file"><c>vmlinux</c> or a module's name.</param>
    /// <param name="ours">Layouts of the whole kernel: several of one name where they differ.</param>
    /// <param name="pahole">Every layout that pahole prints for this file: each of these must be among ours.</param>
    public static LayoutComparison Of(string file, IReadOnlyList<TypeLayout> ours, IReadOnlyList<TypeLayout> pahole)
    {
        ILookup<(string, string), TypeLayout> oursByKey = ours.ToLookup(t => t.Key);
        ILookup<(string, string), TypeLayout> theirsByKey = pahole.ToLookup(t => t.Key);
        List<string> differences = [];
        int types = 0, members = 0;
        foreach (TypeLayout theirs in pahole)
        {
            List<string?> found = [.. oursByKey[theirs.Key].Select(t => t.DifferenceFrom(theirs))];
            if (found.Contains(null))
            {
                types++;
                members += theirs.Members.Count;
            }
            else
            {
                differences.Add(found is [] ? $"{theirs.Kind} {theirs.Name}: only pahole has it" : $"{theirs.Kind} {theirs.Name}: ours has {string.Join("; or ", found)}");
            }
        }

        List<TypeLayout> notPrinted = [];
        foreach (TypeLayout type in ours.Where(t => t.Module == file))
        {
            List<string?> found = [.. theirsByKey[type.Key].Select(t => type.DifferenceFrom(t))];
            if (found is [])
            {
                notPrinted.Add(type);
            }
            else if (!found.Contains(null))
            {
                differences.Add($"{type.Kind} {type.Name}: pahole prints none of ours; {string.Join("; or ", found)}");
            }
        }

        return new LayoutComparison(types, members, differences, notPrinted);
    }
}
