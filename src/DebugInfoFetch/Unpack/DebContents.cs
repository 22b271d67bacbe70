using System.Security.Cryptography;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Deb;

namespace DebugInfoFetch.Unpack;

/// <summary>The members of a deb's data archive (deb(5)).</summary>
internal sealed class DebContents : IPackageContents
{
    private readonly ArReader _ar;
    private readonly MeteredStream _compressed;
    private readonly Stream _decoded;
    private readonly TarReader _tar;
    private readonly DebControl _control;
    private readonly string _displayName;
    private readonly PackageReadOptions _options;
    private readonly byte[] _drained = new byte[256 << 10];
    private readonly bool _isChecked;
    private int _verifiedFiles;

    private DebContents(ArReader ar, ArMember data, DebControl control, string displayName, PackageReadOptions options)
    {
        _ar = ar;
        _control = control;
        _displayName = displayName;
        _options = options;
        _compressed = ar.OpenCurrent();
        string part = $"{displayName}: {data.Name}";
        (_decoded, ICodec codec, _isChecked) = Decode(_compressed, data.Name, part, options);
        _tar = new TarReader(_decoded, part);
        PayloadSize = data.ByteSize;
        Info = new PackageInfo(PackageFormat.Deb, control.Package, control.Version, control.Architecture, codec.Name);
    }

    public PackageInfo Info { get; }

    public IReadOnlyCollection<string> Listed => _control.Files;

    public long PayloadBytesRead => _compressed.BytesRead;

    public long? PayloadSize { get; }

    public PackageMember Current { get => field ?? throw new InvalidOperationException("there is no current member"); private set; }

    public static DebContents Open(Stream file, string displayName, PackageReadOptions options)
    {
        (ArReader ar, ArMember data, DebControl control) = ReadHead(file, displayName, options);
        return new DebContents(ar, data, control, displayName, options);
    }

    /// <summary>All up to the data archive, at whose first byte the reader then stands.</summary>
    public static (ArReader Ar, ArMember Data, DebControl Control) ReadHead(Stream file, string displayName, PackageReadOptions options)
    {
        var ar = new ArReader(file, displayName);
        DebControl? control = null;
        bool isFirst = true;
        while (ar.MoveNext() is { } member)
        {
            if (isFirst)
            {
                ExpectVersion(ar, member, displayName);
                isFirst = false;
            }
            else if (member.Name.StartsWith("control.tar", StringComparison.Ordinal))
            {
                string part = $"{displayName}: {member.Name}";
                using var tar = Decode(ar.OpenCurrent(), member.Name, part, options).Decoded;
                control = DebControl.Read(tar, part);
            }
            else if (member.Name.StartsWith("data.tar", StringComparison.Ordinal))
            {
                return control is not null
                    ? (ar, member, control)
                    : throw InputFaultException.At(displayName, "ar", member.DataOffset, "data archive before any control archive (deb(5) wants it after)");
            }
        }

        throw new InputFaultException($"{displayName}: truncated: a deb without a data archive; fetch it anew");
    }

    public bool MoveNext()
    {
        if (!_tar.MoveNext()) { return false; }

        Current = PackageMember.Of(_tar.Current);
        return true;
    }

    public Stream OpenCurrent()
    {
        var content = _tar.OpenCurrent();
        // Where a digest of the archive's has verified the whole file, or the compression's checks verify all data, the deb's own unsigned MD5s,
        // which take a tenth of the time of decoding, add nothing.
        return Current.Kind == PackageMemberKind.File && !_options.IsFileVerified && (!_isChecked || _options.IsPart) && _control.Md5Of(Current.Path) is { } md5
            ? new VerifyingStream(content, HashAlgorithmName.MD5, md5, $"{_displayName}: {Current.Path}", () => _verifiedFiles++)
            : content;
    }

    public string FinishAndVerify()
    {
        // A deb keeps no digest of its data: the compression's checks, in all of it, stand for one.
        if (!_options.IsFileVerified) { Drain(_decoded); }

        _decoded.Dispose();
        Drain(_compressed);
        while (_ar.MoveNext() is not null) { }

        if (_options.IsFileVerified) { return "that digest covers the whole package"; }

        return _isChecked ? $"{Info.Compression} checks of all data" : $"the data has no check of its own; MD5 of {_verifiedFiles} files";
    }

    public string DescribeFiles() => FilesText(_verifiedFiles);

    /// <summary>For provenance.</summary>
    public static string FilesText(int count) => $"MD5 of {(count == 1 ? "1 file" : $"{count} files")} as the package itself lists it";

    public void Dispose()
    {
        _tar.Dispose();
        _decoded.Dispose();
        _ar.Dispose();
    }

    private static void ExpectVersion(ArReader ar, ArMember member, string displayName)
    {
        Span<byte> version = stackalloc byte[2];
        if (member.Name != "debian-binary" || ar.OpenCurrent().ReadAtLeast(version, 2, throwOnEndOfStream: false) < 2)
        {
            throw InputFaultException.At(displayName, "ar", 8, $"an ar archive but no deb: its first member is \"{member.Name}\", not debian-binary");
        }

        if (!version.SequenceEqual("2."u8))
        {
            throw InputFaultException.At(displayName, "debian-binary", 0, "deb format version other than 2, which is the known one");
        }
    }

    // The name's extension announces the compression: data.tar, .gz, .xz, .zst, .bz2, .lzma (deb(5)).
    private static (Stream Decoded, ICodec Codec, bool IsChecked) Decode(
        MeteredStream compressed, string name, string displayName, PackageReadOptions options)
    {
        CompressionFormat announced = Path.GetExtension(name) switch
        {
            ".tar" => CompressionFormat.None,
            ".gz" => CompressionFormat.Gzip,
            ".xz" => CompressionFormat.Xz,
            ".zst" => CompressionFormat.Zstd,
            ".bz2" => CompressionFormat.Bzip2,
            ".lzma" => CompressionFormat.LzmaAlone,
            var other => throw new InputFaultException($"{displayName}: unknown compression \"{other}\"; known are gz, xz, zst, bz2, lzma and none"),
        };
        var stream = new PeekStream(compressed);
        ReadOnlySpan<byte> head = stream.Peek(Codecs.HeadSize);
        ICodec codec = Codecs.Detect(head, announced, name, displayName);
        bool isChecked = codec.ChecksContent(head);
        return (codec.Open(stream, displayName, options.Decoding), codec, isChecked);
    }

    private void Drain(Stream stream)
    {
        while (stream.Read(_drained) > 0) { }
    }
}
