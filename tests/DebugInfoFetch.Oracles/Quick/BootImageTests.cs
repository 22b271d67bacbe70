using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.Oracles.Packages;
using DebugInfoFetch.TestKit.Image;

namespace DebugInfoFetch.Oracles.Quick;

/// <summary>Boot images compressed by the very commands of the kernel's build (scripts/Makefile.lib, scripts/xz_wrap.sh).</summary>
public sealed class BootImageTests : IDisposable
{
    private static readonly byte[] Kernel = [.. "\u007fELF"u8, .. PackageTools.Content(6_000_001, 7)];
    private readonly PackageTools _tools = new();

    [Theory]
    [InlineData("gzip -n -f -9", "gzip")]
    [InlineData("bzip2 -9", "bzip2")]
    [InlineData("xz --check=crc32 --x86 --lzma2=preset=6,dict=32MiB", "xz")]
    [InlineData("xz --format=lzma -9", "lzma")]
    [InlineData("zstd -q -22 --ultra", "zstd")]
    [InlineData("lz4 -q -l -9", "lz4")]
    [InlineData("lzop -q -9", "lzo")]
    public void A_kernel_compressed_as_its_build_does_comes_out_of_its_bzImage(string command, string name)
    {
        File.WriteAllBytes(_tools.PathOf("vmlinux.bin"), Kernel);
        _tools.Shell($"cat vmlinux.bin | {command} > compressed");
        byte[] image = BootImageBuilder.BzImage(File.ReadAllBytes(_tools.PathOf("compressed")), name == "gzip" ? null : Kernel.Length);
        BootImage opened = BootImage.Open("vmlinuz", image);
        Assert.Equal($"bzImage, {name}", opened.Wrapping);
        Assert.Equal(PackageTools.Hash(Kernel), PackageTools.Hash(opened.Content.Span));
    }

    public void Dispose() => _tools.Dispose();
}
