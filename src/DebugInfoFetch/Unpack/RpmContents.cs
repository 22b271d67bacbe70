using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Cpio;
using DebugInfoFetch.Formats.Rpm;

namespace DebugInfoFetch.Unpack;

/// <summary>The members of an RPM's payload, checked against what the main header tells of each.</summary>
internal sealed class RpmContents : IPackageContents
{
    private readonly RpmPackage _package;
    private readonly RpmPayloadVerifier _verifier;
    private readonly Stream _file;
    private readonly MeteredStream _compressed;
    private readonly Stream _decoder;
    private readonly MeteredStream _decoded;
    private readonly CpioReader _cpio;
    private readonly string _displayName;
    private readonly byte[] _drained = new byte[256 << 10];
    private readonly bool _isCovered;
    private int _currentIndex = -1;
    private PackageMember? _current;
    private int _verifiedFiles;

    private RpmContents(RpmPackage package, Stream file, string displayName, PackageReadOptions options)
    {
        _package = package;
        _file = file;
        _displayName = displayName;
        _verifier = new RpmPayloadVerifier(package, displayName);
        // A digest of all bytes leaves nothing for those of the files to find; of gigabytes they take longer than decoding zstd does.
        _isCovered = !options.IsPart && (options.IsFileVerified || _verifier.IsStrong);
        _compressed = new MeteredStream(file, package.PayloadSize, displayName, package.PayloadOffset);
        if (_verifier is { Digest: { } digest, IsOverDecodedBytes: false }) { _compressed.AddDigest(digest); }

        var payload = new PeekStream(_compressed);
        var announced = package.Compressor;
        var codec = Codecs.Detect(payload.Peek(Codecs.HeadSize), announced, $"PAYLOADCOMPRESSOR {announced}", displayName);
        _decoder = codec.Open(payload, displayName, options.Decoding);
        _decoded = new MeteredStream(_decoder, null, displayName);
        if (_verifier is { Digest: { } decodedDigest, IsOverDecodedBytes: true }) { _decoded.AddDigest(decodedDigest); }

        _cpio = new CpioReader(_decoded, displayName, StrippedEntry);
        Info = new PackageInfo(PackageFormat.Rpm, package.Name, $"{package.Version}-{package.Release}", package.Architecture, codec.Name);
    }

    public PackageInfo Info { get; }

    public RpmPackage? Rpm => _package;

    public IReadOnlyCollection<string> Listed => field ??= [.. Enumerable.Range(0, _package.Files.Count)
        .Where(i => _package.Files[i] is { IsRegular: true } file && (file.Flags & RpmFile.Ghost) == 0).Select(i => PackageMember.Normalise(_package.Files[i].Path))];

    public long PayloadBytesRead => _compressed.BytesRead;

    public long? PayloadSize => _package.PayloadSize;

    public PackageMember Current => _current ?? throw new InvalidOperationException("there is no current member");

    public static RpmContents Open(Stream file, string displayName, PackageReadOptions options)
        => new(RpmPackage.Read(file, displayName), file, displayName, options);

    public bool MoveNext()
    {
        _current = null;
        if (!_cpio.MoveNext()) { return false; }

        var entry = _cpio.Current;
        string path = PackageMember.Normalise(entry.FileIndex >= 0 ? _package.Files[entry.FileIndex].Path : entry.Name);
        _currentIndex = entry.FileIndex >= 0 ? entry.FileIndex : _package.Files.IndexOf(path);
        // rpm refuses such a payload too ("archive file not in header").
        if (_currentIndex < 0) { throw Fault($"{path} is not among the files that the main header lists"); }

        _current = Member(entry, path);
        return true;
    }

