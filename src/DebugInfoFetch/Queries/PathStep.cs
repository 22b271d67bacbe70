using System.Globalization;

namespace DebugInfoFetch.Queries;

/// <summary>One step of a path into a type: <c>.name</c>, <c>-&gt;name</c> or <c>[N]</c>.</summary>
public abstract record PathStep
{
    /// <param name="ThroughPointer">Written with <c>-&gt;</c>.</param>
    public sealed record Member(string Name, bool ThroughPointer) : PathStep
    {
        public override string ToString() => (ThroughPointer ? "->" : ".") + Name;
    }

    public sealed record Element(long Index) : PathStep
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Index}]");
    }

    /// <summary>Reads steps to the end of the text.</summary>
    /// <param name="fault">One line when something else stands there; null when all was read.</param>
    public static IReadOnlyList<PathStep> Parse(ReadOnlySpan<char> text, out string? fault)
    {
        List<PathStep> steps = [];
        fault = null;
        while (!text.IsEmpty)
        {
            bool arrow = text.StartsWith("->", StringComparison.Ordinal);
            if (arrow || text[0] == '.')
            {
                text = text[(arrow ? 2 : 1)..];
                int length = IdentifierLength(text);
                if (length == 0)
                {
                    fault = $"a member's name should follow '{(arrow ? "->" : ".")}', not '{text}'";
                    return steps;
                }

                steps.Add(new Member(text[..length].ToString(), arrow));
                text = text[length..];
            }
            else if (text[0] == '[')
            {
                int end = text.IndexOf(']');
                if (end < 0 || !TryIndex(text[1..end], out long index))
                {
                    fault = $"an index is a number in brackets, '[0]', not '{text}'";
                    return steps;
                }

                steps.Add(new Element(index));
                text = text[(end + 1)..];
            }
            else
            {
                fault = $"'.member', '->member' or '[N]' should follow, not '{text}'";
                return steps;
            }
        }

        return steps;
    }

    /// <summary>Characters of the C identifier that the text begins with; 0 when it begins with none.</summary>
    internal static int IdentifierLength(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '_')) { length++; }
        return length > 0 && char.IsAsciiDigit(text[0]) ? 0 : length;
    }

    private static bool TryIndex(ReadOnlySpan<char> text, out long index)
        => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out index) && index >= 0
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
