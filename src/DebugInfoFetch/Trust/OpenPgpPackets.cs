using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DebugInfoFetch.Trust;

/// <summary>
/// As much of OpenPGP's packets as it takes to choose the key file for a signature. Nothing is verified here: that is gpgv's business.
/// </summary>
public static class OpenPgpPackets
{
    private const int Signature = 2, PublicKey = 6, PublicSubkey = 14;

    /// <summary>A key ID as people write it: 16 upper-case hex digits, the end of the fingerprint.</summary>
    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);

    /// <summary>Key IDs of all version 4 keys and subkeys; of a damaged file, those before the damage.</summary>
    public static IEnumerable<string> KeyIds(byte[] file)
    {
        foreach ((int tag, ReadOnlyMemory<byte> body) in Read(file))
        {
            // RFC 9580 §5.5.4.2: SHA-1 over 0x99, the length in two bytes, and the packet's body.
            if (tag is not (PublicKey or PublicSubkey) || body.Length is 0 or > ushort.MaxValue || body.Span[0] != 4) { continue; }
            byte[] hashed = [0x99, (byte)(body.Length >> 8), (byte)body.Length, .. body.Span];
#pragma warning disable CA5350 // What a version 4 fingerprint is.
            yield return Hex(SHA1.HashData(hashed).AsSpan(12));
#pragma warning restore CA5350
        }
    }

    /// <summary>The key ID that a signature names as its maker's; null when it names none, or is no signature of version 3 or 4.</summary>
    public static string? IssuerOf(byte[] signature)
    {
        (int tag, ReadOnlyMemory<byte> memory) = Read(signature).FirstOrDefault();
        ReadOnlySpan<byte> body = memory.Span;
        if (tag != Signature || body.IsEmpty) { return null; }
        // RFC 9580 §5.2.2, §5.2.3.
        if (body[0] == 3) { return body.Length >= 15 ? Hex(body.Slice(7, 8)) : null; }
        if (body[0] != 4 || body.Length < 6) { return null; }
        ReadOnlySpan<byte> rest = body[4..];
        string? issuer = null;
        for (int area = 0; area < 2 && rest.Length >= 2; area++)
        {
            int size = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (size > rest.Length - 2) { return issuer; }
            issuer ??= IssuerAmong(rest.Slice(2, size));
            rest = rest[(2 + size)..];
        }

        return issuer;
    }

    private static string? IssuerAmong(ReadOnlySpan<byte> subpackets)
    {
        string? id = null;
        while (!subpackets.IsEmpty)
        {
            (int header, long size) = NewLength(subpackets);
            if (header == 0 || size < 1 || size > subpackets.Length - header) { return id; }
            ReadOnlySpan<byte> subpacket = subpackets.Slice(header, (int)size);
            // 33: issuer fingerprint, its version first; 16: issuer key ID.
            if ((subpacket[0] & 0x7F) == 33 && subpacket.Length == 22 && subpacket[1] == 4) { id = Hex(subpacket[^8..]); }
            else if ((subpacket[0] & 0x7F) == 16 && subpacket.Length == 9) { id ??= Hex(subpacket[1..]); }
            subpackets = subpackets[(header + (int)size)..];
        }

        return id;
    }

    /// <summary>Packets with their tags (RFC 9580 §4.2), up to the end or the first that is damaged.</summary>
    private static IEnumerable<(int Tag, ReadOnlyMemory<byte> Body)> Read(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int first = bytes[at++];
            if (first < 0x80) { yield break; }
            bool isNew = (first & 0x40) != 0;
            (int header, long size) = isNew ? NewLength(bytes.AsSpan(at)) : OldLength(bytes.AsSpan(at), first & 3);
            if (header == 0 || size > bytes.Length - at - header) { yield break; }
            yield return (isNew ? first & 0x3F : (first >> 2) & 0xF, bytes.AsMemory(at + header, (int)size));
            at += header + (int)size;
        }
    }

    /// <returns>Bytes of the length itself, 0 when there is none that can be read (partial lengths are for data, not for keys).</returns>
    private static (int Header, long Size) NewLength(ReadOnlySpan<byte> at) => at switch
    {
        [< 192 and var one, ..] => (1, one),
        [< 224 and var high, var low, ..] => (2, ((high - 192) << 8) + low + 192),
        [255, _, _, _, _, ..] => (5, BinaryPrimitives.ReadUInt32BigEndian(at[1..])),
        _ => (0, 0),
    };

    private static (int Header, long Size) OldLength(ReadOnlySpan<byte> at, int kind) => kind switch
    {
        0 when at.Length >= 1 => (1, at[0]),
        1 when at.Length >= 2 => (2, BinaryPrimitives.ReadUInt16BigEndian(at)),
        2 when at.Length >= 4 => (4, BinaryPrimitives.ReadUInt32BigEndian(at)),
        _ => (0, 0),
    };
}
