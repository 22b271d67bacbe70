using System.Text;

namespace DebugInfoFetch.Index;

/// <summary>
/// Every name of the kernel once, by number. Shared by the workers; number 0 is the empty name. Only hashes are kept: the text goes to the sink,
/// and equal hashes are equal names (<see cref="ContentHash"/>).
/// </summary>
internal sealed class NameTable
{
    private readonly Lock _lock = new();
    private readonly HashIndex _byHash = new(1 << 16);
    private byte[] _pendingText = new byte[1 << 16], _drainedText = new byte[1 << 16];
    private readonly List<int> _pendingEnds = [];
    private int _firstPending = 1;

    public NameTable() => _byHash.Add(ContentHash.Of(default), 0);

    public int PendingCount => _pendingEnds.Count;

    /// <summary>The number of a name of which only the hash is at hand; -1 when it is a new one.</summary>
    public int Find(ulong hash) => _byHash.Find(hash);

    public int Intern(ReadOnlySpan<byte> name, ulong hash)
    {
        // Nearly all are known: that takes no lock.
        int id = _byHash.Find(hash);
        if (id >= 0) { return id; }
        lock (_lock)
        {
            id = _byHash.Find(hash);
            if (id >= 0) { return id; }
            id = _firstPending + _pendingEnds.Count;
            int start = _pendingEnds.Count == 0 ? 0 : _pendingEnds[^1], end = start + name.Length;
            if (end > _pendingText.Length) { Array.Resize(ref _pendingText, Math.Max(end, _pendingText.Length * 2)); }
            name.CopyTo(_pendingText.AsSpan(start));
            _pendingEnds.Add(end);
            _byHash.Add(hash, id);
            return id;
        }
    }

    public int Intern(ReadOnlySpan<byte> name) => Intern(name, ContentHash.Of(name));

    /// <summary>Takes up the names of an index that is added to, by number; the first is the empty one. The sink has them.</summary>
    public void Restore(ulong[] hashes)
    {
        for (int id = 1; id < hashes.Length; id++) { _byHash.Add(hashes[id], id); }
        _firstPending = hashes.Length;
    }

    /// <summary>Hands the names added since the last call to the sink. Calls come from one thread at a time.</summary>
    public void Drain(ITypeSink sink)
    {
        int[] added;
        byte[] text;
        int first;
        lock (_lock)
        {
            if (_pendingEnds.Count == 0) { return; }
            added = [.. _pendingEnds];
            text = _pendingText;
            first = _firstPending;
            _firstPending += added.Length;
            _pendingEnds.Clear();
            (_pendingText, _drainedText) = (_drainedText, _pendingText);
        }

        int start = 0;
        for (int i = 0; i < added.Length; i++)
        {
            sink.AddName(first + i, text.AsSpan(start..added[i]));
            start = added[i];
        }
    }
}
