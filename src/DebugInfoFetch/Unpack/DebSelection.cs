using System.Security.Cryptography;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Deb;

namespace DebugInfoFetch.Unpack;

/// <summary>Wanted files of a deb, each read from where it lies in the data archive: which files there are, its md5sums tells.</summary>
internal sealed class DebSelection : IPackageContents
{
    private readonly XzRandomReader _data;
    private readonly TarSearch _search;
    private readonly DebControl _control;
    private readonly string _displayName;
    private readonly Queue<(string Path, int FilesBefore)> _left;
    private TarEntry? _entry;
    private int _verifiedFiles;

    private DebSelection(DebControl control, XzRandomReader data, string displayName, Queue<(string Path, int FilesBefore)> wanted, PackageReadOptions options)
    {
        (_control, _data, _displayName, _left) = (control, data, displayName, wanted);
        _search = new TarSearch(data, displayName, options.ProbesAtOnce);
        Info = new PackageInfo(PackageFormat.Deb, control.Package, control.Version, control.Architecture, "xz");
    }

    public PackageInfo Info { get; }

    public IReadOnlyCollection<string> Listed => _control.Files;

    // The source counts.
    public long PayloadBytesRead => 0;

    public long? PayloadSize => null;

    public PackageMember Current { get => field ?? throw new InvalidOperationException("there is no current member"); private set; }

    /// <returns>Null: it can only be read from its start.</returns>
    public static DebSelection? TryOpen(IRandomAccessSource package, string displayName, Func<string, bool> isWanted, PackageReadOptions options, out string reason)
    {
        long length = package.RandomAccessLength ?? throw new NotSupportedException("this source can only be read forward");
        using var stream = new SourceStream(package, 0, length);
        (ArReader ar, ArMember member, DebControl control) = DebContents.ReadHead(stream, displayName, options);
        ar.Dispose();
        if (control.Files.Count == 0)
        {
            reason = "it lists no files (md5sums), by which a part of it could be verified";
            return null;
        }

        // In the archive's order: what was found shows where the next one is.
        IEnumerable<(string Path, int FilesBefore)> all = control.Files.Order(Comparer<string>.Create(TarSearch.Compare)).Select((path, index) => (path, index));
        var wanted = new Queue<(string Path, int FilesBefore)>(all.Where(file => isWanted(file.Path)));
        return XzPayload.TryOpen(package, member.DataOffset, member.ByteSize, $"{displayName}: {member.Name}", wanted.Count, options, out reason) is { } data
            ? new DebSelection(control, data, displayName, wanted, options)
            : null;
    }

    /// <exception cref="MemberNotFoundException">A file that the package lists is not where its order would have it.</exception>
    public bool MoveNext()
    {
        if (!_left.TryDequeue(out (string Path, int FilesBefore) next)) { return false; }

        string path = next.Path;
        _entry = _search.Find(path, next.FilesBefore) ?? throw new MemberNotFoundException($"{_displayName}: {path} is not where the archive's order would have it");
        Current = new PackageMember(path, _entry.ByteSize, PackageMemberKind.File, "");
        return true;
    }

    public Stream OpenCurrent()
    {
        byte[] md5 = _control.Md5Of(Current.Path)!;
        return new VerifyingStream(_data.Open(_entry!.DataOffset, _entry.ByteSize), HashAlgorithmName.MD5, md5, $"{_displayName}: {Current.Path}", () => _verifiedFiles++);
    }

    public string FinishAndVerify() => DescribeFiles();

    public string DescribeFiles() => $"{XzPayload.CheckName(_data)} of blocks, {DebContents.FilesText(_verifiedFiles)}";

    public void Dispose() => _data.Dispose();
}
