using DebugInfoFetch.Formats.Dwarf;

namespace DebugInfoFetch.Index;

/// <summary>
/// Remembers, for the strings of one file, their content hash and their number in the <see cref="NameTable"/>: the same offset comes back in
/// thousands of units. One a worker.
/// </summary>
internal sealed class StringMemo(NameTable names)
{
    private readonly HashIndex _byReference = new(1 << 12);
    private readonly NodeList<Entry> _entries = new();
    private DwarfSections? _sections;

    private struct Entry { public ulong Hash; public int Id; }

    /// <summary>Starts on another file: offsets mean other strings there.</summary>
    public void Open(DwarfSections sections)
    {
        if (ReferenceEquals(_sections, sections)) { return; }
        _sections = sections;
        _byReference.Clear();
        _entries.Clear();
    }

    public ulong Hash(ulong reference) => reference == UnitNodes.NoName ? 0 : _entries[EntryOf(reference)].Hash;

    /// <summary>The number of the name; 0 for none.</summary>
    public int Id(ulong reference)
    {
        if (reference == UnitNodes.NoName) { return 0; }
        ref Entry entry = ref _entries[EntryOf(reference)];
        if (entry.Id < 0) { entry.Id = names.Intern(Bytes(reference), entry.Hash); }
        return entry.Id;
    }

    public ReadOnlySpan<byte> Bytes(ulong reference) => reference == UnitNodes.NoName ? default : new StringReference(reference).Read(_sections!);

    private int EntryOf(ulong reference)
    {
        int index = _byReference.Find(reference + 1);
        if (index >= 0) { return index; }
        index = _entries.Add(new Entry { Hash = ContentHash.Of(Bytes(reference)), Id = -1 });
        _byReference.Add(reference + 1, index);
        return index;
    }
}
