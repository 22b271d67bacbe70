namespace DebugInfoFetch.Index;

/// <summary>Rows one behind the other, in pieces: however many they become, none is moved to make room for more.</summary>
internal sealed class RowChunks<T>
{
    private const int FirstSize = 64, LargestSize = 1 << 16;
    private readonly List<T[]> _full = [];
    private T[] _last = [];
    private int _used;

    public int Count { get; private set; }

    public void Add(in T row)
    {
        if (_used == _last.Length)
        {
            if (_used > 0) { _full.Add(_last); }
            _last = new T[Math.Clamp(Count, FirstSize, LargestSize)];
            _used = 0;
        }

        _last[_used++] = row;
        Count++;
    }

    public void CopyTo(Span<T> rows)
    {
        foreach (T[] chunk in _full)
        {
            chunk.CopyTo(rows);
            rows = rows[chunk.Length..];
        }

        _last.AsSpan(0, _used).CopyTo(rows);
    }

    public void Clear()
    {
        _full.Clear();
        _last = [];
        (_used, Count) = (0, 0);
    }

    public T[] ToArray()
    {
        var rows = new T[Count];
        CopyTo(rows);
        return rows;
    }
}
