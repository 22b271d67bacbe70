namespace DebugInfoFetch.Formats.Compression;

/// <summary>How the payload of a package is compressed.</summary>
public enum CompressionFormat { None, Gzip, Bzip2, LzmaAlone, Xz, Zstd }
