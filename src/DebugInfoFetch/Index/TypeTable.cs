using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// The kernel's types, each content once. Shared by the workers, which look types up by content hash and add those not seen before.
/// Number 0 is <c>void</c>.
/// </summary>
internal sealed class TypeTable
{
    private readonly Lock _lock = new();
    private readonly HashIndex _byHash = new(1 << 15);
    private readonly List<TypeRow> _pending = [];
    private readonly List<long> _sizes = [0];
    private readonly Dictionary<(TypeKind Kind, int Name), List<int>> _definitions = [];

    public int Find(ulong hash) => _byHash.Find(hash);

    /// <summary>Adds a type, or returns the number it got from another worker meanwhile.</summary>
    public int Add(ulong hash, TypeRow row)
    {
        lock (_lock)
        {
            int id = _byHash.Find(hash);
            if (id >= 0) { return id; }
            id = _sizes.Count;
            _sizes.Add(row.ByteSize);
            _byHash.Add(hash, id);
            TypeRow added = row with { Id = id };
            _pending.Add(added);
            NoteDefinition(added);
            return id;
        }
    }

    /// <summary>
    /// Gives out numbers for types that are known to be distinct already, as those of a vmlinux's BTF are, so that they may refer to each other in any
    /// order. <see cref="Put"/> brings their rows.
    /// </summary>
    public int Reserve(int count)
    {
        lock (_lock)
        {
            int first = _sizes.Count;
            for (int i = 0; i < count; i++) { _sizes.Add(-1); }
            return first;
        }
    }

    /// <summary>The row of a reserved number.</summary>
    public void Put(TypeRow row)
    {
        lock (_lock)
        {
            _sizes[row.Id] = row.ByteSize;
            _pending.Add(row);
            NoteDefinition(row);
        }
    }

    /// <summary>Bytes; -1 when the type has no size.</summary>
    public long ByteSize(int id)
    {
        lock (_lock) { return _sizes[id]; }
    }

    /// <summary>Of all types, void among them.</summary>
    public int Count => _sizes.Count;

    /// <summary>Definitions that share their kind and name with another one.</summary>
    public IEnumerable<int> Ambiguous() => _definitions.Values.Where(same => same.Count > 1).SelectMany(same => same);

    public int PendingCount => _pending.Count;

    /// <summary>Takes up the types of an index that is added to, in the order of their numbers. The sink has their rows.</summary>
    public void Restore(ulong[] hashes, TypeRow[] rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            _byHash.Add(hashes[i], i + 1);
            _sizes.Add(rows[i].ByteSize);
            NoteDefinition(rows[i]);
        }
    }

    /// <summary>By number, from number 1 on; 0 for a reserved number, which has none.</summary>
    public ulong[] Hashes() => _byHash.Keys(_sizes.Count)[1..];

    private void NoteDefinition(TypeRow row)
    {
        if (row is not { Kind: TypeKind.Struct or TypeKind.Union or TypeKind.Enum, IsReference: false, Name: not 0 }) { return; }
        if (!_definitions.TryGetValue((row.Kind, row.Name), out List<int>? same)) { _definitions.Add((row.Kind, row.Name), same = []); }
        same.Add(row.Id);
    }

    public void Drain(ITypeSink sink)
    {
        TypeRow[] added;
        lock (_lock)
        {
            added = _pending.ToArray();
            _pending.Clear();
        }

        sink.AddTypes(added);
    }
}

/// <summary>The kernel's functions by content: name, place of declaration and prototype.</summary>
internal sealed class FunctionTable
{
    private readonly Lock _lock = new();
    private readonly HashIndex _byHash = new(1 << 15);
    private readonly List<FunctionRow> _pending = [];
    private int _count;

    public int Find(ulong hash) => _byHash.Find(hash);

    public int Add(ulong hash, FunctionRow row)
    {
        lock (_lock)
        {
            int id = _byHash.Find(hash);
            if (id >= 0) { return id; }
            id = _count++;
            _byHash.Add(hash, id);
            _pending.Add(row with { Id = id });
            return id;
        }
    }

    /// <summary>Takes up the functions of an index that is added to, by number. The sink has their rows.</summary>
    public void Restore(ulong[] hashes)
    {
        foreach (ulong hash in hashes) { _byHash.Add(hash, _count++); }
    }

    public ulong[] Hashes() => _byHash.Keys(_count);

    public void Drain(IIndexSink sink)
    {
        FunctionRow[] added;
        lock (_lock)
        {
            added = _pending.ToArray();
            _pending.Clear();
        }

        sink.AddFunctions(added);
    }
}
