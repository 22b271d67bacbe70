using System.Buffers.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Image;

/// <summary>A System.map: <c>ffffffff81000000 T _text</c>, a symbol a line, by address.</summary>
public static class SystemMap
{
    // Debian's only says that the real one is in another package.
    private const int FewestSymbols = 1000;

    /// <returns>Null when the file is no more than a note that says where the real one is.</returns>
    /// <exception cref="InputFaultException">A line of another form.</exception>
    public static KernelSymbolList? Parse(string name, ReadOnlySpan<byte> text)
    {
        var symbols = new List<KernelSymbol>();
        byte[] names = new byte[text.Length];
        int used = 0;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (line.IsEmpty) { continue; }
            if (!Utf8Parser.TryParse(line, out ulong address, out int digits, 'x') || line.Length < digits + 4 || line[digits] != ' ' || line[digits + 2] != ' ')
            {
                throw InputFaultException.At(name, "System.map", range.Start.GetOffset(text.Length), $"no symbol: \"{PartName.Printable(line[..Math.Min(line.Length, 40)])}\"");
            }

            ReadOnlySpan<byte> symbol = line[(digits + 3)..];
            symbols.Add(new KernelSymbol(address, (char)line[digits + 1], used));
            symbol.CopyTo(names.AsSpan(used));
            used += symbol.Length + 1;
        }

        if (symbols.Count < FewestSymbols) { return null; }
        symbols.Sort((a, b) => a.Address.CompareTo(b.Address));
        return new KernelSymbolList(symbols, names.AsMemory(0, used));
    }
}
