using System.Runtime.ExceptionServices;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// Indexes the files of one kernel, vmlinux or modules, one call each, into an <see cref="IIndexSink"/>. Units of a large file are shared among
/// the workers. Call <see cref="Finish"/> after the last file.
/// </summary>
public sealed class ModuleIndexer
{
    // From this many units on workers that become idle help with a file; smaller ones are better indexed side by side.
    private const int ManyUnits = 64;

    // How many units a worker takes at a time: few enough that all end together.
    private const int UnitsPerTurn = 4;

    private const string Vmlinux = "vmlinux";

    // Rows that may wait for the sink before a worker takes the time to hand them over.
    private const int DrainAbove = 8192;

    private readonly IIndexSink _sink;
    private readonly Lock _sinking = new();
    private readonly SharedTables _tables = new();
    private readonly UnitIndexer[] _workers;
    private readonly Stack<UnitIndexer> _idle;
    private readonly byte[] _earlierTypeUnits = [];
    private int _nextUnit, _nextSymbol, _nextModule = 1, _waitingHelpers;

    /// <param name="earlier">An index whose rows the sink has already, to which files are added; null for a new one.</param>
    public ModuleIndexer(IIndexSink sink, int workers, EarlierIndex? earlier = null)
    {
        _sink = sink;
        if (earlier is not null)
        {
            _tables.Names.Restore(earlier.Names);
            _tables.Files.Restore(earlier.Files);
            _tables.Types.Restore(earlier.Memory.Types, earlier.Types);
            _tables.Functions.Restore(earlier.Memory.Functions);
            _earlierTypeUnits = earlier.Memory.TypeUnits;
            (_nextUnit, _nextSymbol, _nextModule) = (earlier.NextUnit, earlier.NextSymbol, earlier.NextModule);
        }

        _workers = new UnitIndexer[Math.Max(workers, 1)];
        for (int i = 0; i < _workers.Length; i++) { _workers[i] = new UnitIndexer(_tables); }
        _idle = new Stack<UnitIndexer>(_workers);
    }

