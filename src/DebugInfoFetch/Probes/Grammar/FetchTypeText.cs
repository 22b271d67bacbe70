using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.Probes.Grammar;

/// <summary>Reads a TYPE as a person writes it.</summary>
public static partial class FetchTypeText
{
    /// <summary>What there is, for an error message.</summary>
    public const string Known = "fetch types: u8 u16 u32 u64, s8.., x8.., char, string, ustring, symbol, symstr, bWIDTH@OFFSET/SIZE, %pd, %pD; arrays as x8[16]";

    /// <summary>Null for what is not a type of the kernel's grammar.</summary>
    public static FetchType? Parse(string text)
    {
        if (BitField().Match(text) is { Success: true } bits)
        {
            int width = Number(bits, "width"), offset = Number(bits, "offset"), container = Number(bits, "container");
            return width >= 1 && width + offset <= container ? new FetchType.BitField(width, offset, container) : null;
        }

        if (Named().Match(text) is not { Success: true } match) { return null; }
        int? count = match.Groups["count"] is { Success: true } group ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : null;
        if (count is < 1 or > FetchType.MaxArrayLength) { return null; }
        string name = match.Groups["name"].Value;
        return name switch
        {
            "char" => new FetchType.Character(count),
            "string" => new FetchType.Text(FromUser: false, count),
            "ustring" => new FetchType.Text(FromUser: true, count),
            "symbol" => new FetchType.SymbolName(count),
            "symstr" when count is null => new FetchType.SymbolText(),
            "%pd" when count is null => new FetchType.FileName(OfFile: false),
            "%pD" when count is null => new FetchType.FileName(OfFile: true),
            _ when name[0] is 'u' or 's' or 'x'
                && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int size)
                => new FetchType.Integer(name[0], size, count),
            _ => null,
        };
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^b(?<width>[0-9]{1,2})@(?<offset>[0-9]{1,2})/(?<container>8|16|32|64)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex BitField();

    [GeneratedRegex(@"^(?<name>[usx](?:8|16|32|64)|char|string|ustring|symbol|symstr|%pd|%pD)(?:\[(?<count>[1-9][0-9]{0,2})\])?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
