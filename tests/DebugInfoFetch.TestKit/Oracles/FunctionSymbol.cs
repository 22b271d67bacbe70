using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>A function symbol as binutils' readelf lists it.</summary>
/// <param name="File"><c>vmlinux</c> or a module's name.</param>
/// <param name="Address">vmlinux: virtual address; modules: bytes from the start of the section.</param>
/// <param name="ByteSize">Bytes of code.</param>
public sealed partial record FunctionSymbol(string File, string Name, string Section, ulong Address, ulong ByteSize)
{
    /// <summary>The source's name: up to the first suffix of the compiler's.</summary>
    public string BaseName => Name.Split('.', 2)[0];

    /// <summary>A copy that the compiler changed (<c>.isra</c>, <c>.constprop</c>, <c>.part</c>): where the calling convention says nothing.</summary>
    public bool IsClone => CloneSuffix().IsMatch(Name);

    /// <summary>What both programs are asked: <c>btrfs:NAME</c> or <c>NAME</c>.</summary>
    public string Request => File == "vmlinux" ? BaseName : $"{File}:{BaseName}";

    /// <summary>The symbol as a probe's place: <c>btrfs:NAME.isra.0</c>.</summary>
    public string Place => File == "vmlinux" ? Name : $"{File}:{Name}";

    /// <summary>Preambles, trampolines and split-off cold parts have code and a symbol, but are no functions of the source.</summary>
    public bool IsFunctionOfTheSource => !NoFunction().IsMatch(Name);

    /// <summary>The first <paramref name="count"/> of an order that only the names and the seed decide: the same on every machine.</summary>
    public static IEnumerable<FunctionSymbol> Sample(IEnumerable<FunctionSymbol> symbols, string seed, int count)
        => symbols.OrderBy(s => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {s.Name}"))), StringComparer.Ordinal).Take(count);

    [GeneratedRegex(@"^(__pfx_|__cfi_|__SCT__|__probestub_)|\.cold$")]
    private static partial Regex NoFunction();

    [GeneratedRegex(@"\.(isra|constprop|part)\.\d+")]
    private static partial Regex CloneSuffix();
}
