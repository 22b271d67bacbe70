using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cache;

/// <summary>
/// entry_block: functions in ascending order, each as the difference to the one before (the first to the block's key), with the number of its entries. Of each entry:
/// module; unit, from the module's first; 0 when no symbol starts there, else 1 or 2 and the symbol, from the module's first; unless 2 stood there, which says
/// that they are the symbol's, section, address and size; the places of the parameters.
/// </summary>
internal static class EntryBlocks
{
    public const int Size = 64;
    private const int NoSymbol = 0, WithSymbol = 1, LikeSymbol = 2;

    public static void Write(PackedWriter into, EntryRow entry, ModuleRow module)
    {
        into.Write(module.Id).WriteSigned(entry.Unit - module.FirstUnit);
        int first = module.Symbols.Length > 0 ? module.Symbols[0].Id : 0, at = entry.Symbol - first;
        SymbolRow? symbol = entry.Symbol >= 0 && (uint)at < (uint)module.Symbols.Length ? module.Symbols[at] : null;
        bool isLike = symbol is { } s && (s.Section, s.Address, s.ByteSize) == (entry.Section, entry.Address, entry.ByteSize);
        into.Write(entry.Symbol < 0 ? NoSymbol : isLike ? LikeSymbol : WithSymbol);
        if (entry.Symbol >= 0) { into.WriteSigned(at); }
        if (!isLike) { into.Write(entry.Section).Write(entry.Address).Write((ulong)entry.ByteSize); }
        Packed.WritePlaces(into, entry.Places);
    }

    /// <summary>The entries of one function of a block; their modules beside them, and null for section, address and size where they are the symbol's.</summary>
    public static List<PackedEntry> Read(ReadOnlySpan<byte> packed, int firstFunction, int function, Func<int, ModuleSpan> moduleOf)
    {
        var entries = new List<PackedEntry>();
        var reader = new PackedReader(packed);
        for (int current = firstFunction; !reader.AtEnd;)
        {
            current += reader.ReadInt();
            int count = reader.ReadCount();
            for (int i = 0; i < count; i++)
            {
                int module = reader.ReadInt(), unit = (int)reader.ReadSigned(), kind = reader.ReadInt();
                int symbol = kind == NoSymbol ? 0 : (int)reader.ReadSigned();
                (int, ulong, long)? own = kind == LikeSymbol ? null : (reader.ReadInt(), reader.Read(), (long)reader.Read());
                ArgumentPlace[] places = Packed.ReadPlaces(ref reader);
                if (current != function) { continue; }
                ModuleSpan span = moduleOf(module);
                entries.Add(new PackedEntry(span, span.FirstUnit + unit, kind == NoSymbol ? -1 : span.FirstSymbol + symbol, own, places));
            }

            if (current > function) { break; }
        }

        return entries;
    }

    /// <summary>The entries of a block, each as it was written.</summary>
    public static void Split(ReadOnlySpan<byte> packed, int firstFunction, PackedRow each) => Packed.SplitGroups(packed, firstFunction, Skip, each);

    private static void Skip(ref PackedReader reader)
    {
        (_, _, int kind) = (reader.Read(), reader.Read(), reader.ReadInt());
        if (kind != NoSymbol) { reader.Read(); }
        if (kind != LikeSymbol) { (_, _, _) = (reader.Read(), reader.Read(), reader.Read()); }
        Packed.ReadPlaces(ref reader);
    }
}

/// <param name="Own">Section, address and size; null: the symbol's.</param>
internal sealed record PackedEntry(ModuleSpan Module, int Unit, int Symbol, (int Section, ulong Address, long ByteSize)? Own, ArgumentPlace[] Places);

/// <summary>A module, and the numbers that its symbols and units begin with.</summary>
internal sealed record ModuleSpan(int Id, string Name, int FirstSymbol, int SymbolCount, int FirstUnit)
{
    public bool Holds(int symbol) => symbol >= FirstSymbol && symbol - FirstSymbol < SymbolCount;
}
