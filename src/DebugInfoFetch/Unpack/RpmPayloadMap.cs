using System.Text;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Cpio;
using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Where in the decoded payload each file's entry lies, computed from the main header's names and sizes. rpm writes files with one name
/// first, in header order, then each set of hard links, of which the last name carries the data; ghosts are not there (rpm: rpmfi.c,
/// iterWriteArchiveNext).
/// </summary>
internal sealed class RpmPayloadMap
{
    private const long Farthest = 1L << 56;
    private const int TypeMask = 0xF000, Regular = 0x8000, Symlink = 0xA000;

    private readonly RpmFileList _files;
    private readonly long[] _offsets;
    private readonly long[] _ends;

    /// <param name="isStripped">Entries are indexes into the header (07070X) rather than names and sizes (070701).</param>
    /// <exception cref="InputFaultException">Sizes that no payload can have.</exception>
    public RpmPayloadMap(RpmFileList files, bool isStripped, string displayName)
    {
        _files = files;
        _offsets = new long[files.Count];
        _ends = new long[files.Count];
        Array.Fill(_offsets, -1);
        long at = 0;
        foreach (int i in InPayloadOrder())
        {
            RpmFile file = files[i];
            long header = isStripped ? CpioReader.StrippedHeaderSize : AlignUp(CpioReader.HeaderSize + 1 + Encoding.UTF8.GetByteCount(file.Path) + 1);
            bool hasContent = (file.Mode & TypeMask) == Symlink || Carries(i);
            _offsets[i] = at;
            long size = hasContent ? file.ByteSize : 0;
            // Nothing that long is there; and sums stay far from overflow.
            if (size > Farthest - at) { throw new InputFaultException($"{displayName}: main header: files of more than {Farthest} bytes"); }
            _ends[i] = at + header + size;
            at = AlignUp(_ends[i]);
        }
    }

    /// <summary>A regular file whose data is in its own entry.</summary>
    public bool Carries(int index)
        => (_files[index].Mode & TypeMask) == Regular && (_files[index].Flags & RpmFile.Ghost) == 0 && _files.LinkSet(index)[^1] == index;

    /// <summary>Of the entry's header, in decoded bytes from the payload's start; -1 for what is not there.</summary>
    public long OffsetOf(int index) => _offsets[index];

    /// <summary>Where the entry's data ends.</summary>
    public long EndOf(int index) => _ends[index];

    private IEnumerable<int> InPayloadOrder()
    {
        var there = Enumerable.Range(0, _files.Count).Where(i => (_files[i].Flags & RpmFile.Ghost) == 0).ToList();
        foreach (int i in there.Where(i => _files.LinkSet(i).Count == 1)) { yield return i; }

        foreach (int i in there.Where(i => _files.LinkSet(i) is { Count: > 1 } set && set[0] == i))
        {
            foreach (int link in _files.LinkSet(i)) { yield return link; }
        }
    }

    private static long AlignUp(long size) => (size + 3) & ~3L;
}
