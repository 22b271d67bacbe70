using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>A file to be searched.</summary>
/// <param name="FirstUnit">The number of its first unit; they count on from there.</param>
internal sealed record SearchedFile(int Module, DwarfSections Sections, FileStrings Strings, List<DwarfUnit> Units, int FirstUnit)
{
    public static SearchedFile Read(ElfFile file, int module, int firstUnit, NameTable names)
    {
        DwarfSections sections = DwarfSections.Load(file, file.ReadSymbols());
        var strings = new FileStrings(names);
        strings.OpenUnhashed(sections);
        return new SearchedFile(module, sections, strings, DwarfUnit.ReadAll(sections), firstUnit);
    }
}

/// <summary>
/// Finds types of files that are not indexed. Every unit is looked at, since any may define something of its own under the name, but only what was
/// asked for is merged, and what it needs by value.
/// </summary>
internal sealed class TypeSearch
{
    private readonly IReadOnlyList<SearchedFile> _files;
    private readonly SharedTables _tables;
    private readonly Worker[] _workers;
    // By file and key: the type by value, and a typedef's by reference, else 0.
    private readonly ConcurrentDictionary<(int Module, ulong Key), (int ByValue, int ByReference)> _known = [];

    public TypeSearch(IReadOnlyList<SearchedFile> files, SharedTables tables, int workers)
    {
        _files = files;
        _tables = tables;
        _workers = [.. Enumerable.Range(0, Math.Max(workers, 1)).Select(_ => new Worker(tables))];
    }

    /// <summary>Structs, unions, enums and typedefs of a name, each with every unit that defines it, in no order.</summary>
    public IReadOnlyList<(int Type, int Unit)> Definitions(string name)
    {
        ulong hash = ContentHash.Of(Encoding.UTF8.GetBytes(name));
        NameTrace[] traces = [.. _files.Select(file => new NameTrace(file.Sections, name))];
        return Run((worker, file, unit) =>
        {
            NameTrace trace = traces[file.Module - 1];
            if (!trace.MayBeIn(unit) || worker.IsKnown(file, unit, trace, _known)) { return; }
            worker.Collect(file, unit, (in node) => file.Strings.Hash(node.Name) == hash, _known);
        });
    }

    /// <summary>All structs and unions that have a name, as <see cref="Definitions"/> gives them.</summary>
    public IReadOnlyList<(int Type, int Unit)> AllStructs()
    {
        HashStrings();
        return Run((worker, file, unit) => worker.Collect(file, unit, (in node) => node.Kind is TypeKind.Struct or TypeKind.Union));
    }

    /// <summary>Names of structs, unions, enums and typedefs; some come several times.</summary>
    public IEnumerable<string> Names()
    {
        HashStrings();
        Run((worker, file, unit) => worker.CollectNames(file, unit));
        return _workers.SelectMany(worker => worker.Names.Values);
    }

    private void HashStrings()
    {
        foreach (SearchedFile file in _files) { file.Strings.Open(file.Sections); }
    }

    private delegate bool Wanted(in TypeNode node);

