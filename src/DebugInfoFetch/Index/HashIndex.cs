using System.Numerics;
using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Index;

/// <summary>
/// A map from 64-bit keys that are well mixed already (or made so by <c>mix</c>) to ints: open addressing, no deletion. About three times as
/// fast as a Dictionary here, and the innermost loop of the indexer is made of such look-ups. One thread may add while others look up: they find the key
/// or not yet.
/// </summary>
internal sealed class HashIndex
{
    // Smaller tables grow faster: filling each size anew takes longer than the cells that stay free.
    private const int ManyCells = 1 << 18;
    private Cell[] _cells;
    private int _count;

    /// <summary>Side by side, since each look-up in a large table is a cache miss.</summary>
    private struct Cell
    {
        public ulong Key;
        public int Value;
    }

    public HashIndex(int capacity = 1024) => _cells = new Cell[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 16))];

    public int Count => _count;

    /// <summary>The value of a key; -1 when it is not there. Values are not negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong key)
    {
        key = NotZero(key);
        Cell[] cells = Volatile.Read(ref _cells);
        int mask = cells.Length - 1;
        for (int at = (int)Spread(key) & mask; ; at = (at + 1) & mask)
        {
            ref Cell cell = ref cells[at];
            ulong found = Volatile.Read(ref cell.Key);
            if (found == key) { return cell.Value; }
            if (found == 0) { return -1; }
        }
    }

    /// <summary>Adds a key that is not there yet.</summary>
    public void Add(ulong key, int value)
    {
        if (_count * 2 >= _cells.Length) { Grow(); }
        Insert(_cells, NotZero(key), value);
        _count++;
    }

    /// <summary>The keys by their values, which are less than <paramref name="count"/> and have one key each; 0 for a value that has none.</summary>
    public ulong[] Keys(int count)
    {
        ulong[] keys = new ulong[count];
        foreach (ref readonly Cell cell in _cells.AsSpan())
        {
            if (cell.Key != 0) { keys[cell.Value] = cell.Key; }
        }

        return keys;
    }

    private static void Insert(Cell[] cells, ulong key, int value)
    {
        int mask = cells.Length - 1;
        int at = (int)Spread(key) & mask;
        while (cells[at].Key != 0) { at = (at + 1) & mask; }
        // Who sees the key must see the value.
        cells[at].Value = value;
        Volatile.Write(ref cells[at].Key, key);
    }

    private void Grow()
    {
        Cell[] old = _cells;
        var larger = new Cell[old.Length * (old.Length < ManyCells ? 4 : 2)];
        // New pages that are read first and then written cost the system twice.
        Array.Clear(larger);
        foreach (ref readonly Cell cell in old.AsSpan())
        {
            if (cell.Key != 0) { Insert(larger, cell.Key, cell.Value); }
        }

        Volatile.Write(ref _cells, larger);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Spread(ulong key) => (uint)((key * 0x9e3779b97f4a7c15) >> 32);

    // 0 marks a free cell.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong NotZero(ulong key) => key == 0 ? 0x5bd1e995_00000001 : key;
}
