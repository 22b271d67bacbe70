using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>A function symbol as binutils' readelf lists it.</summary>
/// <param name="Address">vmlinux: virtual address; modules: bytes from the start of the section.</param>
public sealed partial record FunctionSymbol(string File, string Name, ulong Address)
{
    /// <summary>The source's name: up to the first suffix of the compiler's.</summary>
    public string BaseName => Name.Split('.', 2)[0];

    /// <summary>A copy that the compiler changed (<c>.isra</c>, <c>.constprop</c>, <c>.part</c>): where the calling convention says nothing.</summary>
    public bool IsClone => CloneSuffix().IsMatch(Name);

    /// <summary>What both programs are asked: <c>btrfs:NAME</c> or <c>NAME</c>.</summary>
    public string Request => File == "vmlinux" ? BaseName : $"{File}:{BaseName}";

    /// <summary>Functions with code, in the order of the file; no preambles, no trampolines, no split-off cold parts.</summary>
    public static IReadOnlyList<FunctionSymbol> AllOf(string file, string path) =>
    [
        .. ToolRun.Run("readelf", ["-sW", path]).OrThrow().Lines.Select(line => Line().Match(line)).Where(m => m.Success)
            .Select(m => new FunctionSymbol(file, m.Groups["name"].Value, ulong.Parse(m.Groups["address"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))
            .Where(s => !NoFunction().IsMatch(s.Name)),
    ];

    /// <summary>The first <paramref name="count"/> of an order that only the names and the seed decide: the same on every machine.</summary>
    public static IEnumerable<FunctionSymbol> Sample(IEnumerable<FunctionSymbol> symbols, string seed, int count)
        => symbols.OrderBy(s => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {s.Name}"))), StringComparer.Ordinal).Take(count);

    [GeneratedRegex(@"^\s*\d+: (?<address>[0-9a-f]{16})\s+[1-9]\d*\s+FUNC\s+\w+\s+DEFAULT\s+\d+ (?<name>\S+)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^(__pfx_|__cfi_|__SCT__|__probestub_)|\.cold$")]
    private static partial Regex NoFunction();

    [GeneratedRegex(@"\.(isra|constprop|part)\.\d+")]
    private static partial Regex CloneSuffix();
}
