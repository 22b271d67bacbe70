using System.Runtime.InteropServices;
using System.Text;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cache;

/// <summary>
/// The rows of a kernel's cache file as they were written, under the numbers that they have there, for a file that holds them and more. What refers to nothing
/// but modules, types and files goes over as it is packed.
/// </summary>
internal sealed class HeldRows(KernelCache held, CacheWriter writer, CollectedRows rows)
{
    private const int TypesAtOnce = 1024;

    /// <returns>What an indexer needs to go on.</returns>
    /// <exception cref="CacheException">The file keeps no memory, or is damaged.</exception>
    public EarlierIndex Copy()
    {
        IndexMemory memory = Memory();
        ulong[] names = CopyNames();
        string[] files = CopyFiles();
        TypeRow[] types = CopyTypes();
        int functions = CopyFunctions();
        (int unit, int symbol, int module) = CopyModules();
        CopyBlocks();
        return types.Length == memory.Types.Length && functions == memory.Functions.Length
            ? new EarlierIndex(memory, names, files, types, unit, symbol, module)
            : throw Damaged("memory");
    }

    private IndexMemory Memory()
        => new(MemoryMarshal.Cast<byte, ulong>(Content("types")).ToArray(), MemoryMarshal.Cast<byte, ulong>(Content("functions")).ToArray(), Content("type_units"));

    private byte[] Content(string what)
    {
        Statement query = held.Query("SELECT content FROM memory WHERE what = ?").Bind(what);
        byte[] content = query.Step() ? query.Blob(0) : throw Damaged("memory");
        query.Reset();
        return content;
    }

    private ulong[] CopyNames()
    {
        var hashes = new List<ulong>();
        Statement query = held.Query("SELECT first, texts FROM name_block ORDER BY first");
        while (query.Step())
        {
            if (query.Int32(0) != hashes.Count) { throw Damaged("name_block"); }
            foreach (byte[] name in JsonNames.ReadAll(query.Blob(1)))
            {
                if (hashes.Count > 0) { writer.AddName(hashes.Count, name); }
                hashes.Add(ContentHash.Of(name));
            }
        }

        return [.. hashes];
    }

    private string[] CopyFiles()
    {
        var paths = new List<string>();
        Statement query = held.Query("SELECT id, path FROM file ORDER BY id");
        while (query.Step())
        {
            paths.Add(query.Text(1));
            if (query.Int32(0) != paths.Count) { throw Damaged("file"); }
            writer.AddFiles([(paths.Count, paths[^1])]);
        }

        return [.. paths];
    }

    private TypeRow[] CopyTypes()
    {
        var types = new List<TypeRow>();
        var batch = new List<TypeRow>(TypesAtOnce);
        var members = new Parts(held.Query("SELECT type_id, name_id, member_type_id, byte_offset, bit_offset, bit_size FROM member ORDER BY type_id, ordinal"),
            row => new TypePart(row.Int32(1), row.Int32(2), row.Int64(3), row.Int64(4), row.Int32(5)));
        var enumerators = new Parts(held.Query("SELECT type_id, name_id, value FROM enumerator ORDER BY type_id, ordinal"), row => new TypePart(row.Int32(1), 0, row.Int64(2), 0, 0));
        var parameters = new Parts(held.Query("SELECT type_id, parameter_type_id FROM type_parameter ORDER BY type_id, ordinal"), row => new TypePart(0, row.Int32(1), 0, 0, 0));
        Statement query = held.Query("SELECT id, kind, name_id, byte_size, target_id, encoding, count, is_reference, file_id, line, module_id FROM type ORDER BY id");
        while (query.Step())
        {
            int id = query.Int32(0);
            var kind = (TypeKind)query.Int32(1);
            TypePart[] parts = (kind switch { TypeKind.Enum => enumerators, TypeKind.Function => parameters, _ => members }).Of(id);
            var type = new TypeRow(
                id, kind, query.Int32(2), query.IsNull(3) ? -1 : query.Int64(3), query.Int32(4), (BaseEncoding)query.Int32(5), query.IsNull(6) ? -1 : query.Int64(6),
                query.Int32(7) != 0, query.Int32(8), query.Int32(9), query.Int32(10), parts);
            types.Add(type with { Parts = [] });
            if (id != types.Count) { throw Damaged("type"); }
            batch.Add(type);
            if (batch.Count < TypesAtOnce) { continue; }
            writer.AddTypes(CollectionsMarshal.AsSpan(batch));
            batch.Clear();
        }

        writer.AddTypes(CollectionsMarshal.AsSpan(batch));
        return [.. types];
    }

