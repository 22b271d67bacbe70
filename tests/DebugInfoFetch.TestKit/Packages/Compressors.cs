using System.IO.Compression;
using System.Runtime.InteropServices;
using ICSharpCode.SharpZipLib.BZip2;

namespace DebugInfoFetch.TestKit.Packages;

/// <summary>
/// Compresses test data with the encoders of the libraries whose decoders the program uses (the machine's liblzma and libzstd, .NET,
/// SharpZipLib): no tool need be installed. The Oracles project compares with the tools' own output.
/// </summary>
public static unsafe partial class Compressors
{
    public const int CheckNone = 0, CheckCrc32 = 1, CheckCrc64 = 4, CheckSha256 = 10;

    /// <summary>One stream of one block whose header tells no sizes, as <c>xz -T1</c> and rpm's <c>w3.xzdio</c> write it.</summary>
    public static byte[] XzSingleBlock(ReadOnlySpan<byte> data, int check = CheckCrc64)
    {
        LzmaStream stream = default;
        return Run(&stream, lzma_easy_encoder(&stream, 1, check), data);
    }

    /// <summary>
    /// Blocks of a given size whose headers tell their sizes, as <c>xz -T0</c>, rpm's <c>w3T.xzdio</c> and dpkg-deb write them.
    /// </summary>
    public static byte[] XzBlocks(ReadOnlySpan<byte> data, int blockSize, int check = CheckSha256)
    {
        LzmaStream stream = default;
        LzmaMt options = new() { Threads = 1, BlockSize = (ulong)blockSize, Preset = 1, Check = check };
        return Run(&stream, lzma_stream_encoder_mt(&stream, &options), data);
    }

    /// <summary>Blocks whose headers tell no sizes: only the index does.</summary>
    public static byte[] XzBlocksWithoutSizes(ReadOnlySpan<byte> data, int blockSize)
    {
        LzmaStream stream = default;
        if (lzma_easy_encoder(&stream, 1, CheckCrc32) != 0) { throw new InvalidOperationException("lzma_easy_encoder"); }

        using var output = new MemoryStream();
        for (int at = 0; at < data.Length; at += blockSize)
        {
            // 2: LZMA_FULL_FLUSH ends a block.
            Pump(&stream, data.Slice(at, Math.Min(blockSize, data.Length - at)), 2, output);
        }

        Pump(&stream, default, 3, output);
        lzma_end(&stream);
        return output.ToArray();
    }

    public static byte[] LzmaAlone(ReadOnlySpan<byte> data)
    {
        // lzma_options_lzma is larger than this in no version of the ABI.
        byte* options = stackalloc byte[256];
        new Span<byte>(options, 256).Clear();
        if (lzma_lzma_preset(options, 1) != 0) { throw new InvalidOperationException("lzma_lzma_preset"); }

        LzmaStream stream = default;
        return Run(&stream, lzma_alone_encoder(&stream, options), data);
    }

    public static byte[] Zstd(ReadOnlySpan<byte> data, int level = 3)
    {
        byte[] output = new byte[data.Length + (data.Length >> 7) + 512];
        fixed (byte* source = data)
        fixed (byte* target = output)
        {
            nuint size = ZSTD_compress(target, (nuint)output.Length, source, (nuint)data.Length, level);
            if (size > (nuint)output.Length) { throw new InvalidOperationException("ZSTD_compress"); }

            return output[..(int)size];
        }
    }

    /// <summary>A frame that decoders skip (RFC 8878 §3.1.2), as parallel zstd compressors put in front.</summary>
    public static byte[] ZstdSkippableFrame(ReadOnlySpan<byte> content)
    {
        byte[] frame = new byte[8 + content.Length];
        BitConverter.TryWriteBytes(frame, 0x184D2A50u);
        BitConverter.TryWriteBytes(frame.AsSpan(4), content.Length);
        content.CopyTo(frame.AsSpan(8));
        return frame;
    }

    public static byte[] Gzip(ReadOnlySpan<byte> data)
    {
        // .NET writes nothing at all for nothing; a member of no bytes is what other encoders write.
        if (data.IsEmpty) { return Convert.FromHexString("1f8b08000000000000030300" + "0000000000000000"); }

        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true)) { gzip.Write(data); }

        return output.ToArray();
    }

    public static byte[] Bzip2(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        using (var bzip2 = new BZip2OutputStream(output, 1) { IsStreamOwner = false }) { bzip2.Write(data); }

        return output.ToArray();
    }

    private static byte[] Run(LzmaStream* stream, int begun, ReadOnlySpan<byte> data)
    {
        if (begun != 0) { throw new InvalidOperationException($"liblzma's encoder cannot begin: {begun}"); }

        using var output = new MemoryStream();
        // 3: LZMA_FINISH.
        Pump(stream, data, 3, output);
        lzma_end(stream);
        return output.ToArray();
    }

    private static void Pump(LzmaStream* stream, ReadOnlySpan<byte> data, int action, MemoryStream output)
    {
        byte[] buffer = new byte[64 << 10];
        int result;
        fixed (byte* source = data)
        fixed (byte* target = buffer)
        {
            stream->NextIn = source;
            stream->AvailableIn = (nuint)data.Length;
            do
            {
                stream->NextOut = target;
                stream->AvailableOut = (nuint)buffer.Length;
                result = lzma_code(stream, action);
                output.Write(buffer, 0, buffer.Length - (int)stream->AvailableOut);
            }
            while (result == 0);
        }

        // 1: LZMA_STREAM_END.
        if (result != 1) { throw new InvalidOperationException($"lzma_code: {result}"); }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        private readonly nint _allocator, _internal, _reserved1, _reserved2, _reserved3, _reserved4;
        private readonly ulong _reserved5, _reserved6, _reserved7, _reserved8, _reserved9;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LzmaMt
    {
        public uint Flags;
        public uint Threads;
        public ulong BlockSize;
        public uint Timeout;
        public uint Preset;
        public nint Filters;
        public int Check;
        private fixed ulong _reserved[32];
    }

    [LibraryImport("liblzma.so.5")]
    private static partial int lzma_easy_encoder(LzmaStream* stream, uint preset, int check);

    [LibraryImport("liblzma.so.5")]
    private static partial int lzma_stream_encoder_mt(LzmaStream* stream, LzmaMt* options);

    [LibraryImport("liblzma.so.5")]
    private static partial int lzma_alone_encoder(LzmaStream* stream, void* options);

    [LibraryImport("liblzma.so.5")]
    private static partial byte lzma_lzma_preset(void* options, uint preset);

    [LibraryImport("liblzma.so.5")]
    private static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport("liblzma.so.5")]
    private static partial void lzma_end(LzmaStream* stream);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_compress(byte* target, nuint capacity, byte* source, nuint size, int level);
}
