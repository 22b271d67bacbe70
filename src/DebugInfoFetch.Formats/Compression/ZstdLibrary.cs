using System.Runtime.InteropServices;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>The parts of the system's libzstd (1.4 and later) that decoding needs. Signatures: zstd.h.</summary>
internal sealed unsafe class ZstdLibrary
{
    private static readonly Lazy<ZstdLibrary> Loaded = new(() => new ZstdLibrary(), LazyThreadSafetyMode.PublicationOnly);

    public readonly delegate* unmanaged<void*> CreateContext;
    public readonly delegate* unmanaged<void*, nuint> FreeContext;
    public readonly delegate* unmanaged<void*, int, int, nuint> SetParameter;
    public readonly delegate* unmanaged<void*, ZstdBuffer*, ZstdBuffer*, nuint> DecompressStream;
    public readonly delegate* unmanaged<byte*, nuint, byte*, nuint, nuint> Decompress;
    private readonly delegate* unmanaged<nuint, uint> _isError;
    private readonly delegate* unmanaged<nuint, byte*> _errorName;

    private ZstdLibrary()
    {
        var library = new SystemLibrary("libzstd.so.1", "DBGFETCH_LIBZSTD", "reading zstd", "libzstd1 (Debian, Ubuntu) or libzstd (Fedora, RHEL)");
        CreateContext = (delegate* unmanaged<void*>)library.Function("ZSTD_createDCtx");
        FreeContext = (delegate* unmanaged<void*, nuint>)library.Function("ZSTD_freeDCtx");
        SetParameter = (delegate* unmanaged<void*, int, int, nuint>)library.Function("ZSTD_DCtx_setParameter");
        DecompressStream = (delegate* unmanaged<void*, ZstdBuffer*, ZstdBuffer*, nuint>)library.Function("ZSTD_decompressStream");
        Decompress = (delegate* unmanaged<byte*, nuint, byte*, nuint, nuint>)library.Function("ZSTD_decompress");
        _isError = (delegate* unmanaged<nuint, uint>)library.Function("ZSTD_isError");
        _errorName = (delegate* unmanaged<nuint, byte*>)library.Function("ZSTD_getErrorName");
    }

    /// <exception cref="MissingLibraryException"/>
    public static ZstdLibrary Instance => Loaded.Value;

    /// <summary>Null when <paramref name="result"/> is none of the library's errors.</summary>
    public string? ErrorName(nuint result) => _isError(result) == 0 ? null : Marshal.PtrToStringUTF8((nint)_errorName(result));
}

/// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZstdBuffer
{
    public byte* Bytes;
    public nuint Size;
    public nuint Position;
}
