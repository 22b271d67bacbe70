namespace DebugInfoFetch.Formats.Compression;

/// <summary>How the payload of a package, a module or a kernel image is compressed.</summary>
public enum CompressionFormat { None, Gzip, Bzip2, LzmaAlone, Xz, Zstd, Lz4Legacy, Lzop }
