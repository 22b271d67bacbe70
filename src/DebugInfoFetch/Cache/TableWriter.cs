using System.Runtime.InteropServices;
using System.Threading.Channels;
using DebugInfoFetch.Index;
using SQLitePCL;

namespace DebugInfoFetch.Cache;

/// <summary>
/// Puts collected rows into their tables: types as rows, which people ask for; the rest in blocks of a kilobyte or two, keyed by their first name, symbol or function.
/// </summary>
internal sealed class TableWriter(sqlite3 database, CollectedRows rows)
{
    private readonly PackedWriter _block = new();

    public void WriteAll(IndexMemory? memory = null)
    {
        int[] order = rows.Names.Complete();
        // SQLite takes rows from one thread; what it takes whole is packed meanwhile by another.
        Channel<PackedTable> packed = Channel.CreateUnbounded<PackedTable>();
        Task<int[]> packing = Task.Run(() => PackAll(order, packed.Writer));
        TypeRows.Insert(database, rows.Types.Written, rows.Names);
        foreach (PackedTable table in packed.Reader.ReadAllAsync().ToBlockingEnumerable()) { table.InsertInto(database); }
        int[] functions = packing.GetAwaiter().GetResult();
        if (memory is not null) { WriteMemory(memory, functions); }
    }

    private void WriteMemory(IndexMemory memory, int[] functions)
    {
        using var insert = new Statement(database, "INSERT INTO memory VALUES (?, ?)");
        ulong[] inOrder = new ulong[memory.Functions.Length];
        for (int i = 0; i < inOrder.Length; i++) { inOrder[functions[i]] = memory.Functions[i]; }
        insert.Bind("types").Bind(MemoryMarshal.AsBytes(memory.Types.AsSpan())).Run();
        insert.Bind("functions").Bind(MemoryMarshal.AsBytes(inOrder.AsSpan())).Run();
        insert.Bind("type_units").Bind(memory.TypeUnits).Run();
    }

    private PackedTable PackNames(int[] order)
    {
        // json_each reads a text; a blob would be JSONB to it.
        var table = new PackedTable("INSERT INTO name_block VALUES (?, CAST(? AS TEXT))");
        rows.Names.WriteBlocks(order, (first, json) => table.Add(first, json));
        return table;
    }

    /// <returns>The final numbers of functions, by the indexer's.</returns>
    private int[] PackAll(int[] order, ChannelWriter<PackedTable> packed)
    {
        try
        {
            packed.TryWrite(PackNames(order));
            packed.TryWrite(PackFunctions(out int[] functions));
            packed.TryWrite(PackInlineSites(functions));
            packed.TryWrite(PackEntries(functions));
            packed.TryWrite(PackVariables());
            foreach (PackedTable symbols in PackSymbols()) { packed.TryWrite(symbols); }
            return functions;
        }
        finally { packed.Complete(); }
    }

    private PackedTable[] PackSymbols()
    {
        List<ModuleRow> modules = rows.Modules.FindAll(m => m.Symbols.Length > 0);
        modules.Sort((a, b) => a.Symbols[0].Id.CompareTo(b.Symbols[0].Id));
        var byName = new List<ulong>();
        var byBaseName = new List<ulong>();
        var symbols = new PackedTable("INSERT INTO symbol_block VALUES (?, ?)");
        foreach (ModuleRow module in modules)
        {
            for (int from = 0; from < module.Symbols.Length; from += SymbolBlocks.Size)
            {
                ReadOnlySpan<SymbolRow> some = module.Symbols.AsSpan(from, Math.Min(SymbolBlocks.Size, module.Symbols.Length - from));
                SymbolBlocks.Write(_block, some, rows.Names);
                symbols.Add(some[0].Id, _block.Written);
                foreach (ref readonly SymbolRow symbol in some)
                {
                    byName.Add(SymbolsByName.Pair(rows.Names[symbol.Name], symbol.Id));
                    if (symbol.BaseName != symbol.Name) { byBaseName.Add(SymbolsByName.Pair(rows.Names[symbol.BaseName], symbol.Id)); }
                }
            }
        }

        return
        [
            symbols, PackSymbolsByName("INSERT INTO symbol_by_name_block VALUES (?, ?)", [.. byName]),
            PackSymbolsByName("INSERT INTO symbol_by_base_name_block VALUES (?, ?)", [.. byBaseName]),
        ];
    }

