using System.Text;

namespace DebugInfoFetch.Cache;

/// <summary>A pattern over names as SQLite's GLOB has it: <c>*</c>, <c>?</c>, <c>[abc]</c>, <c>[a-z]</c>, <c>[^abc]</c>; upper and lower case differ.</summary>
internal sealed class Glob
{
    private readonly byte[] _pattern;

    public Glob(string pattern)
    {
        _pattern = Encoding.UTF8.GetBytes(pattern);
        int literal = _pattern.AsSpan().IndexOfAny((byte)'*', (byte)'?', (byte)'[');
        Prefix = literal < 0 ? _pattern : _pattern[..literal];
    }

    /// <summary>What every name that matches begins with.</summary>
    public byte[] Prefix { get; }

    public bool Matches(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> pattern = _pattern;
        int at = 0, i = 0;
        // Where to go on when what follows the last star does not match: a star takes as little as it can, then a byte more.
        int afterStar = -1, taken = 0;
        while (i < text.Length)
        {
            if (at < pattern.Length && pattern[at] == (byte)'*')
            {
                afterStar = ++at;
                taken = i;
            }
            else if (at < pattern.Length && MatchesOne(pattern, at, text[i], out int next))
            {
                at = next;
                i++;
            }
            else if (afterStar >= 0)
            {
                at = afterStar;
                i = ++taken;
            }
            else { return false; }
        }

        return pattern[at..].IndexOfAnyExcept((byte)'*') < 0;
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, int at, byte b, out int next)
    {
        next = at + 1;
        if (pattern[at] == (byte)'?') { return true; }
        if (pattern[at] != (byte)'[') { return pattern[at] == b; }
        bool inverted = next < pattern.Length && pattern[next] == (byte)'^';
        if (inverted) { next++; }
        bool found = false;
        // A bracket that comes first is meant itself.
        for (bool isFirst = true; next < pattern.Length && (isFirst || pattern[next] != (byte)']'); isFirst = false, next++)
        {
            byte low = pattern[next], high = low;
            if (next + 2 < pattern.Length && pattern[next + 1] == (byte)'-' && pattern[next + 2] != (byte)']')
            {
                high = pattern[next + 2];
                next += 2;
            }

            found |= b >= low && b <= high;
        }

        bool isClosed = next < pattern.Length;
        next++;
        return isClosed && found != inverted;
    }
}
