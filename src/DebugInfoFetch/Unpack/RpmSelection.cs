using System.Security.Cryptography;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Cpio;
using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Unpack;

/// <summary>Wanted files of an RPM, each read from where it lies in the payload: the main header's names and sizes tell (<see cref="RpmPayloadMap"/>).</summary>
internal sealed class RpmSelection : IPackageContents
{
    private readonly RpmPackage _package;
    private readonly XzRandomReader _payload;
    private readonly RpmPayloadMap _map;
    private readonly string _displayName;
    private readonly Queue<int> _left;
    private CpioReader? _cpio;
    private Stream? _stream;
    private int _current = -1, _verifiedFiles;

    /// <param name="wanted">Files by their numbers in the header.</param>
    private RpmSelection(RpmPackage package, XzRandomReader payload, string displayName, int[] wanted)
    {
        (_package, _payload, _displayName) = (package, payload, displayName);
        byte[] magic = new byte[6];
        payload.DecodeHead(0, SourceStream.SmallStep, decoded => !(decoded.Length >= magic.Length && decoded[..magic.Length].TryCopyTo(magic)));
        _map = new RpmPayloadMap(package.Files, isStripped: magic[5] == (byte)'X', displayName);
        _left = new Queue<int>(wanted.Where(_map.Carries).OrderBy(_map.OffsetOf));
        Listed = [.. Enumerable.Range(0, package.Files.Count).Where(_map.Carries).Select(i => PackageMember.Normalise(package.Files[i].Path))];
        Info = new PackageInfo(PackageFormat.Rpm, package.Name, $"{package.Version}-{package.Release}", package.Architecture, "xz");
    }

    public PackageInfo Info { get; }

    public RpmPackage? Rpm => _package;

    public IReadOnlyCollection<string> Listed { get; }

    // The source counts.
    public long PayloadBytesRead => 0;

    public long? PayloadSize => null;

    public PackageMember Current { get => field ?? throw new InvalidOperationException("there is no current member"); private set; }

    /// <returns>Null: it can only be read from its start.</returns>
    public static RpmSelection? TryOpen(IRandomAccessSource package, string displayName, Func<string, bool> isWanted, PackageReadOptions options, out string reason)
    {
        long length = package.RandomAccessLength ?? throw new NotSupportedException("this source can only be read forward");
        using var stream = new SourceStream(package, 0, length);
        RpmPackage head = RpmPackage.Read(stream, displayName);
        long size = length - head.PayloadOffset;
        if (head.PayloadSize is { } told && told != size)
        {
            throw new InputFaultException($"{displayName}: the payload has {size} bytes, the package tells {told}; fetch it anew");
        }

        int[] wanted = [.. Enumerable.Range(0, head.Files.Count).Where(i => isWanted(PackageMember.Normalise(head.Files[i].Path)))];
        return XzPayload.TryOpen(package, head.PayloadOffset, size, $"{displayName}: payload", wanted.Length, options, out reason) is { } payload
            ? new RpmSelection(head, payload, displayName, wanted)
            : null;
    }

    /// <exception cref="MemberNotFoundException">A file is not where the header's sizes would have it.</exception>
    public bool MoveNext()
    {
        Close();
        if (!_left.TryDequeue(out _current)) { return false; }

        RpmFile file = _package.Files[_current];
        string path = PackageMember.Normalise(file.Path);
        long offset = _map.OffsetOf(_current);
        if (_map.EndOf(_current) > _payload.Index.UncompressedSize) { throw NotThere(path, offset); }

        _stream = _payload.Open(offset, _map.EndOf(_current) - offset);
        _cpio = new CpioReader(_stream, _displayName, index => index == _current
            ? new CpioEntry("", index, file.Mode, 1, file.Device, (uint)file.Inode, file.ByteSize)
            : throw NotThere(path, offset));
        bool isThere;
        try { isThere = _cpio.MoveNext(); }
        catch (InputFaultException fault) when (fault.Message.Contains("no cpio header", StringComparison.Ordinal)) { throw NotThere(path, offset); }

        if (!isThere || _cpio.Current.ByteSize != file.ByteSize || (_cpio.Current.FileIndex < 0 && PackageMember.Normalise(_cpio.Current.Name) != path))
        {
            throw NotThere(path, offset);
        }

        Current = new PackageMember(path, file.ByteSize, PackageMemberKind.File, "");
        return true;
    }

    public Stream OpenCurrent()
    {
        Stream content = _cpio!.OpenCurrent();
        string digest = _package.Files[_current].Digest;
        byte[] expected = new byte[digest.Length / 2];
        bool isHex = Convert.FromHexString(digest, expected, out _, out _) == System.Buffers.OperationStatus.Done;
        // Without one the block's check is all there is, and the text for provenance counts no file.
        if (digest.Length == 0 || !isHex || _package.Files.DigestAlgorithm is not { } algorithm) { return content; }

        return new VerifyingStream(content, algorithm, expected, $"{_displayName}: {Current.Path}", () => _verifiedFiles++);
    }

    public string FinishAndVerify() => DescribeFiles();

    public string DescribeFiles() => $"{XzPayload.CheckName(_payload)} of blocks, {RpmContents.FilesText(_package, _verifiedFiles)}";

    public void Dispose()
    {
        Close();
        _payload.Dispose();
    }

    private void Close()
    {
        _cpio?.Dispose();
        _stream?.Dispose();
        (_cpio, _stream) = (null, null);
    }

    private MemberNotFoundException NotThere(string path, long offset)
        => new($"{_displayName}: payload+0x{offset:x}: {path} is not where the header's names and sizes would have it");
}
