using DebugInfoFetch.Index;

namespace DebugInfoFetch.Cache;

/// <summary>
/// A kernel's rows until all names are known. They are kept packed, a dozen bytes each: a kernel has some four million. Names and functions have the
/// indexer's numbers here; what refers to them is kept apart from the bytes that are final.
/// </summary>
internal sealed class CollectedRows
{
    // So many inline sites are put in order by another thread, while the caller goes on.
    private const int ManySites = 1 << 14;
    private readonly Dictionary<int, ModuleRow> _moduleById = [];
    private readonly Kept _inlineSites = new();
    private Task _addingSites = Task.CompletedTask;

    public NameOrder Names { get; } = new();
    public List<ModuleRow> Modules { get; } = [];
    public PackedWriter Types { get; } = new();
    public Kept Functions { get; } = new();
    public Kept Entries { get; } = new();

    /// <summary>Waits for those that are being added.</summary>
    public Kept InlineSites
    {
        get
        {
            _addingSites.GetAwaiter().GetResult();
            return _inlineSites;
        }
    }

    public Kept Variables { get; } = new();

    public void Add(ReadOnlySpan<TypeRow> types)
    {
        foreach (TypeRow type in types) { TypeRows.Keep(Types, type); }
    }

    public void Add(ReadOnlySpan<FunctionRow> functions)
    {
        foreach (FunctionRow function in functions)
        {
            int start = Functions.Begin();
            FunctionBlocks.Keep(Functions.Bytes, function);
            Functions.End(start, function.Name, function.Id);
        }
    }

    public void Add(ModuleRow module)
    {
        Modules.Add(module);
        _moduleById.Add(module.Id, module);
    }

    public void Add(ModuleContent content)
    {
        ModuleRow module = _moduleById[content.Module];
        foreach (EntryRow entry in content.Entries)
        {
            int start = Entries.Begin();
            EntryBlocks.Write(Entries.Bytes, entry, module);
            Entries.End(start, entry.Function, Entries.Count);
        }

        foreach (ref readonly VariableRow variable in content.Variables.AsSpan())
        {
            int start = Variables.Begin();
            VariableBlocks.Keep(Variables.Bytes, variable, module);
            Variables.End(start, variable.Name, Variables.Count);
        }

        if (content.InlineSites.Length < ManySites && _addingSites.IsCompletedSuccessfully) { AddInlineSites(content.InlineSites, module); }
        else { _addingSites = AddInlineSitesAsync(_addingSites, content.InlineSites, module); }
    }

    private async Task AddInlineSitesAsync(Task before, InlineRow[] sites, ModuleRow module)
    {
        await before.ConfigureAwait(false);
        await Task.Run(() => AddInlineSites(sites, module)).ConfigureAwait(false);
    }

    private void AddInlineSites(InlineRow[] sites, ModuleRow module)
    {
        // Sorting by a number is several times faster than by a comparison; only within a symbol the offsets remain to be compared.
        ulong[] keys = Array.ConvertAll(sites, site => ((ulong)(uint)site.Function << 32) | (uint)(site.Symbol + 1));
        Array.Sort(keys, sites);
        for (int from = 0, to; from < sites.Length; from = to)
        {
            for (to = from + 1; to < sites.Length && keys[to] == keys[from];) { to++; }
            if (to - from > 1) { sites.AsSpan(from..to).Sort((a, b) => a.Offset.CompareTo(b.Offset)); }
        }

        for (int from = 0, to; from < sites.Length; from = to)
        {
            for (to = from + 1; to < sites.Length && sites[to].Function == sites[from].Function;) { to++; }
            int start = _inlineSites.Begin();
            InlineBlocks.Write(_inlineSites.Bytes, sites.AsSpan(from..to), module);
            _inlineSites.End(start, sites[from].Function, module.Id);
        }
    }

    /// <summary>Packed rows with what they will be sorted by.</summary>
    internal sealed class Kept
    {
        private readonly List<(int Owner, int Second, int Start, int Length)> _rows = [];

        public PackedWriter Bytes { get; } = new();
        public int Count => _rows.Count;

        public int Begin() => Bytes.Length;

        /// <param name="owner">The indexer's number of a name or function.</param>
        /// <param name="second">What decides among rows of one owner.</param>
        public void End(int start, int owner, int second) => _rows.Add((owner, second, start, Bytes.Length - start));

        /// <summary>Rows in the order of their owners' final numbers.</summary>
        public (int Owner, int Second, int Start, int Length)[] InOrder(Func<int, int> finalNumber)
        {
            (int Owner, int Second, int Start, int Length)[] rows = [.. _rows];
            ulong[] keys = Array.ConvertAll(rows, row => ((ulong)(uint)finalNumber(row.Owner) << 32) | (uint)row.Second);
            Array.Sort(keys, rows);
            for (int i = 0; i < rows.Length; i++) { rows[i].Owner = (int)(keys[i] >> 32); }
            return rows;
        }

        public ReadOnlySpan<byte> this[in (int Owner, int Second, int Start, int Length) row] => Bytes.From(row.Start, row.Length);
    }
}
