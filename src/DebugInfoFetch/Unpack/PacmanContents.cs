using System.Text;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Formats.Deb;

namespace DebugInfoFetch.Unpack;

/// <summary>
/// The members of an Arch Linux package: a compressed tar, in which <c>.PKGINFO</c> and other files with a leading dot come first (makepkg(8), alpm-package(7)).
/// It keeps no digest that a signature would be over; whoever signed it, signed the whole file.
/// </summary>
internal sealed class PacmanContents : IPackageContents
{
    private const int LargestInfo = 1 << 20;

    private readonly MeteredStream _compressed;
    private readonly Stream _decoded;
    private readonly TarReader _tar;
    private readonly bool _isChecked;
    private readonly PackageReadOptions _options;
    private readonly byte[] _drained = new byte[256 << 10];

    private PacmanContents(PeekStream file, string displayName, PackageReadOptions options)
    {
        ReadOnlySpan<byte> head = file.Peek(Codecs.HeadSize);
        ICodec codec = Codecs.Detect(head);
        _isChecked = codec.ChecksContent(head);
        _options = options;
        _compressed = new MeteredStream(file, null, displayName);
        _decoded = codec.Open(_compressed, displayName, options.Decoding);
        _tar = new TarReader(_decoded, displayName);
        try
        {
            Info = ReadInfo(displayName, codec.Name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public PackageInfo Info { get; }

    public IReadOnlyCollection<string> Listed => [];

    public long PayloadBytesRead => _compressed.BytesRead;

    public long? PayloadSize => null;

    public PackageMember Current { get => field ?? throw new InvalidOperationException("there is no current member"); private set; }

    /// <exception cref="InputFaultException">No package of Arch's, or a damaged one.</exception>
    public static PacmanContents Open(PeekStream file, string displayName, PackageReadOptions options) => new(file, displayName, options);

    public bool MoveNext()
    {
        if (!_tar.MoveNext()) { return false; }

        Current = PackageMember.Of(_tar.Current);
        return true;
    }

    public Stream OpenCurrent() => _tar.OpenCurrent();

    public string FinishAndVerify()
    {
        if (_options.IsFileVerified) { return "that digest covers the whole package"; }
        while (_decoded.Read(_drained) > 0) { }
        return DescribeFiles();
    }

    public string DescribeFiles() => _isChecked ? $"{Info.Compression} checks of all data" : "the data has no check of its own";

    public void Dispose()
    {
        _tar.Dispose();
        _decoded.Dispose();
    }

    private PackageInfo ReadInfo(string displayName, string compression)
    {
        while (_tar.MoveNext() && _tar.Current.Name.StartsWith('.'))
        {
            if (_tar.Current.Name != ".PKGINFO") { continue; }
            if (_tar.Current.ByteSize > LargestInfo) { throw InputFaultException.At(displayName, ".PKGINFO", 0, $"{_tar.Current.ByteSize} bytes; {LargestInfo} are allowed"); }
            using var text = new StreamReader(_tar.OpenCurrent(), Encoding.UTF8, false, 64 << 10, leaveOpen: true);
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            while (text.ReadLine() is { } line)
            {
                if (line.Split(" = ", 2) is [var name, var value] && name is "pkgname" or "pkgver" or "arch") { fields.TryAdd(name, value); }
            }

            if (fields.Count == 3) { return new PackageInfo(PackageFormat.Pacman, fields["pkgname"], fields["pkgver"], fields["arch"], compression); }
        }

        throw new InputFaultException($"{displayName}: neither an RPM nor a deb nor a package of Arch Linux: its archive does not begin with a .PKGINFO that names package, version and architecture");
    }
}
