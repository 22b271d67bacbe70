using System.Text;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Image;

/// <summary>Wraps a kernel as boot loaders get it.</summary>
public static class BootImageBuilder
{
    private const int SetupSectors = 3;

    /// <summary>Documentation/arch/x86/boot.rst, with the payload that the kernel's build makes.</summary>
    /// <param name="compressed">The kernel, compressed.</param>
    /// <param name="decodedSize">Appended, as for all formats but gzip; null for none.</param>
    /// <param name="payloadSize">What the header claims.</param>
    public static byte[] BzImage(byte[] compressed, int? decodedSize, uint? payloadSize = null, int version = 0x20f)
    {
        byte[] payload = decodedSize is { } size ? [.. compressed, .. BitConverter.GetBytes(size)] : compressed;
        byte[] head = new byte[(SetupSectors + 1) * 512];
        head[0x1f1] = SetupSectors;
        "HdrS"u8.CopyTo(head.AsSpan(0x202));
        BitConverter.TryWriteBytes(head.AsSpan(0x206), (ushort)version);
        const int Stub = 64;
        BitConverter.TryWriteBytes(head.AsSpan(0x248), Stub);
        BitConverter.TryWriteBytes(head.AsSpan(0x24c), payloadSize ?? (uint)payload.Length);
        return [.. head, .. new byte[Stub], .. payload, .. new byte[32]];
    }

    /// <summary>drivers/firmware/efi/libstub/zboot-header.S.</summary>
    public static byte[] Zboot(byte[] compressed, string codec)
        => new ByteBuilder().Bytes("MZ\0\0zimg"u8).U32(128).U32((ulong)compressed.Length).U64(0).Bytes(Encoding.ASCII.GetBytes(codec)).AlignTo(128).Bytes(compressed).ToArray();

    /// <summary>Documentation/arch/arm64/booting.rst: the header that an Image begins with, and then its content.</summary>
    public static byte[] Arm64Header(int imageSize)
        => new ByteBuilder().U32(0x14000000).U32(0).U64(0).U64((ulong)imageSize).U64(0xa).U64(0).U64(0).U64(0).Bytes("ARMd"u8).U32(0).ToArray();
}
