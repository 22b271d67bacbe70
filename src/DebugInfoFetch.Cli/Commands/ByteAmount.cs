using System.CommandLine.Parsing;
using System.Globalization;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>Amounts of bytes as curl and wget take them: a number, with k, M or G for powers of 1024.</summary>
internal static class ByteAmount
{
    /// <param name="least">In bytes.</param>
    /// <param name="expected">What the option takes, for the error: <c>bytes a second, such as 500k or 4M, at least 1k</c>.</param>
    public static Func<ArgumentResult, long?> Parser(string option, long least, string expected) => argument =>
    {
        string text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : "";
        int shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        string number = shift == 0 ? text : text[..^1];
        bool isNumber = decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount) && amount is > 0 and < 1_000_000_000_000m;
        if (isNumber && amount * (1L << shift) is < long.MaxValue and var bytes && bytes >= least) { return (long)bytes; }
        argument.AddError($"{option} {text}: {expected}");
        return null;
    };
}
