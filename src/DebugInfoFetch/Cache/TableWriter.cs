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
    public void WriteAll(IndexMemory? memory = null)
    {
        int[] order = rows.Names.Complete();
        // SQLite takes rows from one thread; what it takes whole is packed meanwhile by others.
        Channel<PackedTable> packed = Channel.CreateUnbounded<PackedTable>();
        Task<int[]> packing = PackAllAsync(order, packed.Writer);
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
    private async Task<int[]> PackAllAsync(int[] order, ChannelWriter<PackedTable> packed)
    {
        try
        {
            Task<int[]> byFunction = Task.Run(() => PackByFunction(packed));
            await Task.WhenAll(byFunction, Task.Run(() => PackByName(order, packed))).ConfigureAwait(false);
            return await byFunction.ConfigureAwait(false);
        }
        finally { packed.Complete(); }
    }

    private void PackByName(int[] order, ChannelWriter<PackedTable> packed)
    {
        var block = new PackedWriter();
        packed.TryWrite(PackNames(order));
        packed.TryWrite(PackVariables(block));
        foreach (PackedTable symbols in PackSymbols(block)) { packed.TryWrite(symbols); }
    }

    private int[] PackByFunction(ChannelWriter<PackedTable> packed)
    {
        var block = new PackedWriter();
        packed.TryWrite(PackFunctions(block, out int[] functions));
        packed.TryWrite(PackInlineSites(block, functions));
        packed.TryWrite(PackEntries(block, functions));
        return functions;
    }

    private PackedTable[] PackSymbols(PackedWriter block)
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
                SymbolBlocks.Write(block, some, rows.Names);
                symbols.Add(some[0].Id, block.Written);
                foreach (ref readonly SymbolRow symbol in some)
                {
                    byName.Add(SymbolsByName.Pair(rows.Names[symbol.Name], symbol.Id));
                    if (symbol.BaseName != symbol.Name) { byBaseName.Add(SymbolsByName.Pair(rows.Names[symbol.BaseName], symbol.Id)); }
                }
            }
        }

        return
        [
            symbols, PackSymbolsByName(block, "INSERT INTO symbol_by_name_block VALUES (?, ?)", byName),
            PackSymbolsByName(block, "INSERT INTO symbol_by_base_name_block VALUES (?, ?)", byBaseName),
        ];
    }

    /// <param name="unsorted">In the order of symbols.</param>
    private PackedTable PackSymbolsByName(PackedWriter block, string insert, List<ulong> unsorted)
    {
        // Counted, not compared: names are numbers without gaps.
        int[] next = new int[rows.Names.Count + 1];
        foreach (ulong pair in unsorted) { next[SymbolsByName.Name(pair) + 1]++; }
        for (int name = 1; name < next.Length; name++) { next[name] += next[name - 1]; }
        ulong[] pairs = new ulong[unsorted.Count];
        foreach (ulong pair in unsorted) { pairs[next[SymbolsByName.Name(pair)]++] = pair; }
        var table = new PackedTable(insert);
        for (int from = 0, to; from < pairs.Length; from = to)
        {
            to = End(from, SymbolsByName.Size, pairs.Length, i => SymbolsByName.Name(pairs[i]));
            SymbolsByName.Write(block, pairs.AsSpan(from..to));
            table.Add(SymbolsByName.Name(pairs[from]), block.Written);
        }

        return table;
    }

    /// <param name="numbers">The final numbers of functions, by the indexer's.</param>
    private PackedTable PackFunctions(PackedWriter block, out int[] numbers)
    {
        var table = new PackedTable("INSERT INTO function_block VALUES (?, ?, ?)");
        var functions = rows.Functions.InOrder(name => rows.Names[name]);
        numbers = new int[functions.Length == 0 ? 0 : functions.Max(f => f.Second) + 1];
        for (int from = 0, to; from < functions.Length; from = to)
        {
            to = End(from, FunctionBlocks.Size, functions.Length, i => functions[i].Owner);
            block.Clear();
            for (int i = from; i < to; i++)
            {
                FunctionBlocks.Write(block, functions[i].Owner - functions[Math.Max(i - 1, from)].Owner, new PackedReader(rows.Functions[functions[i]]), rows.Names);
                numbers[functions[i].Second] = i;
            }

            table.Add(from, functions[from].Owner, block.Written);
        }

        return table;
    }

    private PackedTable PackEntries(PackedWriter block, int[] functions)
    {
        var table = new PackedTable("INSERT INTO entry_block VALUES (?, ?)");
        var entries = rows.Entries.InOrder(function => Number(functions, function));
        for (int from = 0, to; from < entries.Length; from = to)
        {
            to = End(from, EntryBlocks.Size, entries.Length, i => entries[i].Owner);
            PackGroups(block, table, rows.Entries, entries, from, to);
        }

        return table;
    }

    private PackedTable PackInlineSites(PackedWriter block, int[] functions)
    {
        var table = new PackedTable("INSERT INTO inline_block VALUES (?, ?)");
        var groups = rows.InlineSites.InOrder(function => Number(functions, function));
        for (int from = 0, to, bytes; from < groups.Length; from = to)
        {
            for (to = from, bytes = 0; to < groups.Length && (bytes < InlineBlocks.ByteSize || groups[to].Owner == groups[to - 1].Owner); to++) { bytes += groups[to].Length; }
            PackGroups(block, table, rows.InlineSites, groups, from, to);
        }

        return table;
    }

    /// <summary>Rows grouped by function: the function as the difference to the one before, how many, then the rows.</summary>
    private static void PackGroups(PackedWriter block, PackedTable table, CollectedRows.Kept kept, (int Owner, int Second, int Start, int Length)[] sorted, int from, int to)
    {
        block.Clear();
        int last = sorted[from].Owner;
        for (int start = from, end; start < to; start = end)
        {
            for (end = start + 1; end < to && sorted[end].Owner == sorted[start].Owner;) { end++; }
            block.Write(sorted[start].Owner - last).Write(end - start);
            for (int i = start; i < end; i++) { block.Write(kept[sorted[i]]); }
            last = sorted[start].Owner;
        }

        table.Add(sorted[from].Owner, block.Written);
    }

    private PackedTable PackVariables(PackedWriter block)
    {
        var table = new PackedTable("INSERT INTO variable_block VALUES (?, ?)");
        var variables = rows.Variables.InOrder(name => rows.Names[name]);
        for (int from = 0, to; from < variables.Length; from = to)
        {
            to = End(from, VariableBlocks.Size, variables.Length, i => variables[i].Owner);
            block.Clear();
            for (int i = from; i < to; i++) { block.Write(variables[i].Owner - variables[Math.Max(i - 1, from)].Owner).Write(rows.Variables[variables[i]]); }
            table.Add(variables[from].Owner, block.Written);
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
