using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// Memory for the chunks of one stream, each behind the one before: what spans several of them lies in one piece all the same, and need not be copied. The
/// pages of those that nobody holds any more are moved to the next ones' addresses, which costs far less than having new ones zeroed. Not thread-safe.
/// </summary>
internal sealed class ChunkMemory(long mostKept) : IDisposable
{
    // Addresses cost nothing. What decodes to more than this is no longer in one piece.
    private static readonly nint AddressSpace = nint.Size > 4 ? unchecked((nint)(1L << 37)) : 1 << 28;
    // The system moves whole tables of pages when both places are aligned so.
    private const nint Alignment = 2 << 20;
    private readonly List<(nint Address, nint Size)> _kept = [];
    private long _keptBytes;
    private nint _next, _end;

    /// <summary>Pages of that many bytes at least, behind those taken last when these filled their pages.</summary>
    /// <exception cref="InsufficientMemoryException"/>
    public nint Take(int capacity)
    {
        if (_end == 0) { Reserve(); }
        nint size = SizeOf(capacity);
        nint place = _end - _next >= size ? _next : 0;
        nint taken = Recycle(size, place);
        if (taken == 0) { taken = place != 0 ? AnonymousMemory.TakeAt(place, size) : AnonymousMemory.Take(size); }
        if (taken == 0) { throw new InsufficientMemoryException($"no memory for {capacity} decoded bytes"); }
        if (taken == place) { _next += size; }
        return taken;
    }

    /// <summary>Gives back what <see cref="Take"/> gave.</summary>
    public void Return(nint address, int capacity)
    {
        nint size = SizeOf(capacity);
        if (_keptBytes + size > mostKept)
        {
            AnonymousMemory.Free(address, size);
            return;
        }

        _kept.Add((address, size));
        _keptBytes += size;
    }

    /// <summary>Frees what was returned, and the addresses that were not used. Later returns are freed at once.</summary>
    public void Dispose()
    {
        foreach ((nint address, nint size) in _kept) { AnonymousMemory.Free(address, size); }
        _kept.Clear();
        _keptBytes = mostKept;
        if (_end > _next) { AnonymousMemory.Free(_next, _end - _next); }
        _next = _end = -1;
    }

    private static nint SizeOf(int capacity) => AnonymousMemory.ToPages(Math.Max(capacity, 1));

    private void Reserve()
    {
        nint start = AnonymousMemory.Reserve(AddressSpace + Alignment);
        if (start == 0)
        {
            _next = _end = -1;
            return;
        }

        _end = start + AddressSpace + Alignment;
        _next = (start + Alignment - 1) & -Alignment;
    }

    // Sizes are alike but for a last block's: what does not fit is given back, so that it is not kept for nothing.
    private nint Recycle(nint size, nint place)
    {
        while (_kept.Count > 0)
        {
            (nint address, nint keptSize) = _kept[^1];
            _kept.RemoveAt(_kept.Count - 1);
            _keptBytes -= keptSize;
            if (keptSize == size) { return place != 0 && AnonymousMemory.TryMove(address, size, place) ? place : address; }
            AnonymousMemory.Free(address, keptSize);
        }

        return 0;
    }
}