    private PackedTable PackSymbolsByName(string insert, ulong[] pairs)
    {
        Array.Sort(pairs);
        var table = new PackedTable(insert);
        for (int from = 0, to; from < pairs.Length; from = to)
        {
            to = End(from, SymbolsByName.Size, pairs.Length, i => SymbolsByName.Name(pairs[i]));
            SymbolsByName.Write(_block, pairs.AsSpan(from..to));
            table.Add(SymbolsByName.Name(pairs[from]), _block.Written);
        }

        return table;
    }

    /// <param name="numbers">The final numbers of functions, by the indexer's.</param>
    private PackedTable PackFunctions(out int[] numbers)
    {
        var table = new PackedTable("INSERT INTO function_block VALUES (?, ?, ?)");
        var functions = rows.Functions.InOrder(name => rows.Names[name]);
        numbers = new int[functions.Length == 0 ? 0 : functions.Max(f => f.Second) + 1];
        for (int from = 0, to; from < functions.Length; from = to)
        {
            to = End(from, FunctionBlocks.Size, functions.Length, i => functions[i].Owner);
            _block.Clear();
            for (int i = from; i < to; i++)
            {
                FunctionBlocks.Write(_block, functions[i].Owner - functions[Math.Max(i - 1, from)].Owner, new PackedReader(rows.Functions[functions[i]]), rows.Names);
                numbers[functions[i].Second] = i;
            }

            table.Add(from, functions[from].Owner, _block.Written);
        }

        return table;
    }

    private PackedTable PackEntries(int[] functions)
    {
        var table = new PackedTable("INSERT INTO entry_block VALUES (?, ?)");
        var entries = rows.Entries.InOrder(function => Number(functions, function));
        for (int from = 0, to; from < entries.Length; from = to)
        {
            to = End(from, EntryBlocks.Size, entries.Length, i => entries[i].Owner);
            PackGroups(table, rows.Entries, entries, from, to);
        }

        return table;
    }

    private PackedTable PackInlineSites(int[] functions)
    {
        var table = new PackedTable("INSERT INTO inline_block VALUES (?, ?)");
        var groups = rows.InlineSites.InOrder(function => Number(functions, function));
        for (int from = 0, to, bytes; from < groups.Length; from = to)
        {
            for (to = from, bytes = 0; to < groups.Length && (bytes < InlineBlocks.ByteSize || groups[to].Owner == groups[to - 1].Owner); to++) { bytes += groups[to].Length; }
            PackGroups(table, rows.InlineSites, groups, from, to);
        }

        return table;
    }

    /// <summary>Rows grouped by function: the function as the difference to the one before, how many, then the rows.</summary>
    private void PackGroups(PackedTable table, CollectedRows.Kept kept, (int Owner, int Second, int Start, int Length)[] sorted, int from, int to)
    {
        _block.Clear();
        int last = sorted[from].Owner;
        for (int start = from, end; start < to; start = end)
        {
            for (end = start + 1; end < to && sorted[end].Owner == sorted[start].Owner;) { end++; }
            _block.Write(sorted[start].Owner - last).Write(end - start);
            for (int i = start; i < end; i++) { _block.Write(kept[sorted[i]]); }
            last = sorted[start].Owner;
        }

        table.Add(sorted[from].Owner, _block.Written);
    }

    private PackedTable PackVariables()
    {
        var table = new PackedTable("INSERT INTO variable_block VALUES (?, ?)");
        var variables = rows.Variables.InOrder(name => rows.Names[name]);
        for (int from = 0, to; from < variables.Length; from = to)
        {
            to = End(from, VariableBlocks.Size, variables.Length, i => variables[i].Owner);
            _block.Clear();
            for (int i = from; i < to; i++) { _block.Write(variables[i].Owner - variables[Math.Max(i - 1, from)].Owner).Write(rows.Variables[variables[i]]); }
            table.Add(variables[from].Owner, _block.Written);
        }

        return table;
    }

    /// <summary>Where a block ends that begins here: what has one key stays together.</summary>
    private static int End(int from, int size, int length, Func<int, int> key)
    {
        int to = Math.Min(from + size, length);
        while (to < length && key(to) == key(to - 1)) { to++; }
        return to;
    }

    // A number that no function has (the file is damaged, or a test's) stays as it is.
    private static int Number(int[] functions, int function) => (uint)function < (uint)functions.Length ? functions[function] : function;
}
