using System.Security.Cryptography;
using System.Text;
using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.Releases;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Tests.Trust;

/// <summary>What gpgv's status lines mean; gpgv itself, with keys made for the purpose, is in the oracles.</summary>
public sealed class GpgvTests : IDisposable
{
    private const string Id = "0123456789ABCDEF";
    private const string Valid = $"VALIDSIG 00000000{Id} 2026-07-11 1783765031 0 4 0 1 8 01 {Id}";
    private readonly ScratchFolder _folder = new();

    [Theory]
    [InlineData(SignatureKind.Good, "signed by A <a@b> (key 0123456789ABCDEF of /keys/a)", $"GOODSIG {Id} A <a@b>", Valid)]
    [InlineData(SignatureKind.Doubtful, "has expired", $"EXPKEYSIG {Id} A <a@b>", Valid)]
    [InlineData(SignatureKind.Doubtful, "has expired", $"EXPSIG {Id} A <a@b>", Valid)]
    [InlineData(SignatureKind.Doubtful, "was revoked", $"REVKEYSIG {Id} A <a@b>", Valid)]
    [InlineData(SignatureKind.Doubtful, "broken digest", $"GOODSIG {Id} A", $"VALIDSIG 0 2026-07-11 1 0 4 0 1 2 01 0")]
    [InlineData(SignatureKind.Bad, "does not fit", $"BADSIG {Id} A <a@b>")]
    [InlineData(SignatureKind.Bad, "does not fit", $"GOODSIG {Id} A", Valid, $"BADSIG {Id} B")]
    [InlineData(SignatureKind.Good, "signed by A", $"NO_PUBKEY 1111111111111111", $"GOODSIG {Id} A", Valid)]
    [InlineData(SignatureKind.UnknownKey, "key 1111111111111111, which is not among", "ERRSIG 1111111111111111 1 8 01 1 9 -", "NO_PUBKEY 1111111111111111")]
    // Without VALIDSIG nothing is proven.
    [InlineData(SignatureKind.NotChecked, "cannot read", $"GOODSIG {Id} A")]
    [InlineData(SignatureKind.NotChecked, "cannot read", "NODATA 4")]
    [InlineData(SignatureKind.NotChecked, "cannot read")]
    public async Task Status_lines_decide(SignatureKind kind, string text, params string[] lines)
    {
        SignatureVerdict verdict = await Fake(lines).VerifyAsync(new KeyFile("/keys/a", [0x99]), [1], new byte[] { 2 }, CancellationToken.None);
        Assert.Equal(kind, verdict.Kind);
        Assert.Contains(text, verdict.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_s_name_cannot_forge_a_line_of_ours()
    {
        SignatureVerdict verdict = await Fake($"GOODSIG {Id} A\u001b[31m\u0007B", Valid).VerifyAsync(new KeyFile("/k", []), [1], new byte[] { 2 }, CancellationToken.None);
        Assert.Equal("A[31mB", verdict.UserId);
    }

    [Fact]
    public async Task Without_gpgv_nothing_is_checked_and_the_package_that_has_it_is_named()
    {
        SignatureVerdict verdict = await new Gpgv(_folder["none"]).VerifyAsync(new KeyFile("/k", []), [1], new byte[] { 2 }, CancellationToken.None);
        Assert.Equal(new SignatureVerdict(SignatureKind.NotChecked, "gpgv is not on this machine (Debian: gpgv, Fedora: gnupg2)"), verdict);
    }

    [Fact]
    public async Task Only_the_text_that_is_signed_is_handed_on_and_only_when_the_signature_is_good()
    {
        byte[] text = Encoding.ASCII.GetBytes("signed and more");
        Assert.Equal("inside", (await Fake([$"GOODSIG {Id} A", Valid], output: "inside").VerifyTextAsync([new("/k", [0x99])], text, CancellationToken.None)).Signed);
        Assert.Null((await Fake([$"BADSIG {Id} A"], output: "inside").VerifyTextAsync([new("/k", [0x99])], text, CancellationToken.None)).Signed);
        Assert.Null((await Fake([$"EXPKEYSIG {Id} A", Valid], output: "inside").VerifyTextAsync([new("/k", [0x99])], text, CancellationToken.None)).Signed);
    }

    [Fact]
    public async Task An_RPM_without_a_signature_is_unsigned_and_one_signed_the_old_way_is_not_checked()
    {
        Assert.Equal((SignatureKind.Unsigned, "not signed"), await JudgeAsync(new RpmBuilder()));
        Assert.Equal(SignatureKind.NotChecked, (await JudgeAsync(new RpmBuilder { IsSigned = true })).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_key_that_a_signature_names_is_looked_for_and_its_file_given_to_gpgv(bool asRpm6)
    {
        byte[] signature = OpenPgpPacketsTests.Signature4([33, 4, .. new byte[12], .. Convert.FromHexString(OpenPgpPacketsTests.KeyId)]);
        var rpm = new RpmBuilder { Sign = _ => signature, SignsAsRpm6 = asRpm6 };
        Assert.Equal((SignatureKind.UnknownKey, $"signed with key {OpenPgpPacketsTests.KeyId}, which is in none of {_folder["keys"]}"), await JudgeAsync(rpm));

        Directory.CreateDirectory(_folder["keys"]);
        File.WriteAllText(_folder["keys/one.asc"], OpenPgpPacketsTests.Armoured(OpenPgpPacketsTests.Key));
        (SignatureKind kind, string text) = await JudgeAsync(rpm, Fake($"GOODSIG {OpenPgpPacketsTests.KeyId} A", Valid));
        Assert.Equal((SignatureKind.Good, $"signed by A (key {OpenPgpPacketsTests.KeyId} of {_folder["keys/one.asc"]})"), (kind, text));
    }

    [Fact]
    public async Task A_packager_s_key_that_Arch_has_withdrawn_is_doubtful()
    {
        byte[] signature = OpenPgpPacketsTests.Signature4([33, 4, .. new byte[12], .. Convert.FromHexString(OpenPgpPacketsTests.KeyId)]);
        Directory.CreateDirectory(_folder["keys"]);
        File.WriteAllText(_folder["keys/archlinux.asc"], OpenPgpPacketsTests.Armoured(OpenPgpPacketsTests.Key));
        var keys = new KeyPlaces(Distribution.Arch, v => v == KeyPlaces.Variable ? _folder["keys"] : null, root: _folder["nowhere"]);
        Gpgv gpgv = Fake($"GOODSIG {OpenPgpPacketsTests.KeyId} A", Valid);
        Assert.Equal(SignatureKind.Good, (await new ArchTrust(keys, gpgv).JudgeAsync("/package", signature, CancellationToken.None)).Kind);

        File.WriteAllText(_folder["keys/archlinux-revoked"], Valid.Split(' ')[^1] + "\n");
        SignatureVerdict verdict = await new ArchTrust(keys, gpgv).JudgeAsync("/package", signature, CancellationToken.None);
        Assert.Equal(SignatureKind.Doubtful, verdict.Kind);
        Assert.EndsWith(", a key that Arch has withdrawn", verdict.Text, StringComparison.Ordinal);
    }

    private async Task<(SignatureKind Kind, string Text)> JudgeAsync(RpmBuilder builder, Gpgv? gpgv = null)
    {
        var keys = new KeyPlaces(Distribution.Fedora, v => v == KeyPlaces.Variable ? _folder["keys"] : null, root: _folder["nowhere"]);
        using var file = new MemoryStream(builder.Build());
        SignatureVerdict verdict = await new RpmTrust(keys, gpgv ?? new Gpgv(_folder["none"])).JudgeAsync(RpmPackage.Read(file, "a.rpm"), CancellationToken.None);
        return (verdict.Kind, verdict.Text.Split($", {_folder["nowhere"]}")[0]);
    }

    private Gpgv Fake(params string[] lines) => Fake(lines, null);

    /// <summary>A program that prints status lines, and writes what gpgv would have found signed.</summary>
    private Gpgv Fake(string[] lines, string? output)
    {
        string script = _folder["gpgv"];
        string status = string.Concat(lines.Select(l => $"[GNUPG:] {l}\n"));
        File.WriteAllText(_folder["status"], status);
        // --homedir D --status-fd 1 --keyring K --output O FILE
        File.WriteAllText(script, $"#!/bin/sh\ncat {_folder["status"]}\n{(output is null ? "" : $"printf {output} > \"$8\"\n")}");
        if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite); }
        return new Gpgv(script);
    }

    public void Dispose() => _folder.Dispose();
}
