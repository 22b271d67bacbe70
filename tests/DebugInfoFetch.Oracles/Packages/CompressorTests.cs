using System.Globalization;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Oracles.Packages;

/// <summary>What the compressors' own tools write, and what <c>xz --list</c> says of it.</summary>
public sealed class CompressorTests : IDisposable
{
    private static readonly byte[] Data = PackageTools.Content(5_000_001, 1);
    private readonly PackageTools _tools = new();

    public CompressorTests() => File.WriteAllBytes(_tools.PathOf("data"), Data);

    [Theory]
    [InlineData("xz -T2 --block-size=1MiB --check=sha256", "xz")]
    [InlineData("xz -T2 -1", "xz")]
    [InlineData("xz -T1 -6 --check=crc32", "xz")]
    [InlineData("xz -T1 --block-size=2MiB --check=none", "xz")]
    [InlineData("xz -T2 --x86 --lzma2=preset=1 --block-size=3MiB", "xz")]
    [InlineData("xz --format=lzma -2", "lzma")]
    [InlineData("zstd -q -19", "zstd")]
    [InlineData("zstd -q --check --long=27", "zstd")]
    [InlineData("zstd -q --fast", "zstd")]
    [InlineData("gzip -9", "gzip")]
    [InlineData("bzip2 -9", "bzip2")]
    [InlineData("bzip2 -1", "bzip2")]
    [InlineData("lz4 -q -l -9", "lz4")]
    [InlineData("lz4 -q -l -1", "lz4")]
    [InlineData("lzop -q -9", "lzo")]
    [InlineData("lzop -q -1", "lzo")]
    [InlineData("lzop -q --crc32 -3", "lzo")]
    public void What_the_tool_writes_is_decoded(string command, string name)
    {
        _tools.Shell($"{command} -c data > compressed; {command} -c data >> twice; {(HasOneStream(name) ? "true" : $"{command} -c data >> twice")}");
        Assert.Equal(PackageTools.Hash(Data), Decode("compressed", name));
        if (!HasOneStream(name)) { Assert.Equal(PackageTools.Hash([.. Data, .. Data]), Decode("twice", name)); }
    }

    [Theory]
    [InlineData("xz -T2 --block-size=1MiB --check=sha256")]
    [InlineData("xz -T1 --block-size=2MiB --check=crc32")]
    [InlineData("xz -T1")]
    public void The_index_lists_the_blocks_that_xz_lists(string command)
    {
        _tools.Shell($"{command} -c data > one.xz; cp one.xz two.xz; head -c 8 /dev/zero >> two.xz; {command} -c data >> two.xz");
        foreach (string file in new[] { "one.xz", "two.xz" })
        {
            // block, stream, number in stream, number in file, compressed offset, uncompressed offset, compressed size, uncompressed size, …
            var theirs = _tools.Shell($"xz --robot --list -vv {file}").Split('\n').Where(line => line.StartsWith("block", StringComparison.Ordinal))
                .Select(line => string.Join(' ', line.Split('\t')[4..8]));
            using var stream = File.OpenRead(_tools.PathOf(file));
            var ours = XzIndex.Read(new MeteredStream(stream, null, file), file).Blocks
                .Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.CompressedOffset} {b.UncompressedOffset} {b.CompressedSize} {b.UncompressedSize}"));
            Assert.Equal(theirs, ours);
        }
    }

    /// <summary>lzma-alone and lzop end with their end mark: what follows is none of theirs.</summary>
    private static bool HasOneStream(string name) => name is "lzma" or "lzo";

    public void Dispose() => _tools.Dispose();

    private string Decode(string file, string name)
    {
        using var stream = File.OpenRead(_tools.PathOf(file));
        var peek = new PeekStream(new MeteredStream(stream, null, file));
        var codec = Codecs.Detect(peek.Peek(Codecs.HeadSize));
        Assert.Equal(name, codec.Name);
        using var decoded = codec.Open(peek, file, DecodeOptions.Default);
        using var copy = new MemoryStream();
        decoded.CopyTo(copy);
        return PackageTools.Hash(copy.GetBuffer().AsSpan(0, (int)copy.Length));
    }
}
