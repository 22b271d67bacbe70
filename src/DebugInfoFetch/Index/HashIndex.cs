using System.Numerics;
using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Index;

/// <summary>
/// A map from 64-bit keys that are well mixed already (or made so by <c>mix</c>) to ints: open addressing, no deletion. About three times as
/// fast as a Dictionary here, and the innermost loop of the indexer is made of such look-ups.
/// </summary>
internal sealed class HashIndex
{
    private const int LargeTable = 1 << 15;
    private ulong[] _keys;
    private int[] _values;
    private int _count;

    public HashIndex(int capacity = 1024)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 16));
        _keys = new ulong[size];
        _values = new int[size];
    }

    public int Count => _count;

    /// <summary>The value of a key; -1 when it is not there. Values are not negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong key)
    {
        key = NotZero(key);
        ulong[] keys = _keys;
        int mask = keys.Length - 1;
        for (int at = (int)Spread(key) & mask; ; at = (at + 1) & mask)
        {
            if (keys[at] == key) { return _values[at]; }
            if (keys[at] == 0) { return -1; }
        }
    }

    /// <summary>Adds a key that is not there yet.</summary>
    public void Add(ulong key, int value)
    {
        if (_count * 2 >= _keys.Length) { Grow(); }
        Insert(NotZero(key), value);
        _count++;
    }

    public void Clear()
    {
        if (_count == 0) { return; }
        // Grown for something large: cheaper to grow anew than to clear for each small thing that follows.
        if (_keys.Length > LargeTable) { (_keys, _values) = (new ulong[1 << 12], new int[1 << 12]); } else { Array.Clear(_keys); }
        _count = 0;
    }

    private void Insert(ulong key, int value)
    {
        int mask = _keys.Length - 1;
        int at = (int)Spread(key) & mask;
        while (_keys[at] != 0) { at = (at + 1) & mask; }
        _keys[at] = key;
        _values[at] = value;
    }

    private void Grow()
    {
        ulong[] keys = _keys;
        int[] values = _values;
        _keys = new ulong[keys.Length * 2];
        _values = new int[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0) { Insert(keys[i], values[i]); }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Spread(ulong key) => (uint)((key * 0x9e3779b97f4a7c15) >> 32);

    // 0 marks a free cell.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong NotZero(ulong key) => key == 0 ? 0x5bd1e995_00000001 : key;
}
