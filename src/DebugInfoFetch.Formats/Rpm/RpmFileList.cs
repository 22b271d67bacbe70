using System.Security.Cryptography;

namespace DebugInfoFetch.Formats.Rpm;

/// <summary>The files that a main header lists, in header order, which is the order of indexes in a stripped cpio payload.</summary>
public sealed class RpmFileList
{
    private readonly RpmFile[] _files;
    private readonly Dictionary<string, int> _byPath;
    private readonly Dictionary<(ulong Device, ulong Inode), List<int>> _linkSets = [];

    private RpmFileList(RpmFile[] files, HashAlgorithmName? digestAlgorithm)
    {
        _files = files;
        DigestAlgorithm = digestAlgorithm;
        _byPath = new Dictionary<string, int>(files.Length, StringComparer.Ordinal);
        for (int i = 0; i < files.Length; i++)
        {
            _byPath.TryAdd(files[i].Path.TrimStart('/'), i);
            if (!CanBeLinked(files[i])) { continue; }

            var key = (files[i].Device, files[i].Inode);
            if (!_linkSets.TryGetValue(key, out var set)) { _linkSets[key] = set = []; }

            set.Add(i);
        }
    }

    public int Count => _files.Length;

    public RpmFile this[int index] => _files[index];

    /// <summary>Null: an algorithm that cannot be computed here.</summary>
    public HashAlgorithmName? DigestAlgorithm { get; }

    /// <summary>Index by path without leading slash; -1 when the header lists no such file.</summary>
    public int IndexOf(string path) => _byPath.GetValueOrDefault(path, -1);

    /// <summary>
    /// Indexes of the files that share this one's data, in header order; only the last one's entry in the payload carries it.
    /// </summary>
    public IReadOnlyList<int> LinkSet(int index)
        => CanBeLinked(_files[index]) && _linkSets.TryGetValue((_files[index].Device, _files[index].Inode), out var set) ? set : [index];

    /// <exception cref="Binary.InputFaultException">The arrays of the header do not fit each other.</exception>
    public static RpmFileList Read(RpmHeader header)
    {
        string[] baseNames = header.Strings((int)RpmTag.BaseNames);
        string[] directories = header.Strings((int)RpmTag.DirNames);
        ulong[] directoryIndexes = Same(header, RpmTag.DirIndexes, baseNames.Length);
        ulong[] sizes = Same(header, header.Has((int)RpmTag.LongFileSizes) ? RpmTag.LongFileSizes : RpmTag.FileSizes, baseNames.Length);
        ulong[] modes = Same(header, RpmTag.FileModes, baseNames.Length);
        ulong[] flags = Same(header, RpmTag.FileFlags, baseNames.Length);
        ulong[] devices = Same(header, RpmTag.FileDevices, baseNames.Length);
        ulong[] inodes = Same(header, RpmTag.FileInodes, baseNames.Length);
        string[] digests = SameStrings(header, RpmTag.FileDigests, baseNames.Length);
        string[] targets = SameStrings(header, RpmTag.FileLinkTos, baseNames.Length);

        var files = new RpmFile[baseNames.Length];
        for (int i = 0; i < files.Length; i++)
        {
            if (directoryIndexes[i] >= (ulong)directories.Length)
            {
                throw header.Fault((int)RpmTag.DirIndexes, $"directory {directoryIndexes[i]} of {directories.Length}");
            }

            if (sizes[i] > long.MaxValue) { throw header.Fault((int)RpmTag.LongFileSizes, $"a file of {sizes[i]} bytes"); }

            files[i] = new RpmFile(directories[(int)directoryIndexes[i]] + baseNames[i], (long)sizes[i], (int)modes[i], digests[i], targets[i],
                (uint)flags[i], devices[i], inodes[i]);
        }

        return new RpmFileList(files, RpmDigestAlgorithm.Name(header.Integer((int)RpmTag.FileDigestAlgo) ?? RpmDigestAlgorithm.Md5));
    }

    private static bool CanBeLinked(RpmFile file) => file.IsRegular && (file.Flags & RpmFile.Ghost) == 0 && file.Inode != 0;

    private static ulong[] Same(RpmHeader header, RpmTag tag, int count)
    {
        if (!header.Has((int)tag) && tag is not (RpmTag.DirIndexes or RpmTag.FileSizes or RpmTag.FileModes)) { return new ulong[count]; }

        ulong[] values = header.Integers((int)tag);
        return values.Length == count ? values : throw header.Fault((int)tag, $"{values.Length} values for {count} files");
    }

    private static string[] SameStrings(RpmHeader header, RpmTag tag, int count)
    {
        string[] values = header.Strings((int)tag);
        if (values.Length == 0) { Array.Resize(ref values, count); Array.Fill(values, ""); }

        return values.Length == count ? values : throw header.Fault((int)tag, $"{values.Length} values for {count} files");
    }
}
