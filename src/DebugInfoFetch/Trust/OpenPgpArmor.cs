using System.Buffers.Text;
using System.Text;

namespace DebugInfoFetch.Trust;

/// <summary>ASCII armour (RFC 9580 §6): base64 between lines, as distributions publish their keys. gpgv reads the bytes inside only.</summary>
public static class OpenPgpArmor
{
    private const string Begin = "-----BEGIN PGP ";
    private const string End = "-----END PGP ";

    /// <summary>The bytes inside all of a text's armoured blocks; the bytes as they are when there is none. Null when a block is damaged.</summary>
    public static byte[]? Remove(byte[] file)
    {
        // A binary key begins with a packet tag, whose highest bit is set.
        if (file.Length > 0 && file[0] >= 0x80) { return file; }
        var all = new MemoryStream();
        bool isInside = false, isHeader = false, hasBlock = false;
        var base64 = new StringBuilder();
        byte[]? checksum = null;
        foreach (string raw in Encoding.ASCII.GetString(file).Split('\n'))
        {
            string line = raw.Trim();
            if (!isInside)
            {
                isInside = isHeader = line.StartsWith(Begin, StringComparison.Ordinal);
                base64.Clear();
                checksum = null;
            }
            else if (line.StartsWith(End, StringComparison.Ordinal))
            {
                if (Decode(base64.ToString()) is not { } bytes || (checksum is not null && !checksum.AsSpan().SequenceEqual(Crc24(bytes)))) { return null; }
                all.Write(bytes);
                hasBlock = true;
                isInside = false;
            }
            else if (isHeader) { isHeader = line.Length > 0; }
            else if (line.StartsWith('=') && line.Length == 5) { checksum = Decode(line[1..]); }
            else { base64.Append(line); }
        }

        return isInside ? null : hasBlock ? all.ToArray() : file;
    }

    /// <summary>Base64; null when it is none.</summary>
    public static byte[]? Decode(string base64)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(base64);
        return Base64.DecodeFromUtf8InPlace(bytes, out int written) == System.Buffers.OperationStatus.Done ? bytes[..written] : null;
    }

    // RFC 9580 §6.1.1.
    private static byte[] Crc24(byte[] bytes)
    {
        int crc = 0xB704CE;
        foreach (byte b in bytes)
        {
            crc ^= b << 16;
            for (int bit = 0; bit < 8; bit++)
            {
                crc <<= 1;
                if ((crc & 0x1000000) != 0) { crc ^= 0x1864CFB; }
            }
        }

        return [(byte)(crc >> 16), (byte)(crc >> 8), (byte)crc];
    }
}
