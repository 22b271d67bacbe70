using System.Text;

namespace DebugInfoFetch.Cache;

/// <summary>Names by number, and numbers by name, from the blocks that <see cref="NameOrder"/> made.</summary>
internal sealed class NameReader(Func<string, Statement> query)
{
    // A quarter of a million names: what a walk over everything in the order of something else needs at hand.
    private const int MostBlocks = 4096;
    private readonly Dictionary<int, byte[][]> _blocks = [];
    private int _blockCount = -1;

    /// <summary>The text of a name; empty for number 0.</summary>
    public string Text(int id) => id == 0 ? "" : Encoding.UTF8.GetString(Utf8(id));

    public ReadOnlySpan<byte> Utf8(int id)
    {
        byte[][] names = Block(id / NameOrder.BlockSize);
        return id >= 0 && id % NameOrder.BlockSize < names.Length
            ? names[id % NameOrder.BlockSize] : throw new CacheException($"name {id} is missing: the cache is damaged; fetch this kernel again");
    }

    /// <summary>The number of a name; -1, which no row refers to, when the kernel has no such name.</summary>
    public int Find(string name)
    {
        if (name.Length == 0) { return -1; }
        byte[] text = Encoding.UTF8.GetBytes(name);
        int at = FirstAtOrAfter(text);
        return at < Count && Utf8(at).SequenceEqual(text) ? at : -1;
    }

    /// <summary>The number of the first name that is not before a text; <see cref="Count"/> when all are.</summary>
    public int FirstAtOrAfter(ReadOnlySpan<byte> text)
    {
        int low = 0, high = BlockCount - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (First(middle).AsSpan().SequenceCompareTo(text) <= 0) { low = middle; } else { high = middle - 1; }
        }

        if (high < 0) { return 0; }
        byte[][] names = Block(low);
        int within = 0;
        while (within < names.Length && names[within].AsSpan().SequenceCompareTo(text) < 0) { within++; }
        return (low * NameOrder.BlockSize) + within;
    }

    public int Count => BlockCount == 0 ? 0 : ((BlockCount - 1) * NameOrder.BlockSize) + Block(BlockCount - 1).Length;

    private int BlockCount
    {
        get
        {
            if (_blockCount >= 0) { return _blockCount; }
            Statement last = query("SELECT max(first) FROM name_block");
            _blockCount = last.Step() && !last.IsNull(0) ? (last.Int32(0) / NameOrder.BlockSize) + 1 : 0;
            last.Reset();
            return _blockCount;
        }
    }

    private byte[] First(int block)
    {
        if (_blocks.TryGetValue(block, out byte[][]? known)) { return known[0]; }
        int at = 0;
        return JsonNames.Read(Json(block), ref at);
    }

    private byte[][] Block(int block)
    {
        if (_blocks.TryGetValue(block, out byte[][]? known)) { return known; }
        byte[][] read = JsonNames.ReadAll(Json(block));
        if (_blocks.Count == MostBlocks) { _blocks.Clear(); }
        if (read.Length == 0) { throw PackedReader.Damaged(); }
        _blocks.Add(block, read);
        return read;
    }

    private byte[] Json(int block)
    {
        Statement row = query("SELECT texts FROM name_block WHERE first = ?").Bind((long)block * NameOrder.BlockSize);
        byte[] json = row.Step() ? row.Blob(0) : [];
        row.Reset();
        return json.Length > 0 ? json : throw new CacheException($"block {block} of names is missing: the cache is damaged; fetch this kernel again");
    }
}
