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

    public int Find(ulong hash)
    {
        lock (_lock) { return _byHash.Find(hash); }
    }

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
            _pending.Add(row with { Id = id });
            if (row is { Kind: TypeKind.Struct or TypeKind.Union or TypeKind.Enum, IsReference: false, Name: not 0 })
            {
                if (!_definitions.TryGetValue((row.Kind, row.Name), out List<int>? same)) { _definitions.Add((row.Kind, row.Name), same = []); }
                same.Add(id);
            }

            return id;
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

    public void Drain(IIndexSink sink)
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

    public int Find(ulong hash)
    {
        lock (_lock) { return _byHash.Find(hash); }
    }

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
