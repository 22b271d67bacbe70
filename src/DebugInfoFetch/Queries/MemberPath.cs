using System.Text.RegularExpressions;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Queries;

/// <summary>A path of an <c>offset</c> query: <c>[struct |union ]NAME[@SOURCE]STEP...</c></summary>
/// <param name="Keyword">The kind that the path insists on; null when it only names.</param>
/// <param name="Source">Tail of a source path; null when none is given.</param>
public sealed partial record MemberPath(TypeKind? Keyword, string Root, string? Source, IReadOnlyList<PathStep> Steps)
{
    /// <param name="fault">One line when the text is no path; null otherwise.</param>
    public static MemberPath? Parse(string text, out string? fault)
    {
        Match match = Form().Match(text.Trim());
        if (!match.Success)
        {
            fault = "a path is STRUCT.MEMBER, for example task_struct.pid, list_head.next->prev or foo@fs/foo.c.bar";
            return null;
        }

        TypeKind? keyword = match.Groups["keyword"].Value switch { "struct" => TypeKind.Struct, "union" => TypeKind.Union, _ => null };
        string? source = match.Groups["source"] is { Success: true } group ? group.Value : null;
        IReadOnlyList<PathStep> steps = PathStep.Parse(match.Groups["steps"].Value, out fault);
        return fault is null ? new MemberPath(keyword, match.Groups["root"].Value, source, steps) : null;
    }

    // A source's name has dots as a path has: it ends at the first ending of a source file that a step or nothing follows.
    [GeneratedRegex(@"^(?:(?<keyword>struct|union)\s+)?(?<root>[A-Za-z_][A-Za-z0-9_]*)(?:@(?<source>\S+?\.(?:c|h|S|inc|rs|cc|cpp))(?=\z|\.|->|\[))?(?<steps>(?:[.\[]|->).*)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
