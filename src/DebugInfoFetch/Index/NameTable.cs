using System.Text;

namespace DebugInfoFetch.Index;

/// <summary>Every name of the kernel once, by number. Shared by the workers; number 0 is the empty name.</summary>
internal sealed class NameTable
{
    private readonly Lock _lock = new();
    private readonly HashIndex _byHash = new(1 << 16);
    private readonly List<string> _names = [""];
    private int _drained = 1;

    public NameTable() => _byHash.Add(ContentHash.Of(default), 0);

    public int Intern(ReadOnlySpan<byte> name, ulong hash)
    {
        lock (_lock)
        {
            int id = _byHash.Find(hash);
            if (id >= 0) { return id; }
            id = _names.Count;
            _names.Add(Encoding.UTF8.GetString(name));
            _byHash.Add(hash, id);
            return id;
        }
    }

    public int Intern(string name)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (!Encoding.UTF8.TryGetBytes(name, utf8, out int length)) { return Intern(Encoding.UTF8.GetBytes(name)); }
        return Intern(utf8[..length]);
    }

    public int Intern(ReadOnlySpan<byte> name) => Intern(name, ContentHash.Of(name));

    public string Text(int id)
    {
        lock (_lock) { return _names[id]; }
    }

    /// <summary>Hands the names added since the last call to the sink.</summary>
    public void Drain(IIndexSink sink)
    {
        (int Id, string Text)[] added;
        lock (_lock)
        {
            added = new (int, string)[_names.Count - _drained];
            for (int i = 0; i < added.Length; i++) { added[i] = (_drained + i, _names[_drained + i]); }
            _drained = _names.Count;
        }

        sink.AddNames(added);
    }
}