    public Stream OpenCurrent()
    {
        var content = _cpio.OpenCurrent();
        string digest = _package.Files[_currentIndex].Digest;
        if (_isCovered || Current.Kind != PackageMemberKind.File || digest.Length == 0 || _package.Files.DigestAlgorithm is not { } algorithm) { return content; }

        byte[] expected = new byte[digest.Length / 2];
        if (Convert.FromHexString(digest, expected, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw Fault($"the digest of {Current.Path} in the main header is no hex number");
        }

        return new VerifyingStream(content, algorithm, expected, $"{_displayName}: {Current.Path}", () => _verifiedFiles++);
    }

    public string FinishAndVerify()
    {
        // A digest over compressed bytes does not ask for decoding what nobody wanted.
        bool mustDecode = _verifier.IsOverDecodedBytes || !_verifier.HasDigest;
        if (mustDecode) { Drain(_decoded); }

        // The decoder's threads end here; no byte of the payload that they have read is left out of the digest.
        _decoder.Dispose();
        Drain(_compressed);
        if (_file.ReadByte() >= 0) { throw Fault($"bytes follow the payload's {_compressed.BytesRead}; fetch it anew"); }

        string text = _verifier.Finish();
        return _verifiedFiles == 0 ? text : $"{text}; digests of {_verifiedFiles} files";
    }

    public string DescribeFiles() => FilesText(_package, _verifiedFiles);

    /// <summary>For provenance.</summary>
    public static string FilesText(RpmPackage package, int count)
    {
        string header = package.VerifiedHeaderDigest.Length > 0 ? $"{package.VerifiedHeaderDigest} of the main header" : "the package keeps no digest of its main header";
        return $"{header}, digests in it of {(count == 1 ? "1 file" : $"{count} files")}";
    }

    public void Dispose()
    {
        _cpio.Dispose();
        _decoder.Dispose();
        _decoded.Dispose();
        _compressed.Dispose();
        _verifier.Dispose();
    }

    private PackageMember Member(CpioEntry entry, string path)
    {
        var file = _package.Files[_currentIndex];
        switch (entry.Kind)
        {
            case CpioEntryKind.Symlink:
                return new PackageMember(path, entry.ByteSize, PackageMemberKind.Symlink, file.LinkTarget);
            case CpioEntryKind.Directory:
                return new PackageMember(path, 0, PackageMemberKind.Directory, "");
            case CpioEntryKind.Other:
                return new PackageMember(path, entry.ByteSize, PackageMemberKind.Other, "");
            default:
                break;
        }

        // Of several names of one file only the last carries the data; the others have no bytes here (rpm: cpio.cc, fsm.cc).
        int carrier = _package.Files.LinkSet(_currentIndex)[^1];
        if (carrier != _currentIndex && entry.ByteSize == 0)
        {
            return new PackageMember(path, 0, PackageMemberKind.HardLink, PackageMember.Normalise(_package.Files[carrier].Path));
        }

        return entry.ByteSize == file.ByteSize
            ? new PackageMember(path, entry.ByteSize, PackageMemberKind.File, "")
            : throw Fault($"{path} has {entry.ByteSize} bytes in the payload, {file.ByteSize} in the main header");
    }

    private CpioEntry StrippedEntry(int index)
    {
        if (index >= _package.Files.Count) { throw Fault($"file {index} of {_package.Files.Count} in a stripped payload"); }

        var file = _package.Files[index];
        var links = _package.Files.LinkSet(index);
        long size = links[^1] == index ? file.ByteSize : 0;
        return new CpioEntry("", index, file.Mode, (uint)links.Count, file.Device, (uint)file.Inode, ContentSize(file, size));
    }

    // Directories have a size in the header but no content in the payload (rpm: rpmcpioStrippedHeaderWrite's callers).
    private static long ContentSize(RpmFile file, long size) => (file.Mode & 0xF000) is 0x8000 or 0xA000 ? size : 0;

    private void Drain(Stream stream)
    {
        while (stream.Read(_drained) > 0) { }
    }

    private InputFaultException Fault(string what) => InputFaultException.At(_displayName, "payload", _cpio.EntryOffset, what);
}
