using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// Indexes the files of one kernel, vmlinux or modules, one call each, into an <see cref="IIndexSink"/>. Units of one file are shared among
/// the workers. Call <see cref="Finish"/> after the last file.
/// </summary>
public sealed class ModuleIndexer
{
    // How many units a worker takes at a time: few enough that both end together.
    private const int UnitsPerTurn = 4;

    private readonly IIndexSink _sink;
    private readonly SharedTables _tables = new();
    private readonly UnitIndexer[] _workers;
    private int _nextUnit, _nextSymbol, _nextModule = 1;

    public ModuleIndexer(IIndexSink sink, int workers)
    {
        _sink = sink;
        _workers = new UnitIndexer[Math.Max(workers, 1)];
        for (int i = 0; i < _workers.Length; i++) { _workers[i] = new UnitIndexer(_tables); }
    }

    /// <summary>
    /// Indexes one file. Throws <see cref="Formats.Binary.InputFaultException"/> when it is no ELF file with DWARF, and for anything in it that is not
    /// understood; what the sink got before that must then be discarded.
    /// </summary>
    /// <param name="name"><c>vmlinux</c> or the module's name in the kernel's spelling.</param>
    /// <param name="path">Path in the package, or of the file.</param>
    public ModuleInfo Index(string name, string path, ElfFile file, CancellationToken cancellation)
    {
        ElfSymbol[] elfSymbols = file.ReadSymbols();
        DwarfSections sections = DwarfSections.Load(file, elfSymbols);
        ModuleSymbols symbols = ModuleSymbols.Read(file, elfSymbols, _tables.Names, _nextSymbol);
        List<DwarfUnit> units = DwarfUnit.ReadAll(sections);
        int module = _nextModule++, firstUnit = _nextUnit, next = 0;
        _nextUnit += units.Count;
        _nextSymbol += symbols.Rows.Length;
        int workerCount = Math.Min(_workers.Length, (units.Count / UnitsPerTurn) + 1);
        var parts = new ModuleParts[workerCount];
        if (workerCount == 1) { Work(0); }
        else
        {
            try { Parallel.For(0, workerCount, new ParallelOptions { MaxDegreeOfParallelism = workerCount, CancellationToken = cancellation }, Work); }
            catch (AggregateException e) { System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]); }
        }

        _tables.Names.Drain(_sink);
        _tables.Files.Drain(_sink);
        _tables.Types.Drain(_sink);
        _tables.Functions.Drain(_sink);
        string compiler = Array.Find(parts, p => p.Compiler.Length > 0)?.Compiler ?? "";
        string buildId = file.BuildId();
        UnitRow[] unitRows = [.. parts.SelectMany(p => p.Units).OrderBy(u => u.Id)];
        _sink.AddModule(new ModuleRow(
            module, name, buildId, path, compiler, unitRows, symbols.Sections, symbols.Rows, [.. parts.SelectMany(p => p.Entries)],
            [.. parts.SelectMany(p => p.Inlines)], [.. parts.SelectMany(p => p.Variables)]));
        return new ModuleInfo(name, buildId, path, true, unitRows.Length);

        void Work(int worker)
        {
            var mine = parts[worker] = new ModuleParts();
            UnitIndexer indexer = _workers[worker];
            indexer.Open(sections, symbols, module);
            while (true)
            {
                int from = Interlocked.Add(ref next, UnitsPerTurn) - UnitsPerTurn;
                if (from >= units.Count) { return; }
                for (int i = from; i < Math.Min(from + UnitsPerTurn, units.Count); i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    indexer.Index(units[i], firstUnit + i, mine);
                }
            }
        }
    }

    /// <summary>Writes what is known only after the last file: which units mean which of several types of one name.</summary>
    public void Finish()
    {
        foreach (int type in _tables.Types.Ambiguous())
        {
            var units = new SortedSet<int>();
            foreach (UnitIndexer worker in _workers)
            {
                if (worker.TypeUnits.TryGetValue(type, out UnitSet? mine)) { units.UnionWith(mine.Units()); }
            }

            _sink.AddTypeUnits(type, units.ToArray());
        }
    }
}
