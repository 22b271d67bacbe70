using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Packages;

namespace DebugInfoFetch.Formats.Tests.Image;

public sealed class BootImageTests
{
    private static readonly byte[] Vmlinux = new ElfBuilder().Text(".text", 0xffffffff81000000, [.. Enumerable.Range(0, 40_000).Select(i => (byte)(i * i >> 7))]).Build();

    public static TheoryData<string> Compressions => new("gzip", "xz", "zstd", "bzip2", "lzma", "lz4", "lzo");

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Vmlinux_comes_out_of_a_bzImage_of_each_compression(string compression)
    {
        byte[] compressed = Compress(compression, Vmlinux);
        BootImage image = BootImage.Open("vmlinuz", BootImageBuilder.BzImage(compressed, compression == "gzip" ? null : Vmlinux.Length));
        Assert.Equal(Vmlinux, image.Content.ToArray());
        Assert.Equal(($"bzImage, {compression}", true), (image.Wrapping, image.IsElf));
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void An_arm64_Image_comes_out_of_EFIs_wrapper_and_out_of_plain_compression(string compression)
    {
        byte[] plain = [.. BootImageBuilder.Arm64Header(8192), .. new byte[8128]];
        byte[] compressed = Compress(compression, plain);
        BootImage wrapped = BootImage.Open("vmlinuz", BootImageBuilder.Zboot(compressed, compression));
        Assert.Equal(plain, wrapped.Content.ToArray());
        Assert.Equal(($"EFI zboot, {compression}", false), (wrapped.Wrapping, wrapped.IsElf));
        BootImage bare = BootImage.Open("Image.gz", compressed);
        Assert.Equal((compression, plain.Length), (bare.Wrapping, bare.Content.Length));
        Assert.Equal("", BootImage.Open("Image", plain).Wrapping);
    }

    [Fact]
    public void A_size_that_is_another_than_announced_is_a_fault()
        => Assert.Equal($"vmlinuz: kernel image: decodes to {Vmlinux.Length} bytes, {Vmlinux.Length + 1} are announced: damaged",
            Fault(BootImageBuilder.BzImage(Compressors.Zstd(Vmlinux), Vmlinux.Length + 1)));

    [Fact]
    public void What_is_no_kernel_image_says_so()
    {
        Assert.Equal("vmlinuz: kernel image+0x0: no kernel and no known compression: begins 6e6f206b65726e65", Fault([.. "no kernel"u8, .. new byte[100]]));
        Assert.Equal("vmlinuz: kernel image+0x840: no kernel and no known compression: begins 0102030405060708", Fault(BootImageBuilder.BzImage([1, 2, 3, 4, 5, 6, 7, 8], 4)));
        Assert.StartsWith("vmlinuz: bzImage header+0x248: a payload of 99999999 bytes from 0x840 on does not fit", Fault(BootImageBuilder.BzImage(Compressors.Zstd(Vmlinux), 4, payloadSize: 99_999_999)), StringComparison.Ordinal);
        Assert.StartsWith("vmlinuz: bzImage header+0x206: boot protocol 2.07", Fault(BootImageBuilder.BzImage(Compressors.Zstd(Vmlinux), 4, version: 0x207)), StringComparison.Ordinal);
        Fault([]);
    }

    [Fact]
    public void An_image_cut_anywhere_is_a_fault()
    {
        byte[] whole = BootImageBuilder.BzImage(Compressors.XzSingleBlock(Vmlinux), Vmlinux.Length);
        for (int length = 0; length < whole.Length - 32; length += 97) { Fault(whole[..length]); }
    }

    private static string Fault(byte[] image) => Assert.Throws<InputFaultException>(() => BootImage.Open("vmlinuz", image)).Message;

    private static byte[] Compress(string compression, byte[] data) => compression switch
    {
        "gzip" => Compressors.Gzip(data),
        "xz" => Compressors.XzSingleBlock(data, Compressors.CheckCrc32),
        "zstd" => Compressors.Zstd(data),
        "bzip2" => Compressors.Bzip2(data),
        "lzma" => Compressors.LzmaAlone(data),
        "lz4" => BlockCompressors.Lz4Legacy(data),
        _ => BlockCompressors.Lzop(data),
    };
}
