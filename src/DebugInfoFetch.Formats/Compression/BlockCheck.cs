using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DebugInfoFetch.Formats.Compression;

/// <summary>
/// The check of an xz block's data where it is made here and not by liblzma, whose SHA-256 is plain C and whose CRC-64 goes by tables; the processor
/// has instructions for both. liblzma's CRC-32 stays: nobody uses it for packages of that size.
/// </summary>
internal sealed class BlockCheck : IDisposable
{
    private readonly IncrementalHash? _sha256;
    private Crc64 _crc64;

    private BlockCheck(IncrementalHash? sha256) => _sha256 = sha256;

    public static bool IsOurs(XzCheck check) => check == XzCheck.Sha256 || (check == XzCheck.Crc64 && Crc64.IsFast);

    /// <summary>Null when the check is liblzma's, or there is none.</summary>
    public static BlockCheck? For(XzCheck check)
        => IsOurs(check) ? new BlockCheck(check == XzCheck.Sha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null) : null;

    public void Append(ReadOnlySpan<byte> decoded)
    {
        if (_sha256 is { } sha256) { sha256.AppendData(decoded); } else { _crc64.Append(decoded); }
    }

    /// <summary>Ends the check and compares it with the block's Check field.</summary>
    public bool Agrees(ReadOnlySpan<byte> field) => _sha256 is { } sha256
        ? field.StartsWith(sha256.GetHashAndReset())
        : BinaryPrimitives.ReadUInt64LittleEndian(field) == _crc64.Value;

    public void Dispose() => _sha256?.Dispose();
}
