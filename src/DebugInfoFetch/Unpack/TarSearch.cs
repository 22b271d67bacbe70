using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Deb;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// Finds entries of a tar inside multi-block xz by their names, without what lies between: dpkg-deb writes a directory's entries in order of
/// their names, symlinks after all else (dpkg: treewalk.c, build.c). The beginnings of a few blocks show where in that order they are.
/// </summary>
/// <remarks>What is found this way is checked by name, and its content by whoever takes it; an archive in another order only is not found in.</remarks>
internal sealed class TarSearch
{
    // A beginning of this many compressed bytes shows the next header in all but the largest files.
    private const long HeadLimit = 256L << 10;
    private const int LongestHead = 16 << 20;
    private const int LongestWalk = 20_000;
    // Files in front of one that is reached from the start sooner than by search: Debian's vmlinux has System.map, and directories, before it.
    private const int FewFiles = 4, ShortWalk = 32;

    private readonly XzRandomReader _data;
    private readonly string _displayName;
    private readonly int _probesAtOnce;
    private readonly SortedList<long, TarEntry> _known = [];
    private readonly HashSet<int> _probed = [];

    /// <param name="probesAtOnce">How many blocks are looked at in the same time: the bytes of each against the time of asking one by one.</param>
    public TarSearch(XzRandomReader data, string displayName, int probesAtOnce)
    {
        (_data, _displayName, _probesAtOnce) = (data, displayName, probesAtOnce);
        Probe([0]);
    }

    /// <param name="path">Of a regular file, without leading <c>./</c>.</param>
    /// <param name="filesBefore">How many regular files of the archive come before it.</param>
    /// <returns>Null: it is not where the order would have it.</returns>
    /// <exception cref="InputFaultException">A damaged block, or no entry where one must be.</exception>
    public TarEntry? Find(string path, int filesBefore)
    {
        // Beginnings of blocks inside a large file show nothing, and that of a vmlinux has dozens.
        if (filesBefore < FewFiles && _known.Count > 0 && Walk(_known.Values[0], null, path, ShortWalk) is { } near) { return near; }

        while (true)
        {
            if (Bounds(path) is not (var low, var high)) { return null; }

            if (Is(low, path)) { return low; }

            int[] between = [.. Blocks(low, high).Where(block => !_probed.Contains(block))];
            if (between.Length == 0) { return Walk(low, high, path, LongestWalk); }

            Probe(Spread(between, _probesAtOnce));
        }
    }

    /// <summary>The order of paths as dpkg-deb walks them: component by component, bytewise.</summary>
    internal static int Compare(string left, string right)
    {
        int shared = 0, end = Math.Min(left.Length, right.Length);
        while (shared < end && left[shared] == right[shared]) { shared++; }
        return (shared == left.Length, shared == right.Length) switch
        {
            (true, true) => 0,
            (true, _) => -1,
            (_, true) => 1,
            // A name that ends comes before one that goes on.
            _ when left[shared] == '/' => -1,
            _ when right[shared] == '/' => 1,
            _ => left[shared].CompareTo(right[shared]),
        };
    }

    /// <summary>The nearest known entries that lie before and behind; null when what is known is in another order.</summary>
    private (TarEntry Low, TarEntry? High)? Bounds(string path)
    {
        TarEntry? low = null, high = null;
        foreach (TarEntry entry in _known.Values)
        {
            if (!IsBehind(entry, path))
            {
                if (high is not null) { return null; }

                low = entry;
            }
            else { high ??= entry; }
        }

        return low is null ? null : (low, high);
    }

    private static bool IsBehind(TarEntry entry, string path)
        => entry.Kind == TarEntryKind.Symlink || Compare(NameOf(entry), path) > 0;

    private static bool Is(TarEntry entry, string path) => entry.Kind == TarEntryKind.File && NameOf(entry) == path;

    private static string NameOf(TarEntry entry) => PackageMember.Normalise(entry.Name).TrimEnd('/');

    /// <summary>Blocks that begin behind the one entry and before the other.</summary>
    private IEnumerable<int> Blocks(TarEntry low, TarEntry? high)
    {
        int first = _data.Index.BlockAt(low.End);
        int last = high is null ? _data.Index.Blocks.Count - 1 : _data.Index.BlockAt(high.HeaderOffset);
        return first < 0 ? [] : Enumerable.Range(first + 1, Math.Max(0, last - first));
    }

    private static int[] Spread(int[] blocks, int count)
        => blocks.Length <= count ? blocks : [.. Enumerable.Range(1, count).Select(i => blocks[(int)((long)blocks.Length * i / (count + 1))]).Distinct()];

    private void Probe(int[] blocks)
    {
        var found = new TarEntry?[blocks.Length];
        try
        {
            Parallel.For(0, blocks.Length, new ParallelOptions { MaxDegreeOfParallelism = _probesAtOnce }, i => found[i] = FirstOf(blocks[i]));
        }
        catch (AggregateException fault)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault.Flatten().InnerExceptions[0]);
        }

        for (int i = 0; i < blocks.Length; i++)
        {
            _probed.Add(blocks[i]);
            if (found[i] is { } entry) { _known[entry.HeaderOffset] = entry; }
        }
    }

    private TarEntry? FirstOf(int block)
    {
        TarEntry? first = null;
        int seen = 0;
        long start = _data.Index.Blocks[block].UncompressedOffset;
        // The archive may not be made of whole blocks of 512 here: another compressor than dpkg's.
        int skipped = (int)(-start & 511);
        _data.DecodeHead(block, HeadLimit, decoded =>
        {
            // An entry whose extension was cut before is tried again from its start: extensions are short.
            int from = Math.Max(0, seen - (64 << 10)) & -512;
            if (decoded.Length > skipped) { first = TarScan.First(decoded[(skipped + from)..], start + skipped + from); }
            seen = Math.Max(0, decoded.Length - skipped);
            // Zeros of any length fit into a few bytes.
            return first is null && decoded.Length < LongestHead;
        });
        return first;
    }

    /// <summary>From entry to entry, by their sizes.</summary>
    private TarEntry? Walk(TarEntry low, TarEntry? high, string path, int longest)
    {
        TarEntry last = low;
        for (int steps = 0; steps < longest; steps++)
        {
            if (last.End >= (high?.HeaderOffset ?? _data.Index.UncompressedSize)) { return null; }

            using var stream = new DecodedStream(_data, last.End);
            if (TarScan.At(stream, last.End, _displayName) is not { } next) { return null; }

            if (Is(next, path)) { return next; }

            if (IsBehind(next, path)) { return null; }

            _known[next.HeaderOffset] = last = next;
        }

        return null;
    }

    /// <summary>Decoded bytes by way of the blocks that the reader keeps.</summary>
    private sealed class DecodedStream(XzRandomReader data, long from) : ForwardStream
    {
        private long _at = from;

        public override int Read(Span<byte> buffer)
        {
            int taken = (int)Math.Min(buffer.Length, data.Index.UncompressedSize - _at);
            data.ReadExactlyAt(_at, buffer[..taken]);
            _at += taken;
            return taken;
        }
    }
}