    private List<(int Type, int Unit)> Run(Action<Worker, SearchedFile, DwarfUnit> collect)
    {
        int total = _files.Sum(file => file.Units.Count), next = 0;
        foreach (Worker worker in _workers) { worker.Found.Clear(); }
        ExceptionDispatchInfo? fault = null;
        Thread[] others = [.. _workers.Skip(1).Select(worker => new Thread(() => Work(worker)))];
        foreach (Thread other in others) { other.Start(); }
        Work(_workers[0]);
        foreach (Thread other in others) { other.Join(); }
        fault?.Throw();
        return [.. _workers.SelectMany(worker => worker.Found)];

        void Work(Worker worker)
        {
            try
            {
                while (Interlocked.Increment(ref next) - 1 is int at && at < total && fault is null)
                {
                    int file = 0;
                    while (at >= _files[file].Units.Count) { at -= _files[file++].Units.Count; }
                    collect(worker, _files[file], _files[file].Units[at]);
                }
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref fault, ExceptionDispatchInfo.Capture(e), null);
            }
        }
    }

    /// <summary>One thread's buffers, and what it found.</summary>
    private sealed class Worker(SharedTables tables)
    {
        private readonly UnitNodes _nodes = new();
        private readonly UnitFiles _files = new(tables.Files);
        private UnitTypes? _types;

        private readonly List<SkimmedDefinition> _skimmed = [];
        private readonly Dictionary<long, ulong> _keys = [];

        public List<(int Type, int Unit)> Found { get; } = [];
        public Dictionary<ulong, string> Names { get; } = [];

        /// <summary>Adds the unit's definitions of a name when others were the same; false when the unit must be scanned.</summary>
        public bool IsKnown(
            SearchedFile file, in DwarfUnit unit, NameTrace name, ConcurrentDictionary<(int Module, ulong Key), (int ByValue, int ByReference)> known)
        {
            if (!DefinitionSkim.TryRead(file, unit, name, _nodes.Abbreviations, _keys, _skimmed)) { return false; }
            int before = Found.Count;
            foreach (SkimmedDefinition definition in _skimmed)
            {
                if (!known.TryGetValue((file.Module, definition.Key), out (int ByValue, int ByReference) ids))
                {
                    Found.RemoveRange(before, Found.Count - before);
                    return false;
                }

                Found.Add((ids.ByValue, file.FirstUnit + unit.Index));
                if (ids.ByReference != 0) { Found.Add((ids.ByReference, file.FirstUnit + unit.Index)); }
            }

            return true;
        }

        /// <param name="known">Gets what was found, by the keys that <see cref="IsKnown"/> has just made.</param>
        public void Collect(
            SearchedFile file, in DwarfUnit unit, Wanted isWanted, ConcurrentDictionary<(int Module, ulong Key), (int ByValue, int ByReference)>? known = null)
        {
            if (UnitScanner.Scan(file.Sections, unit, _nodes) is not { } header) { return; }
            UnitTypes types = _types ??= new UnitTypes(tables.Types, _nodes);
            types.Open(file.Strings, _files, file.Module);
            bool hasFiles = false;
            for (int i = 0; i < _nodes.Types.Count; i++)
            {
                ref readonly TypeNode node = ref _nodes.Types[i];
                if (!UnitTypes.IsNamedDefinition(node) || !isWanted(node)) { continue; }
                // Most units only repeat what is known, and need not read the names of their source files.
                int id = tables.Types.Find(types.Hash(node.Offset, byReference: false)), byReference = 0;
                if (!hasFiles && (id < 0 || node.Kind == TypeKind.Typedef))
                {
                    _files.Open(file.Sections, header, file.Strings);
                    hasFiles = true;
                }

                if (id < 0) { id = types.Ensure(i, byReference: false); }
                Found.Add((id, file.FirstUnit + unit.Index));
                if (node.Kind == TypeKind.Typedef)
                {
                    // Behind a pointer a typedef of a tagged type is a row of its own, which means the tag by its name.
                    byReference = types.Ensure(i, byReference: true);
                    Found.Add((byReference, file.FirstUnit + unit.Index));
                }

                if (known is null) { continue; }
                foreach (SkimmedDefinition definition in _skimmed)
                {
                    if (definition.Offset == node.Offset && definition.Key != 0) { known.TryAdd((file.Module, definition.Key), (id, byReference)); }
                }
            }
        }

        public void CollectNames(SearchedFile file, in DwarfUnit unit)
        {
            if (UnitScanner.Scan(file.Sections, unit, _nodes) is null) { return; }
            foreach (ref readonly TypeNode node in _nodes.Types.AsSpan())
            {
                if (!UnitTypes.IsNamedDefinition(node)) { continue; }
                ulong hash = file.Strings.Hash(node.Name);
                if (!Names.ContainsKey(hash)) { Names.Add(hash, Encoding.UTF8.GetString(file.Strings.Bytes(node.Name))); }
            }
        }
    }
}
