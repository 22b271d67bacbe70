using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DebugInfoFetch.Releases;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Tests.Trust;

/// <summary>From a deb's digest to the signature over its archive, on lists made here; gpgv is a script that takes what it is told for signed.</summary>
public sealed class DebianTrustTests : IDisposable
{
    private const string Prefix = "deb.example_debian_dists_trixie";
    private static readonly string Deb = new('a', 64);
    private readonly ScratchFolder _folder = new();
    // More than one read: the digest may lie anywhere in it.
    private readonly string _packages = string.Concat(Enumerable.Repeat("Package: other\nSHA256: 00\n\n", 60_000)) + $"Package: p\nSHA256: {Deb}\nSize: 1\n";

    public DebianTrustTests()
    {
        Directory.CreateDirectory(_folder["lists"]);
        File.WriteAllBytes(_folder["keys"], [0x99, 0, 1, 4]);
        File.WriteAllText(_folder[$"lists/{Prefix}_main_binary-amd64_Packages"], _packages);
        WriteRelease($" {Sha256(_packages)} {_packages.Length} main/binary-amd64/Packages\n");
    }

    [Fact]
    public async Task A_digest_that_a_signed_index_names_is_signed_by_the_archive()
    {
        SignatureVerdict verdict = await JudgeAsync(Deb);
        Assert.Equal(SignatureKind.Good, verdict.Kind);
        Assert.Equal("archive signed by Archive Key (key 0123456789ABCDEF): InRelease, main/binary-amd64/Packages, SHA-256 of the package", verdict.Text);
    }

    [Fact]
    public async Task A_compressed_index_is_the_same_index()
    {
        File.Delete(_folder[$"lists/{Prefix}_main_binary-amd64_Packages"]);
        using (var gzip = new GZipStream(File.Create(_folder[$"lists/{Prefix}_main_binary-amd64_Packages.gz"]), CompressionLevel.Fastest)) { gzip.Write(Encoding.ASCII.GetBytes(_packages)); }
        Assert.True((await JudgeAsync(Deb)).IsGood);
    }

    [Fact]
    public async Task A_digest_that_no_index_names_is_unsigned()
        => Assert.Equal(SignatureKind.Unsigned, (await JudgeAsync(new string('b', 64))).Kind);

    [Fact]
    public async Task An_index_that_the_release_has_not_signed_is_bad()
    {
        File.AppendAllText(_folder[$"lists/{Prefix}_main_binary-amd64_Packages"], "\nPackage: evil\nSHA256: " + new string('c', 64) + "\n");
        SignatureVerdict verdict = await JudgeAsync(new string('c', 64));
        Assert.Equal(SignatureKind.Bad, verdict.Kind);
        Assert.Contains("is not the one that it has signed; apt-get update", verdict.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MD5Sum:\n HASH 5 main/binary-amd64/Packages\n")]
    [InlineData("SHA256:\n HASH 5 contrib/binary-amd64/Packages\n")]
    [InlineData("SHA256:\nSHA1:\n HASH 5 main/binary-amd64/Packages\n")]
    public async Task Only_the_index_s_own_SHA256_line_counts(string release)
    {
        File.WriteAllText(_folder[$"lists/{Prefix}_InRelease"], release.Replace("HASH", Sha256(_packages), StringComparison.Ordinal));
        Assert.Equal(SignatureKind.Bad, (await JudgeAsync(Deb)).Kind);
    }

    [Fact]
    public async Task A_release_whose_signature_is_not_good_proves_nothing()
    {
        Assert.Equal(SignatureKind.UnknownKey, (await JudgeAsync(Deb, "NO_PUBKEY 0123456789ABCDEF")).Kind);
        Assert.Equal(SignatureKind.Bad, (await JudgeAsync(Deb, "BADSIG 0123456789ABCDEF A")).Kind);
    }

    [Fact]
    public async Task Without_lists_or_keys_that_is_said()
    {
        File.Delete(_folder["keys"]);
        Assert.Equal(SignatureKind.UnknownKey, (await JudgeAsync(Deb)).Kind);
        Directory.Delete(_folder["lists"], recursive: true);
        Assert.Equal(SignatureKind.Unsigned, (await JudgeAsync(Deb)).Kind);
    }

    private void WriteRelease(string index) => File.WriteAllText(_folder[$"lists/{Prefix}_InRelease"], $"Suite: stable\nMD5Sum:\n 00 5 main/binary-amd64/Packages\nSHA256:\n{index}Acquire-By-Hash: yes\n");

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private Task<SignatureVerdict> JudgeAsync(string sha256, string status = "GOODSIG 0123456789ABCDEF Archive Key")
    {
        // --homedir D --status-fd 1 --keyring K --output O FILE
        string script = _folder["gpgv"];
        File.WriteAllText(script, $"#!/bin/sh\necho '[GNUPG:] {status}'\necho '[GNUPG:] VALIDSIG 0 2026-07-11 1 0 4 0 1 8 01 0'\ncp \"$9\" \"$8\"\n");
        if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite); }
        var keys = new KeyPlaces(Distribution.Debian, _ => _folder["keys"], _folder["nowhere"]);
        return new DebianTrust(keys, new Gpgv(script), _folder["lists"]).JudgeAsync(sha256, CancellationToken.None);
    }

    public void Dispose() => _folder.Dispose();
}
