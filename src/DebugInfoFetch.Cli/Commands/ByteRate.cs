using System.CommandLine.Parsing;
using System.Globalization;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>Bytes a second as curl and wget take them: a number, with k, M or G for powers of 1024.</summary>
internal static class ByteRate
{
    /// <summary>Slower than this, no transfer would count as alive.</summary>
    private const long Slowest = 1024;

    public static long? Parse(ArgumentResult argument)
    {
        string text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : "";
        int shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        string number = shift == 0 ? text : text[..^1];
        bool isRate = decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal rate) && rate is > 0 and < 1_000_000_000_000m;
        if (isRate && rate * (1L << shift) is >= Slowest and < long.MaxValue and var bytes) { return (long)bytes; }
        argument.AddError($"--limit-rate {text}: bytes a second, such as 500k or 4M, at least 1k");
        return null;
    }
}
