using DebugInfoFetch.Bodies;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>Where statements of a function begin in its code.</summary>
internal static class StatementPlaces
{
    /// <summary>
    /// Addresses to probe for a line: in each block that has code of it the first, as debuggers set breakpoints, and once for each stretch of the function
    /// (hot and cold part).
    /// </summary>
    /// <param name="function">The body's root, or an inlined copy in it: what is inlined into that does not count.</param>
    /// <param name="others">Further rows of the line in the same blocks, to which a probe at the first does not reach by itself.</param>
    public static IReadOnlyList<ulong> Of(FunctionBody body, BodyScope function, SourceLocation at, out int others)
    {
        StatementRow[] rows = [.. Rows(body, function).Where(r => r.Line == at.Line && r.File == at.File).DistinctBy(r => r.Address)];
        ulong[] first = [.. rows.GroupBy(r => (Block: FunctionBody.OwnScopes(function, r.Address).Last().DieOffset, Part: PartOf(body.Root, r.Address))).Select(g => g.Min(r => r.Address)).Order()];
        others = rows.Length - first.Length;
        return first;
    }

    /// <summary>Lines of the function that have code. What stands before its declaration came in by a macro, or from a function that left no trace.</summary>
    public static IEnumerable<int> Lines(FunctionBody body, BodyScope function)
        => Rows(body, function).Where(r => r.File == function.DeclaredAt?.File && r.Line >= function.DeclaredAt?.Line).Select(r => r.Line).Distinct();

    /// <summary>Statements of the function itself, not of what is inlined into it.</summary>
    public static IEnumerable<StatementRow> Rows(FunctionBody body, BodyScope function)
        => body.Rows.Where(r => r.IsStatement && r.Line > 0 && function.Contains(r.Address) && ReferenceEquals(body.FunctionOf(r.Address, new SourceLocation(r.File, r.Line)), function));

    private static int PartOf(BodyScope root, ulong pc)
    {
        for (int i = 0; i < root.Ranges.Count; i++)
        {
            AddressRange range = root.Ranges[i];
            if (range.Contains(pc)) { return i; }
        }

        return -1;
    }
}