    /// <summary>
    /// Indexes one file; may be called from several threads at once. Throws <see cref="Formats.Binary.InputFaultException"/> when it is no ELF file
    /// with DWARF, and for anything in it that is not understood; what the sink got before that names nothing of this module.
    /// </summary>
    /// <param name="name"><c>vmlinux</c> or the module's name in the kernel's spelling.</param>
    /// <param name="path">Path in the package, or of the file.</param>
    public ModuleInfo Index(string name, string path, ElfFile file, CancellationToken cancellation)
    {
        ElfSymbol[] elfSymbols = file.ReadSymbols();
        DwarfSections sections = DwarfSections.Load(file, elfSymbols);
        List<DwarfUnit> units = DwarfUnit.ReadAll(sections);
        bool isLarge = units.Count >= ManyUnits;
        int next = 0, module = Interlocked.Increment(ref _nextModule) - 1, firstUnit = Interlocked.Add(ref _nextUnit, units.Count) - units.Count;
        string buildId = file.BuildId();
        var parts = new ModuleParts[isLarge ? _workers.Length : 1];
        for (int i = 0; i < parts.Length; i++) { parts[i] = new ModuleParts(); }
        UnitIndexer first = Take(cancellation);
        FileStrings strings = first.Strings;
        Task<ModuleSymbols>? symbols = null;
        try
        {
            // A large file's are read while its strings are hashed and its first units scanned.
            symbols = isLarge ? Task.Run(AddModule, CancellationToken.None) : Task.FromResult(AddModule());
            strings.Open(sections);
            // Threads of their own: the pool's may all be waiting for a worker.
            Task[] helpers = [.. parts.Skip(1)
                .Select(part => Task.Factory.StartNew(() => Help(part), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            try { Work(first, parts[0]); }
            finally
            {
                // Of a file that is given up nobody begins another unit, and nobody waits any more to help with one.
                Interlocked.Exchange(ref next, units.Count);
                lock (_idle) { Monitor.PulseAll(_idle); }
                Task.WaitAll(helpers, CancellationToken.None);
            }
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
        finally
        {
            // Whatever went wrong: the file's memory is the caller's again after this.
            if (symbols is not null) { Task.WhenAny(symbols).GetAwaiter().GetResult(); }
            Return(first);
        }

        string compiler = Array.Find(parts, p => p.Compiler.Length > 0)?.Compiler ?? "";
        int unitCount = parts.Sum(p => p.UnitCount);
        lock (_sinking)
        {
            DrainTables();
            _sink.AddModuleContent(ModuleParts.Join(module, parts));
            _sink.CompleteModule(module, compiler, unitCount);
        }

        return new ModuleInfo(name, buildId, path, true, unitCount);

        // Content refers to the module: nobody has any before its symbols are there.
        ModuleSymbols AddModule()
        {
            ModuleSymbols read = ModuleSymbols.Read(file, elfSymbols, _tables.Names, count => Interlocked.Add(ref _nextSymbol, count) - count);
            lock (_sinking) { _sink.AddModule(new ModuleRow(module, name, buildId, path, read.Sections, read.Rows, firstUnit)); }
            return read;
        }

        void Help(ModuleParts mine)
        {
            // There is little to do before that, and a worker that waits for it could index another file.
            Task.WhenAny(symbols!).GetAwaiter().GetResult();
            if (TakeToHelp(() => Volatile.Read(ref next) >= units.Count, cancellation) is not { } worker) { return; }
            try { Work(worker, mine); }
            finally { Return(worker); }
        }

        void Work(UnitIndexer indexer, ModuleParts mine)
        {
            indexer.Open(sections, strings, symbols!, module);
            while (true)
            {
                if (_tables.PendingCount > DrainAbove && _sinking.TryEnter())
                {
                    try
                    {
                        DrainTables();
                        // A module that turns out to be damaged later must leave nothing; without vmlinux nothing is kept anyway. Who has units has waited for the symbols,
                        // with which the sink gets to know the module.
                        if (name == Vmlinux && mine.Units.Count > 0) { _sink.AddModuleContent(mine.TakeRows(module)); }
                    }
                    finally { _sinking.Exit(); }
                }

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
        DrainTables();
        var units = new List<int>?[_tables.Types.Count];
        foreach (int type in _tables.Types.Ambiguous()) { units[type] = []; }
        TypeUnitLog.CollectUnits(_earlierTypeUnits, units);
        foreach (UnitIndexer worker in _workers) { worker.TypeUnits.CollectUnits(units); }
        for (int type = 0; type < units.Length; type++)
        {
            if (units[type] is { } met) { _sink.AddTypeUnits(type, [.. met.Distinct().Order()]); }
        }
    }

    /// <summary>What it takes to add files later. Comes after the last file.</summary>
    public IndexMemory Memory() => new(
        _tables.Types.Hashes(), _tables.Functions.Hashes(), [.. _earlierTypeUnits, .. _workers.SelectMany(worker => worker.TypeUnits.ToArray())]);

    private void DrainTables()
    {
        _tables.Names.Drain(_sink);
        _tables.Files.Drain(_sink);
        _tables.Types.Drain(_sink);
        _tables.Functions.Drain(_sink);
    }

    /// <summary>Waits for an idle worker. Who wants to help with a file in progress goes before those who want to begin another.</summary>
    private UnitIndexer Take(CancellationToken cancellation)
    {
        lock (_idle)
        {
            while (_idle.Count == 0 || _waitingHelpers > 0) { Wait(cancellation); }
            return _idle.Pop();
        }
    }

    /// <summary>Waits for an idle worker; null when it comes too late to help.</summary>
    private UnitIndexer? TakeToHelp(Func<bool> isTooLate, CancellationToken cancellation)
    {
        lock (_idle)
        {
            _waitingHelpers++;
            try
            {
                while (_idle.Count == 0 && !isTooLate()) { Wait(cancellation); }
                return isTooLate() ? null : _idle.Pop();
            }
            finally
            {
                _waitingHelpers--;
                Monitor.PulseAll(_idle);
            }
        }
    }

    private void Wait(CancellationToken cancellation)
    {
        // Woken by Return; looks up now and then for a cancellation.
        Monitor.Wait(_idle, TimeSpan.FromMilliseconds(100));
        cancellation.ThrowIfCancellationRequested();
    }

    private void Return(UnitIndexer worker)
    {
        lock (_idle)
        {
            _idle.Push(worker);
            Monitor.PulseAll(_idle);
        }
    }
}
