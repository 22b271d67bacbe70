namespace DebugInfoFetch.Formats.Image;

/// <summary>A line of kallsyms or of System.map.</summary>
/// <param name="Kind">As nm prints it: <c>T</c> text, <c>D</c> data, <c>W</c> weak, <c>A</c> absolute; lower case is local.</param>
/// <param name="NameAt">Where its name begins in <see cref="KernelSymbolList.Names"/>, which has a NUL behind each.</param>
public readonly record struct KernelSymbol(ulong Address, char Kind, int NameAt);

/// <summary>vmlinux's symbols in the order of their addresses.</summary>
public sealed record KernelSymbolList(IReadOnlyList<KernelSymbol> Symbols, ReadOnlyMemory<byte> Names)
{
    /// <summary>The address of the first symbol of that name; null when there is none.</summary>
    public ulong? AddressOf(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> names = Names.Span;
        foreach (KernelSymbol symbol in Symbols)
        {
            ReadOnlySpan<byte> text = names[symbol.NameAt..];
            if (text.Length > name.Length && text[name.Length] == 0 && text.StartsWith(name)) { return symbol.Address; }
        }

        return null;
    }
}