    private int CopyFunctions()
    {
        int count = 0;
        Statement query = held.Query("SELECT first, first_name, packed FROM function_block ORDER BY first");
        while (query.Step())
        {
            if (query.Int32(0) != count) { throw Damaged("function_block"); }
            List<FunctionRow> functions = FunctionBlocks.Read(query.Blob(2), count, query.Int32(1));
            count += functions.Count;
            writer.AddFunctions(CollectionsMarshal.AsSpan(functions));
        }

        return count;
    }

    /// <returns>The first numbers that no unit, symbol and module has.</returns>
    private (int Unit, int Symbol, int Module) CopyModules()
    {
        int nextUnit = 0, nextSymbol = 0, nextModule = 1;
        var units = new Dictionary<int, List<UnitRow>>();
        Statement query = held.Query("SELECT id, module_id, file_id FROM unit ORDER BY id");
        while (query.Step())
        {
            if (!units.TryGetValue(query.Int32(1), out List<UnitRow>? ofModule)) { units.Add(query.Int32(1), ofModule = []); }
            ofModule.Add(new UnitRow(query.Int32(0), query.Int32(2)));
            nextUnit = query.Int32(0) + 1;
        }

        query = held.Query("SELECT id, name, build_id, path, first_symbol, symbol_count, first_unit, sections, is_indexed, unit_count FROM module ORDER BY id");
        while (query.Step())
        {
            int id = query.Int32(0), firstSymbol = query.Int32(4), symbols = query.Int32(5), firstUnit = query.Int32(6);
            string[] sections = Array.ConvertAll(JsonNames.ReadAll(query.Blob(7)), Encoding.UTF8.GetString);
            writer.AddModule(new ModuleRow(id, query.Text(1), query.Text(2), query.Text(3), sections, Symbols(firstSymbol, symbols), firstUnit));
            writer.AddModuleContent(new ModuleContent(id, [.. units.GetValueOrDefault(id) ?? []], [], [], []));
            if (query.Int32(8) != 0) { writer.CompleteModule(id, held.Kernel.Compiler, query.Int32(9)); }
            (nextUnit, nextSymbol, nextModule) = (Math.Max(nextUnit, firstUnit), Math.Max(nextSymbol, firstSymbol + symbols), Math.Max(nextModule, id + 1));
        }

        return (nextUnit, nextSymbol, nextModule);
    }

    private SymbolRow[] Symbols(int first, int count)
    {
        var symbols = new List<SymbolRow>();
        Statement query = held.Query("SELECT first, packed FROM symbol_block WHERE first >= ? AND first < ? ORDER BY first").Bind(first).Bind((long)first + count);
        while (query.Step())
        {
            if (query.Int32(0) != first + symbols.Count) { throw Damaged("symbol_block"); }
            symbols.AddRange(SymbolBlocks.Read(query.Blob(1), query.Int32(0)));
        }

        return symbols.Count == count ? [.. symbols] : throw Damaged("symbol_block");
    }

    private void CopyBlocks()
    {
        EachBlock("entry_block", (packed, first) => EntryBlocks.Split(packed, first, (function, entry) => Keep(rows.Entries, entry, function, rows.Entries.Count)));
        EachBlock("inline_block", (packed, first) => InlineBlocks.Split(packed, first, (function, sites) => Keep(rows.InlineSites, sites, function, new PackedReader(sites).ReadInt())));
        EachBlock("variable_block", (packed, first) => VariableBlocks.Split(packed, first, (name, variable) => Keep(rows.Variables, variable, name, rows.Variables.Count)));
    }

    private void EachBlock(string table, Action<byte[], int> split)
    {
        Statement query = held.Query($"SELECT first, packed FROM {table} ORDER BY first");
        while (query.Step()) { split(query.Blob(1), query.Int32(0)); }
    }

    private static void Keep(CollectedRows.Kept kept, ReadOnlySpan<byte> row, int owner, int second)
    {
        int start = kept.Begin();
        kept.Bytes.Write(row);
        kept.End(start, owner, second);
    }

    private CacheException Damaged(string table) => new($"{held.Path}: {table}: not what was written: the cache is damaged; fetch this kernel again");

    /// <summary>Parts of types, walked beside the types: both are in the order of the types' numbers.</summary>
    private sealed class Parts(Statement query, Func<Statement, TypePart> read)
    {
        private bool _hasRow = query.Step();

        public TypePart[] Of(int type)
        {
            var parts = new List<TypePart>();
            while (_hasRow && query.Int32(0) <= type)
            {
                if (query.Int32(0) == type) { parts.Add(read(query)); }
                _hasRow = query.Step();
            }

            return [.. parts];
        }
    }
}
