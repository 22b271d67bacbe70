using DebugInfoFetch.Index;

namespace DebugInfoFetch.Cache;

/// <summary>
/// inline_block: functions in ascending order, each as the difference to the one before (the first to the block's key), with the number of modules that have
/// inlined copies of it. Of each of these: module; number of copies; then of each copy, in the order of symbols, everything as the difference to the copy
/// before: symbol + 1 (0: none), at first from the module's first symbol; offset from the symbol, itself; unit, at first from the module's first; file and
/// line of the call.
/// </summary>
internal static class InlineBlocks
{
    /// <summary>Bytes after which a block ends with its function.</summary>
    public const int ByteSize = 1024;

    /// <summary>Copies of one function in one module, sorted by symbol and offset.</summary>
    public static void Write(PackedWriter into, ReadOnlySpan<InlineRow> sites, ModuleRow module)
    {
        int symbol = module.Symbols.Length > 0 ? module.Symbols[0].Id : 0, unit = module.FirstUnit, file = 0, line = 0;
        into.Write(module.Id).Write(sites.Length);
        foreach (ref readonly InlineRow site in sites)
        {
            into.WriteSigned(site.Symbol + 1 - symbol).WriteSigned(site.Offset).WriteSigned(site.Unit - unit).WriteSigned(site.CallFile - file).WriteSigned(site.CallLine - line);
            (symbol, unit, file, line) = (site.Symbol + 1, site.Unit, site.CallFile, site.CallLine);
        }
    }

    /// <summary>The copies of one function of a block, module by module.</summary>
    public static List<(ModuleSpan Module, InlineRow[] Sites)> Read(ReadOnlySpan<byte> packed, int firstFunction, int function, Func<int, ModuleSpan> moduleOf)
    {
        var found = new List<(ModuleSpan, InlineRow[])>();
        var reader = new PackedReader(packed);
        for (int current = firstFunction; !reader.AtEnd && current <= function;)
        {
            current += reader.ReadInt();
            int modules = reader.ReadCount();
            for (int i = 0; i < modules; i++)
            {
                int module = reader.ReadInt();
                var sites = new InlineRow[reader.ReadCount()];
                ModuleSpan? span = current == function ? moduleOf(module) : null;
                int symbol = span?.FirstSymbol ?? 0, unit = span?.FirstUnit ?? 0, file = 0, line = 0;
                foreach (ref InlineRow site in sites.AsSpan())
                {
                    symbol += (int)reader.ReadSigned();
                    int offset = (int)reader.ReadSigned();
                    unit += (int)reader.ReadSigned();
                    file += (int)reader.ReadSigned();
                    line += (int)reader.ReadSigned();
                    site = new InlineRow(current, unit, symbol - 1, offset, file, line);
                }

                if (span is not null) { found.Add((span, sites)); }
            }
        }

        return found;
    }

    /// <summary>The copies of each function in each module, as they were written: the first number is the module's.</summary>
    public static void Split(ReadOnlySpan<byte> packed, int firstFunction, PackedRow each) => Packed.SplitGroups(packed, firstFunction, Skip, each);

    private static void Skip(ref PackedReader reader)
    {
        reader.Read();
        for (int numbers = 5 * reader.ReadCount(); numbers > 0; numbers--) { reader.Read(); }
    }
}
