using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>Assembles a deb: ar of debian-binary, control archive and data archive.</summary>
public sealed class DebBuilder
{
    private readonly TarBuilder _data = new();
    private readonly StringBuilder _md5Sums = new();

    public string Package { get; init; } = "linux-image-6.12.1+deb12-amd64-dbg";
    public string Version { get; init; } = "6.12.1-1";
    public string Architecture { get; init; } = "amd64";
    public string DataName { get; init; } = "data.tar.xz";
    public Func<byte[], byte[]> Compress { get; init; } = data => Compressors.XzBlocks(data, 64 << 10, Compressors.CheckCrc64);
    /// <summary>A last change to the MD5 sums that the control archive lists.</summary>
    public Func<string, string> ChangeMd5 { get; init; } = digest => digest;

    public TarBuilder Data => _data;

    /// <summary>Where the data archive begins in what <see cref="Build"/> last returned.</summary>
    public int DataOffset { get; private set; }

    public DebBuilder File(string path, ReadOnlySpan<byte> content)
    {
        string name = "./" + path;
        if (name.Length > 100) { _data.GnuLong('L', name); }
        _data.File(name[..Math.Min(100, name.Length)], content);
#pragma warning disable CA5351 // What debs keep.
        _md5Sums.Append(ChangeMd5(Convert.ToHexStringLower(MD5.HashData(content)))).Append("  ").Append(path).Append('\n');
#pragma warning restore CA5351
        return this;
    }

    public byte[] Build()
    {
        string control = $"Package: {Package}\nVersion: {Version}\nArchitecture: {Architecture}\nDescription: test\n of two lines: not a field\n";
        byte[] controlTar = new TarBuilder().Directory("./").File("./control", Encoding.UTF8.GetBytes(control))
            .File("./md5sums", Encoding.UTF8.GetBytes(_md5Sums.ToString())).End().ToArray();
        byte[] before = [.. Member("debian-binary", "2.0\n"u8), .. Member("control.tar.gz", Compressors.Gzip(controlTar))];
        byte[] data = Compress(_data.End().ToArray());
        DataOffset = 8 + before.Length + 60;
        return [.. "!<arch>\n"u8, .. before, .. Member(DataName, data)];
    }

    /// <summary>An ar member with its header and padding.</summary>
    public static byte[] Member(string name, ReadOnlySpan<byte> content, string? size = null)
    {
        string header = $"{name,-16}{"0",-12}{"0",-6}{"0",-6}{"100644",-8}{size ?? content.Length.ToString(CultureInfo.InvariantCulture),-10}`\n";
        byte[] padding = content.Length % 2 == 0 ? [] : "\n"u8.ToArray();
        return [.. Encoding.ASCII.GetBytes(header), .. content, .. padding];
    }
}
