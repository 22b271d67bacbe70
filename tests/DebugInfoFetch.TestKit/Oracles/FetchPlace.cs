using System.Globalization;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>One fetch argument of a kprobe definition, taken apart: <c>NAME=FETCH:TYPE</c>.</summary>
/// <param name="Fetch">In one spelling: numbers in decimal, immediates as <c>\N</c>.</param>
public sealed partial record FetchPlace(string Name, string Fetch, string Type)
{
    /// <exception cref="FormatException">Not of that form.</exception>
    public static FetchPlace Parse(string argument)
    {
        Match match = Argument().Match(argument);
        return match.Success
            ? new FetchPlace(match.Groups["name"].Value, Spell(match.Groups["fetch"].Value), match.Groups["type"].Value)
            : throw new FormatException($"'{argument}' is no NAME=FETCH[:TYPE]");
    }

    /// <summary>
    /// Whether both read the same place. A string is read through the pointer that is in the other's place; immediates are the same when they
    /// are in the narrower of the two types.
    /// </summary>
    public bool ReadsTheSameAs(FetchPlace other)
        => Fetch == other.Fetch || (Fetch[0] == '\\' && other.Fetch[0] == '\\' && SameImmediate(other));

    /// <summary>Whether this reads a string through the pointer that the other one shows.</summary>
    public bool ReadsTheStringAt(FetchPlace other) => Type.StartsWith("string", StringComparison.Ordinal) && Fetch == $"+0({other.Fetch})";

    /// <summary>Whether this immediate is the other one with the sign bit of its 1, 2 or 4 bytes taken for a sign.</summary>
    public bool IsSignExtensionOf(FetchPlace other)
        => Fetch[0] == '\\' && other.Fetch[0] == '\\' && Immediate(other.Fetch) is var value
            && Immediate(Fetch) is var extended && (extended == unchecked((ulong)(sbyte)value) || extended == unchecked((ulong)(short)value) || extended == unchecked((ulong)(int)value));

    private bool SameImmediate(FetchPlace other)
    {
        int bits = Math.Min(Bits(Type), Bits(other.Type));
        ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        return (Immediate(Fetch) & mask) == (Immediate(other.Fetch) & mask);
    }

    private static ulong Immediate(string fetch) => unchecked((ulong)(long)Int128.Parse(fetch.AsSpan(1), CultureInfo.InvariantCulture));

    private static int Bits(string type) => TypeWidth().Match(type) is { Success: true } m ? int.Parse(m.Value, CultureInfo.InvariantCulture) : 64;

    private static string Spell(string fetch)
    {
        string decimals = Hexadecimal().Replace(fetch, m => UInt128.Parse(m.Groups["digits"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
        if (decimals[0] == '\\' && Int128.TryParse(decimals.AsSpan(1), CultureInfo.InvariantCulture, out Int128 value) && value > long.MaxValue)
        {
            return $"\\{unchecked((long)(ulong)value)}";
        }

        return decimals;
    }

    [GeneratedRegex(@"^(?<name>\w+)=(?<fetch>[^:]+)(:(?<type>\S+))?$")]
    private static partial Regex Argument();

    [GeneratedRegex(@"0x(?<digits>[0-9a-fA-F]+)")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"(?<=^[usx])\d+$")]
    private static partial Regex TypeWidth();
}

/// <summary>A line of <c>kprobe_events</c>, taken apart: <c>p[:GROUP/EVENT] PLACE ARG...</c>.</summary>
/// <param name="Symbol">Of the place, with <c>MOD:</c>.</param>
public sealed partial record DefinitionLine(string Symbol, long Offset, IReadOnlyList<FetchPlace> Arguments)
{
    public static DefinitionLine Parse(string line)
    {
        Match match = Form().Match(line.Trim());
        return match.Success
            ? new DefinitionLine(
                match.Groups["symbol"].Value,
                match.Groups["offset"].Success ? long.Parse(match.Groups["offset"].Value, CultureInfo.InvariantCulture) : 0,
                [.. match.Groups["arguments"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(FetchPlace.Parse)])
            : throw new FormatException($"'{line}' is no kprobe definition");
    }

    [GeneratedRegex(@"^p(:\S+)? (?<symbol>[^\s+]+)(\+(?<offset>\d+))?(?<arguments>( \S+)*)$")]
    private static partial Regex Form();
}
