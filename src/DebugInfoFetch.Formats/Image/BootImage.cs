using System.Buffers.Binary;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Formats.Image;

/// <summary>What a kernel is booted from, and the kernel in it.</summary>
/// <param name="Content">vmlinux, stripped of its symbols, or arm64's plain Image.</param>
/// <param name="Wrapping">What it was unwrapped from, outermost first, for people: <c>bzImage, zstd</c>. Empty when it was plain.</param>
/// <param name="IsElf">False: an arm64 Image, which has neither sections nor addresses.</param>
public sealed record BootImage(Memory<byte> Content, string Wrapping, bool IsElf)
{
    // The largest kernels (debug variants) have 0.2 GB; what a file says of itself may not take all memory.
    private const long MaxContent = 1L << 30;
    // An Image.gz in a wrapper of its own is as deep as it gets.
    private const int MaxDepth = 3;

    /// <summary>Whether a file that begins so may be a kernel image of any kind but a plain ELF file.</summary>
    public static bool IsImage(ReadOnlySpan<byte> data) => IsBzImage(data) || IsZboot(data) || IsArm64Image(data);

    /// <exception cref="InputFaultException">No kernel image that is known, or a damaged one.</exception>
    public static BootImage Open(string name, Memory<byte> data)
    {
        string wrapping = "";
        for (int depth = 0; depth <= MaxDepth; depth++)
        {
            ReadOnlySpan<byte> head = data.Span;
            if (head.StartsWith("\u007fELF"u8)) { return new BootImage(data, wrapping, true); }
            // EFI's wrapper and the plain Image both begin as a PE file; the plain one has its magic too.
            Payload? found = IsBzImage(head) ? BzImagePayload(name, data) : IsZboot(head) ? ZbootPayload(name, data) : null;
            if (found is null && IsArm64Image(head)) { return new BootImage(data, wrapping, false); }
            Payload payload = found ?? new Payload(data, "", 0, null);
            ICodec codec = Codecs.Detect(payload.Data.Span[..Math.Min(Codecs.HeadSize, payload.Data.Length)]);
            if (codec.Format == CompressionFormat.None)
            {
                throw InputFaultException.At(name, "kernel image", payload.Offset,
                    $"no kernel and no known compression: begins {Convert.ToHexStringLower(payload.Data.Span[..Math.Min(8, payload.Data.Length)])}");
            }

            wrapping += $"{(wrapping.Length > 0 ? ", " : "")}{(payload.Wrapper.Length > 0 ? payload.Wrapper + ", " : "")}{codec.Name}";
            data = Decode(codec, payload, $"{name}: kernel image");
        }

        throw new InputFaultException($"{name}: compressed more than {MaxDepth} times: no kernel image");
    }

    /// <summary>Documentation/arch/x86/boot.rst: <c>HdrS</c> at 0x202, from protocol 2.08 on the payload's place at 0x248.</summary>
    private static bool IsBzImage(ReadOnlySpan<byte> data) => data.Length > 0x268 && data[0x202..].StartsWith("HdrS"u8);

    /// <summary>drivers/firmware/efi/libstub/zboot-header.S.</summary>
    private static bool IsZboot(ReadOnlySpan<byte> data) => data.Length > 64 && data.StartsWith("MZ"u8) && data[4..].StartsWith("zimg"u8);

    /// <summary>Documentation/arch/arm64/booting.rst: <c>ARM\x64</c> at 56.</summary>
    private static bool IsArm64Image(ReadOnlySpan<byte> data) => data.Length > 64 && data[56..].StartsWith("ARM\u0064"u8);

    private static Payload BzImagePayload(string name, Memory<byte> data)
    {
        ReadOnlySpan<byte> header = data.Span;
        int version = BinaryPrimitives.ReadUInt16LittleEndian(header[0x206..]);
        if (version < 0x208)
        {
            throw InputFaultException.At(name, "bzImage header", 0x206, $"boot protocol {version >> 8}.{version & 0xff:d2}: before 2.08 (Linux 2.6.26) the header does not tell where the kernel is");
        }

        // 0 means 4 (boot.rst, setup_sects); the boot sector comes before.
        int setupSectors = header[0x1f1] == 0 ? 4 : header[0x1f1];
        long start = ((setupSectors + 1) * 512L) + BinaryPrimitives.ReadUInt32LittleEndian(header[0x248..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(header[0x24c..]);
        if (start > data.Length || size > data.Length - start || size < 8)
        {
            throw InputFaultException.At(name, "bzImage header", 0x248, $"a payload of {size} bytes from 0x{start:x} on does not fit the file ({data.Length} bytes): truncated?");
        }

        Memory<byte> payload = data.Slice((int)start, (int)size);
        // All but gzip, which ends so itself, have the kernel's size appended (scripts/Makefile.lib, size_append).
        if (new GzipCodec().Matches(payload.Span)) { return new Payload(payload, "bzImage", start, null); }
        return new Payload(payload[..^4], "bzImage", start, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span[^4..]));
    }

    private static Payload ZbootPayload(string name, Memory<byte> data)
    {
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(data.Span[8..]), size = BinaryPrimitives.ReadUInt32LittleEndian(data.Span[12..]);
        return start <= data.Length && size <= data.Length - start
            ? new Payload(data.Slice((int)start, (int)size), "EFI zboot", start, null)
            : throw InputFaultException.At(name, "zboot header", 8, $"a payload of {size} bytes from 0x{start:x} on does not fit the file ({data.Length} bytes): truncated?");
    }

    private static Memory<byte> Decode(ICodec codec, in Payload payload, string displayName)
    {
        if (payload.DecodedSize > MaxContent) { throw new InputFaultException($"{displayName}: claims to decode to {payload.DecodedSize} bytes, of which at most {MaxContent} are believed"); }
        // That much in advance only where the compressed bytes could hold it: xz and zstd make at most some thousands of bytes of one.
        byte[] buffer = payload.DecodedSize is { } size && size / 4096 < payload.Data.Length ? GC.AllocateUninitializedArray<byte>((int)size) : [];
        int length = WholeBuffer.Decode(codec, payload.Data, ref buffer, MaxContent, displayName);
        if (payload.DecodedSize is { } expected && (uint)length != expected)
        {
            throw new InputFaultException($"{displayName}: decodes to {length} bytes, {expected} are announced: damaged");
        }

        return buffer.AsMemory(0, length);
    }

    /// <param name="Offset">Bytes from the file's start, for faults.</param>
    /// <param name="DecodedSize">Null when it is not announced.</param>
    private readonly record struct Payload(Memory<byte> Data, string Wrapper, long Offset, uint? DecodedSize);
}
