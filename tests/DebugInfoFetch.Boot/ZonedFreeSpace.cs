using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.Boot;

/// <summary>One call of <c>__btrfs_add_free_space_zoned</c> as the story's probe records it. All but the last in bytes.</summary>
/// <param name="BlockGroup">The kernel's pointer, as printed.</param>
/// <param name="Used">A bool of the source: 0 or 1.</param>
internal sealed partial record ZonedFreeSpace(string BlockGroup, long Length, long AllocOffset, long Bytenr, long Size, long Used)
{
    /// <exception cref="FormatException">The line is none of the story's event.</exception>
    public static ZonedFreeSpace Parse(string line)
    {
        Match match = Event().Match(line);
        if (!match.Success) { throw new FormatException($"no event of the story: {line}"); }
        long Value(string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
        return new ZonedFreeSpace(match.Groups["group"].Value, Value("length"), Value("alloc"), Value("bytenr"), Value("size"), Value("used"));
    }

    [GeneratedRegex(
        @" myprobe: .* block_group=(?<group>0xffff[0-9a-f]{12}) length=(?<length>\d+) alloc_offset=(?<alloc>\d+)"
        + @" bytenr=(?<bytenr>\d+) size=(?<size>\d+) used=(?<used>\d+)$")]
    private static partial Regex Event();
}
