using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace DebugInfoFetch.Cache;

/// <param name="first">Number of the first name in it.</param>
internal delegate void NameBlock(int first, ReadOnlySpan<byte> json);

/// <summary>
/// All names of a kernel, kept in the order in which they came until all are there; then numbered anew in the order of their bytes. So neighbours are
/// alike, which makes the file small when it is compressed, and a name is found by bisection, without an index.
/// </summary>
internal sealed class NameOrder
{
    /// <summary>Names in a row of name_block, whose keys are its multiples.</summary>
    public const int BlockSize = 64;

    // Names that one thread sorts at a time.
    private const int LargestPiece = 1 << 13;

    private readonly List<int> _ends = [0];
    private byte[] _text = new byte[1 << 16];
    private int[] _numbers = [0];

    /// <summary>The next name; number 0 is the empty one, which nobody adds.</summary>
    public void Add(int id, ReadOnlySpan<byte> utf8)
    {
        if (id != _ends.Count) { throw new ArgumentException($"name {id} comes where {_ends.Count} was to come", nameof(id)); }
        int start = _ends[^1], end = start + utf8.Length;
        if (end > _text.Length) { Packed.Grow(ref _text, end, start); }
        utf8.CopyTo(_text.AsSpan(start));
        _ends.Add(end);
    }

    /// <summary>Of all, the empty one among them.</summary>
    public int Count => _ends.Count;

    /// <summary>The final number of a name, once they are in order; 0 for a number that no name has.</summary>
    public int this[int id] => (uint)id < (uint)_numbers.Length ? _numbers[id] : 0;

    /// <summary>Puts all names in order: they have their final numbers then.</summary>
    /// <returns>Their earlier numbers in that order.</returns>
    public int[] Complete()
    {
        int[] order = Sorted();
        int[] numbers = new int[order.Length];
        for (int i = 0; i < order.Length; i++) { numbers[order[i]] = i; }
        _numbers = numbers;
        return order;
    }

    /// <summary>Hands them over in blocks, as JSON arrays: SQLite can take those apart.</summary>
    /// <param name="order">What <see cref="Complete"/> returned.</param>
    public void WriteBlocks(int[] order, NameBlock block)
    {
        var json = new MemoryStream();
        for (int first = 0; first < order.Length; first += BlockSize)
        {
            JsonNames.Begin(json);
            foreach (int id in order.AsSpan(first, Math.Min(BlockSize, order.Length - first))) { JsonNames.Add(json, Text(id)); }
            block(first, JsonNames.End(json));
        }
    }

    private ReadOnlySpan<byte> Text(int id) => id == 0 ? default : _text.AsSpan(_ends[id - 1].._ends[id]);

    /// <summary>Eight bytes at a time as numbers, which sorts several times faster than by comparing texts.</summary>
    private int[] Sorted()
    {
        var order = new int[_ends.Count];
        var keys = new ulong[order.Length];
        for (int id = 0; id < order.Length; id++) { (order[id], keys[id]) = (id, KeyAt(Text(id), 0)); }
        // Pieces with other beginnings are sorted by other threads.
        List<Range> pieces = [];
        Split(0, order.Length, 48);
        Parallel.ForEach(Partitioner.Create(pieces, EnumerablePartitionerOptions.NoBuffering), piece => Sort(piece.Start.Value, piece.End.Value, 0));
        return order;

        // By two bytes, and where that leaves too many together by the two behind them.
        void Split(int from, int to, int shift)
        {
            var next = new int[1 << 16];
            foreach (ulong key in keys.AsSpan(from..to)) { next[(ushort)(key >> shift)]++; }
            for (int i = 0, start = from; i < next.Length; i++) { (next[i], start) = (start, start + next[i]); }
            ulong[] unsortedKeys = keys[from..to];
            int[] unsorted = order[from..to];
            for (int i = 0; i < unsorted.Length; i++)
            {
                int at = next[(ushort)(unsortedKeys[i] >> shift)]++;
                (keys[at], order[at]) = (unsortedKeys[i], unsorted[i]);
            }

            int open = from, before = from;
            foreach (int end in next)
            {
                // What is too large alone is cut again, what is too large together is not put together.
                if (end - open > LargestPiece && before > open)
                {
                    pieces.Add(open..before);
                    open = before;
                }

                if (end - before > LargestPiece && shift > 0)
                {
                    Split(before, end, shift - 16);
                    open = end;
                }

                before = end;
            }

            if (to > open) { pieces.Add(open..to); }
        }

        // By the keys, which are the bytes from that depth on.
        void Sort(int from, int to, int depth)
        {
            Array.Sort(keys, order, from, to - from);
            for (int start = from, end; start < to; start = end)
            {
                for (end = start + 1; end < to && keys[end] == keys[start];) { end++; }
                // Keys are equal in full only where eight more bytes are; a shorter text has zeros, and no name holds a zero byte.
                if (end - start == 1 || (keys[start] & 0xff) == 0) { continue; }
                for (int i = start; i < end; i++) { keys[i] = KeyAt(Text(order[i]), depth + 8); }
                Sort(start, end, depth + 8);
            }
        }
    }

    private static ulong KeyAt(ReadOnlySpan<byte> text, int depth)
    {
        if (depth + 8 <= text.Length) { return BinaryPrimitives.ReadUInt64BigEndian(text[depth..]); }
        ulong key = 0;
        for (int i = 0; i < 8; i++) { key = (key << 8) | (depth + i < text.Length ? text[depth + i] : (byte)0); }
        return key;
    }
}
