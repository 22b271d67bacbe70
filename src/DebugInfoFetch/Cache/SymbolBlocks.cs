using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cache;

/// <summary>
/// symbol_block: symbols in the order of their numbers, which is that of a module's addresses. A column after the other, each number as the difference
/// to the one before where neighbours are near: name, section, address, size, flags; then, of the few that have one, place in the block, base name, suffix.
/// </summary>
internal static class SymbolBlocks
{
    public const int Size = 128;

    public static void Write(PackedWriter into, ReadOnlySpan<SymbolRow> symbols, NameOrder names)
    {
        into.Clear();
        into.Write(symbols.Length);
        foreach (ref readonly SymbolRow symbol in symbols) { into.Write(names[symbol.Name]); }
        int section = 0;
        ulong address = 0;
        foreach (ref readonly SymbolRow symbol in symbols)
        {
            into.WriteSigned(symbol.Section - section);
            section = symbol.Section;
        }

        foreach (ref readonly SymbolRow symbol in symbols)
        {
            into.WriteSigned((long)(symbol.Address - address));
            address = symbol.Address;
        }

        foreach (ref readonly SymbolRow symbol in symbols) { into.Write((ulong)symbol.ByteSize); }
        foreach (ref readonly SymbolRow symbol in symbols) { into.Write((ulong)symbol.Flags); }
        for (int i = 0; i < symbols.Length; i++)
        {
            if (symbols[i].BaseName != symbols[i].Name) { into.Write(i).Write(names[symbols[i].BaseName]).Write((int)symbols[i].Suffix); }
        }
    }

    public static SymbolRow[] Read(ReadOnlySpan<byte> packed, int firstId)
    {
        var reader = new PackedReader(packed);
        var symbols = new SymbolRow[reader.ReadCount()];
        for (int i = 0; i < symbols.Length; i++)
        {
            int name = reader.ReadInt();
            symbols[i] = new SymbolRow(firstId + i, name, name, SuffixKind.None, 0, 0, 0, 0);
        }

        int section = 0;
        for (int i = 0; i < symbols.Length; i++) { symbols[i] = symbols[i] with { Section = section += (int)reader.ReadSigned() }; }
        ulong address = 0;
        for (int i = 0; i < symbols.Length; i++) { symbols[i] = symbols[i] with { Address = address += (ulong)reader.ReadSigned() }; }
        for (int i = 0; i < symbols.Length; i++) { symbols[i] = symbols[i] with { ByteSize = (long)reader.Read() }; }
        for (int i = 0; i < symbols.Length; i++) { symbols[i] = symbols[i] with { Flags = (SymbolFlags)reader.Read() }; }
        while (!reader.AtEnd)
        {
            int at = reader.ReadInt();
            if ((uint)at >= (uint)symbols.Length) { throw PackedReader.Damaged(); }
            symbols[at] = symbols[at] with { BaseName = reader.ReadInt(), Suffix = (SuffixKind)reader.ReadInt() };
        }

        return symbols;
    }
}

/// <summary>
/// symbol_by_name_block and symbol_by_base_name_block: name (as the difference to the one before, the first to the block's key) and number of symbols,
/// ascending. All symbols of a name stand in one block.
/// </summary>
internal static class SymbolsByName
{
    public const int Size = 256;

    public static void Write(PackedWriter into, ReadOnlySpan<ulong> nameAndSymbol)
    {
        into.Clear();
        int last = Name(nameAndSymbol[0]);
        foreach (ulong pair in nameAndSymbol)
        {
            into.Write(Name(pair) - last).Write((int)(uint)pair);
            last = Name(pair);
        }
    }

    public static IEnumerable<(int Name, int Symbol)> Read(byte[] packed, int firstName)
    {
        var pairs = new List<(int, int)>();
        var reader = new PackedReader(packed);
        for (int name = firstName; !reader.AtEnd;)
        {
            name += reader.ReadInt();
            pairs.Add((name, reader.ReadInt()));
        }

        return pairs;
    }

    public static ulong Pair(int name, int symbol) => ((ulong)(uint)name << 32) | (uint)symbol;
    public static int Name(ulong pair) => (int)(pair >> 32);
}
