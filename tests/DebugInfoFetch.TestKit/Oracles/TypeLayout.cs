using System.Globalization;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>One member where it lies, counted from the start of the outermost named type.</summary>
/// <param name="Path">Names down to it, joined by dots; the name of an anonymous struct or union is empty.</param>
/// <param name="ByteOffset">Bytes; null for a bit-field, whose storage unit is a matter of presentation.</param>
/// <param name="ByteSize">Bytes; of a bit-field, the size of its declared type.</param>
/// <param name="BitOffset">Bit-field only: bits.</param>
/// <param name="BitSize">Bit-field only: bits.</param>
public sealed record MemberLayout(string Path, long? ByteOffset, long ByteSize, long? BitOffset = null, int? BitSize = null)
{
    public override string ToString() => BitSize is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Path} at byte {ByteOffset}, {ByteSize} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{Path} at bit {BitOffset}, {BitSize} bits of {ByteSize} bytes");
}

/// <summary>A struct or union with all its members, nested ones after the member that holds them.</summary>
/// <param name="Kind"><c>struct</c> or <c>union</c>.</param>
/// <param name="ByteSize">Null when the source of this layout does not say.</param>
/// <param name="Module">Who defines it, where the source of this layout says so.</param>
public sealed record TypeLayout(string Kind, string Name, long? ByteSize, IReadOnlyList<MemberLayout> Members, string Module = "")
{
    public (string Kind, string Name) Key => (Kind, Name);

    /// <summary>Null when both say the same about every member; else the first difference in words.</summary>
    public string? DifferenceFrom(TypeLayout other)
    {
        if (ByteSize is { } mine && other.ByteSize is { } theirs && mine != theirs)
        {
            return $"{mine} bytes, not {theirs}";
        }

        for (int i = 0; i < Math.Max(Members.Count, other.Members.Count); i++)
        {
            MemberLayout? here = i < Members.Count ? Members[i] : null;
            MemberLayout? there = i < other.Members.Count ? other.Members[i] : null;
            if (here != there)
            {
                return $"{here?.ToString() ?? "no further member"}, not {there?.ToString() ?? "the end"}";
            }
        }

        return null;
    }
}
