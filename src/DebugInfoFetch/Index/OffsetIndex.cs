using System.Numerics;
using System.Runtime.CompilerServices;

namespace DebugInfoFetch.Index;

/// <summary>
/// Marks offsets of a unit or section, and tells the how manieth marked one an offset is: a bit a byte, with the count of marks before each 64
/// beside them. Where things are numbered in the order of their offsets, that is the way from an offset to a number. It takes a quarter of the
/// bytes that it spans, so that most look-ups stay in the processor's caches.
/// </summary>
internal sealed class OffsetIndex
{
    private Cell[] _cells = [];
    private int _used;

    private struct Cell
    {
        public ulong Marks;
        public int Before;
    }

    /// <summary>Forgets all marks, and makes room for offsets below <paramref name="length"/>.</summary>
    public void Reset(int length)
    {
        _used = (length >> 6) + 1;
        if (_cells.Length < _used) { _cells = new Cell[_used + (_used >> 2)]; } else { Array.Clear(_cells, 0, _used); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Mark(int offset) => _cells[offset >> 6].Marks |= 1ul << offset;

    /// <summary>Marks, of the 64 offsets of a group, those whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MarkGroup(int group, ulong marks) => _cells[group].Marks = marks;

    public int GroupCount => _used;

    /// <summary>The marks of 64 offsets, as bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Group(int group) => _cells[group].Marks;

    /// <summary>Counts the marks; comes between the last mark and the first look-up.</summary>
    /// <returns>How many there are.</returns>
    public int Complete()
    {
        int count = 0;
        foreach (ref Cell cell in _cells.AsSpan(0, _used))
        {
            cell.Before = count;
            count += BitOperations.PopCount(cell.Marks);
        }

        return count;
    }

    /// <summary>How many marks stand before this one; -1 when there is none at that offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(int offset)
    {
        int group = offset >> 6;
        if ((uint)group >= (uint)_used) { return -1; }
        ref Cell cell = ref _cells[group];
        ulong mark = 1ul << offset;
        return (cell.Marks & mark) == 0 ? -1 : cell.Before + BitOperations.PopCount(cell.Marks & (mark - 1));
    }
}
