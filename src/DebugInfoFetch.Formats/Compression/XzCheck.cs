namespace DebugInfoFetch.Formats.Compression;

/// <summary>Which check an xz stream keeps of each block (xz file format 1.1, §2.1.1.2).</summary>
public enum XzCheck { None = 0, Crc32 = 1, Crc64 = 4, Sha256 = 10 }
