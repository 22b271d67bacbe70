using System.Security.Cryptography;
using System.Text;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Tests.Trust;

public class OpenPgpPacketsTests
{
    /// <summary>A version 4 public key packet: creation time, algorithm, and some material.</summary>
    internal static readonly byte[] KeyBody = [4, 1, 2, 3, 4, 1, .. Enumerable.Range(0, 300).Select(i => (byte)i)];

    /// <summary>In an old-format packet with a length of two bytes, as gpg exports keys.</summary>
    internal static readonly byte[] Key = [0x99, (byte)(KeyBody.Length >> 8), unchecked((byte)KeyBody.Length), .. KeyBody];

#pragma warning disable CA5350 // What a version 4 fingerprint is.
    internal static readonly string KeyId = Convert.ToHexString(SHA1.HashData(Key).AsSpan(12));
#pragma warning restore CA5350

    /// <summary>A version 4 signature with one unhashed subpacket.</summary>
    internal static byte[] Signature4(byte[] subpacket)
    {
        byte[] body = [4, 0, 1, 8, 0, 0, 0, (byte)(subpacket.Length + 1), (byte)subpacket.Length, .. subpacket, 0xAB, 0xCD];
        return [0xC2, (byte)body.Length, .. body];
    }

    internal static string Armoured(byte[] bytes, string checksum = "")
        => $"Fedora (41)\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: GnuPG\n\n{Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)}\n{checksum}-----END PGP PUBLIC KEY BLOCK-----\n";

    [Fact]
    public void A_key_file_tells_its_keys_and_subkeys()
    {
        byte[] user = [0xB4, 3, .. "A B"u8], subkey = [0xCE, 0xC0, unchecked((byte)(KeyBody.Length - 192)), .. KeyBody];
        Assert.Equal([KeyId, KeyId], OpenPgpPackets.KeyIds([.. Key, .. user, .. subkey]));
    }

    [Fact]
    public void A_damaged_key_file_tells_what_comes_before_the_damage()
    {
        Assert.Equal([KeyId], OpenPgpPackets.KeyIds([.. Key, 0x99, 0xFF, 0xFF, 4]));
        Assert.Empty(OpenPgpPackets.KeyIds(Key[..100]));
        Assert.Empty(OpenPgpPackets.KeyIds("<html>"u8.ToArray()));
        Assert.Empty(OpenPgpPackets.KeyIds([0x99, 0, 0]));
    }

    [Fact]
    public void A_signature_tells_its_issuer_by_fingerprint_by_key_ID_or_as_version_3_does()
    {
        byte[] id = [1, 2, 3, 4, 5, 6, 7, 8];
        Assert.Equal("0102030405060708", OpenPgpPackets.IssuerOf(Signature4([33, 4, .. new byte[12], .. id])));
        Assert.Equal("0102030405060708", OpenPgpPackets.IssuerOf(Signature4([16, .. id])));
        byte[] old = [3, 5, 0, 0, 0, 0, 0, .. id, 1, 8, 0, 0];
        Assert.Equal("0102030405060708", OpenPgpPackets.IssuerOf([0x88, (byte)old.Length, .. old]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2")]
    [InlineData("c20504000108")]
    [InlineData("c20a0400010800ffffff0000")]
    [InlineData("c20a04000108000000040310")]
    [InlineData("990100")]
    [InlineData("c2020600")]
    public void What_names_nobody_has_no_issuer(string hex) => Assert.Null(OpenPgpPackets.IssuerOf(Convert.FromHexString(hex)));

    [Fact]
    public void Armour_comes_off_with_its_checksum_looked_at()
    {
        byte[] bytes = "123456789"u8.ToArray();
        // CRC-24/OPENPGP of "123456789" is 21cf02.
        string good = $"={Convert.ToBase64String([0x21, 0xCF, 0x02])}\n";
        Assert.Equal(bytes, OpenPgpArmor.Remove(Encoding.ASCII.GetBytes(Armoured(bytes, good))));
        Assert.Equal(bytes, OpenPgpArmor.Remove(Encoding.ASCII.GetBytes(Armoured(bytes).Replace("\n", "\r\n", StringComparison.Ordinal))));
        Assert.Null(OpenPgpArmor.Remove(Encoding.ASCII.GetBytes(Armoured(bytes, "=AAAA\n"))));
        Assert.Null(OpenPgpArmor.Remove(Encoding.ASCII.GetBytes(Armoured(bytes)[..^60])));
    }

    [Fact]
    public void Several_armoured_keys_in_one_file_are_all_taken_and_binary_ones_as_they_are()
    {
        Assert.Equal([KeyId, KeyId], OpenPgpPackets.KeyIds(OpenPgpArmor.Remove(Encoding.ASCII.GetBytes(Armoured(Key) + Armoured(Key)))!));
        Assert.Same(Key, OpenPgpArmor.Remove(Key));
    }
}
