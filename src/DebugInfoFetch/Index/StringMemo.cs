using System.Numerics;
using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Dwarf;

namespace DebugInfoFetch.Index;

/// <summary>
/// Remembers, for the strings of one file, their content hash and their number in the <see cref="NameTable"/>: the same offset comes back in
/// thousands of units. One a worker. Key, hash and number lie side by side, since each look-up is a cache miss.
/// </summary>
internal sealed class StringMemo(NameTable names)
{
    private const int BytesPerCell = 10;
    private Entry[] _entries = new Entry[1 << 12];
    private int _count;
    private DwarfSections? _sections;

    private struct Entry
    {
        /// <summary>StringReference + 1; 0 marks a free cell.</summary>
        public ulong Key;
        public ulong Hash;
        /// <summary>-1 while the name has not been interned.</summary>
        public int Id;
    }

    /// <summary>Starts on another file: offsets mean other strings there. False when it is the same file still.</summary>
    public bool Open(DwarfSections sections)
    {
        if (ReferenceEquals(_sections, sections)) { return false; }
        _sections = sections;
        // About as many cells as the file has strings of average length, within reason; a table that is far too large costs more to clear than to make.
        int cells = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(sections.Str.Length / BytesPerCell, 1 << 10, 1 << 18));
        if (_entries.Length > cells * 4 || _entries.Length < cells) { _entries = new Entry[cells]; } else { Array.Clear(_entries); }
        _count = 0;
        return true;
    }

    public ulong Hash(ulong reference)
        => reference == UnitNodes.NoName ? 0 : IsInline(reference) ? ContentHash.Of(Bytes(reference)) : EntryOf(reference).Hash;

    /// <summary>A hash that is only good within the file: of most strings their offset will do, which needs no look at them.</summary>
    public ulong FileHash(ulong reference)
        => reference == UnitNodes.NoName ? 0 : IsInline(reference) ? ContentHash.Of(Bytes(reference)) : reference + 1;

    /// <summary>The number of the name; 0 for none.</summary>
    public int Id(ulong reference)
    {
        if (reference == UnitNodes.NoName) { return 0; }
        if (IsInline(reference)) { return names.Intern(Bytes(reference)); }
        ref Entry entry = ref EntryOf(reference);
        if (entry.Id < 0) { entry.Id = names.Intern(Bytes(reference), entry.Hash); }
        return entry.Id;
    }

    public ReadOnlySpan<byte> Bytes(ulong reference) => reference == UnitNodes.NoName ? default : new StringReference(reference).Read(_sections!);

    private static bool IsInline(ulong reference) => new StringReference(reference).IsInline;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ref Entry EntryOf(ulong reference)
    {
        ulong key = reference + 1;
        Entry[] entries = _entries;
        int mask = entries.Length - 1;
        for (int at = Slot(key) & mask; ; at = (at + 1) & mask)
        {
            ref Entry entry = ref entries[at];
            if (entry.Key == key) { return ref entry; }
            if (entry.Key == 0) { return ref Add(reference); }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref Entry Add(ulong reference)
    {
        if (++_count * 2 > _entries.Length)
        {
            Entry[] old = _entries;
            _entries = new Entry[old.Length * 2];
            foreach (ref readonly Entry entry in old.AsSpan())
            {
                if (entry.Key != 0) { FreeCell(entry.Key) = entry; }
            }
        }

        ref Entry added = ref FreeCell(reference + 1);
        added = new Entry { Key = reference + 1, Hash = ContentHash.Of(Bytes(reference)), Id = -1 };
        return ref added;
    }

    private ref Entry FreeCell(ulong key)
    {
        int mask = _entries.Length - 1, at = Slot(key) & mask;
        while (_entries[at].Key != 0) { at = (at + 1) & mask; }
        return ref _entries[at];
    }

    private static int Slot(ulong key) => (int)((key * 0x9e3779b97f4a7c15) >> 33);
}
