using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Oracles.Trust;

/// <summary>RPMs that rpmbuild made and rpmsign signed, and headers signed by gpg, judged with gpgv.</summary>
public sealed class RpmSignatureTests : IDisposable
{
    private const string User = "Builder <builder@example.org>";
    private readonly SigningKeys _keys = new();

    [Theory]
    [InlineData("rsa2048")]
    [InlineData("ed25519")]
    public async Task What_rpmsign_signed_is_signed_by_its_key(string algorithm)
    {
        _keys.Make(User, algorithm);
        string package = Build("one");
        Assert.Equal(SignatureKind.Unsigned, (await JudgeAsync(package)).Kind);
        _keys.RpmSign(User, package);

        SignatureVerdict verdict = await JudgeAsync(package);
        Assert.Equal((SignatureKind.Good, User), (verdict.Kind, verdict.UserId));
        Assert.Matches("^signed by Builder <builder@example.org> \\(key [0-9A-F]{16} of .*/keys/Builder.asc\\)$", verdict.Text);
        // rpm's own word for it.
        _keys.Tools.Shell("mkdir -p db && rpm --dbpath $PWD/db --import keys/Builder.asc");
        Assert.Contains($"key ID {verdict.KeyId[^8..].ToLowerInvariant()}: OK", _keys.Tools.Shell($"rpm --dbpath $PWD/db -Kv {package}"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_signature_of_another_package_is_bad()
    {
        _keys.Make(User);
        string one = Build("one"), two = Build("two");
        _keys.RpmSign(User, one);

        SignatureVerdict verdict = await SplicedAsync(two, one);
        Assert.Equal(SignatureKind.Bad, verdict.Kind);
    }

    [Fact]
    public async Task Koji_s_signature_file_proves_the_unsigned_copy()
    {
        _keys.Make(User);
        string package = Build("one");
        File.Copy(package, package + ".unsigned");
        _keys.RpmSign(User, package);

        Assert.Equal(SignatureKind.Unsigned, (await JudgeAsync(package + ".unsigned")).Kind);
        Assert.Equal(SignatureKind.Good, (await SplicedAsync(package + ".unsigned", package)).Kind);
    }

    [Fact]
    public async Task A_key_that_this_machine_does_not_have_is_named()
    {
        _keys.Make("Known <k@example.org>");
        _keys.Make(User, isKnownHere: false);
        string package = Build("one");
        _keys.RpmSign(User, package);

        SignatureVerdict verdict = await JudgeAsync(package);
        Assert.Equal(SignatureKind.UnknownKey, verdict.Kind);
        Assert.Matches("^signed with key [0-9A-F]{16}, which is in none of ", verdict.Text);
    }

    [Fact]
    public async Task An_expired_key_s_signature_is_doubtful()
    {
        _keys.Make(User, expires: "1d", at: "20200101T000000");
        SignatureVerdict verdict = await JudgeAsync(header => _keys.Sign(User, header, at: "20200101T010000"));
        Assert.Equal(SignatureKind.Doubtful, verdict.Kind);
        Assert.Contains("has expired", verdict.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_over_SHA1_is_doubtful()
    {
        _keys.Make(User);
        Assert.Equal(SignatureKind.Good, (await JudgeAsync(header => _keys.Sign(User, header))).Kind);
        SignatureVerdict verdict = await JudgeAsync(header => _keys.Sign(User, header, digest: "SHA1"));
        Assert.Equal(SignatureKind.Doubtful, verdict.Kind);
    }

    [Fact]
    public async Task A_header_changed_after_it_was_signed_is_bad_even_with_all_its_digests_made_anew()
    {
        _keys.Make(User);
        byte[] signature = [];
        await JudgeAsync(header => signature = _keys.Sign(User, header));
        SignatureVerdict verdict = await JudgeAsync(_ => signature, new RpmBuilder { Version = "6.13.6", Sign = _ => signature });
        Assert.Equal(SignatureKind.Bad, verdict.Kind);
    }

    [Fact]
    public async Task A_signature_as_rpm_6_stores_it_is_read_too()
    {
        _keys.Make(User);
        Assert.Equal(SignatureKind.Good, (await JudgeAsync(null!, new RpmBuilder { SignsAsRpm6 = true, Sign = header => _keys.Sign(User, header) })).Kind);
    }

    private string Build(string name)
    {
        _keys.Tools.Shell($"""
            printf 'Name: {name}\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%%description\nx\n%%install\nmkdir -p %%buildroot/usr/lib\necho {name} > %%buildroot/usr/lib/{name}\n%%files\n/usr/lib/{name}\n' | sed 's/%buildroot/%\x7bbuildroot\x7d/' > {name}.spec
            rpmbuild --quiet --define "_topdir $PWD/rpm" -bb {name}.spec
            """);
        return _keys.Tools.PathOf($"rpm/RPMS/noarch/{name}-1-1.noarch.rpm");
    }

    private async Task<SignatureVerdict> JudgeAsync(string package)
    {
        using FileStream file = File.OpenRead(package);
        return await new RpmTrust(_keys.Places).JudgeAsync(RpmPackage.Read(file, "a.rpm"), CancellationToken.None);
    }

    private async Task<SignatureVerdict> JudgeAsync(Func<byte[], byte[]> sign, RpmBuilder? builder = null)
    {
        using var file = new MemoryStream((builder ?? new RpmBuilder { Sign = sign }).Build());
        return await new RpmTrust(_keys.Places).JudgeAsync(RpmPackage.Read(file, "a.rpm"), CancellationToken.None);
    }

    /// <summary>The package judged by the signature header of another, in koji's file.</summary>
    private async Task<SignatureVerdict> SplicedAsync(string package, string signed)
    {
        using FileStream file = File.OpenRead(package), other = File.OpenRead(signed);
        byte[] blob = [.. RpmPackage.Read(other, "signed").Signature.Bytes, 0, 0, 0, 0];
        return await new RpmTrust(_keys.Places).JudgeAsync(RpmPackage.Read(file, "a.rpm"), blob, "a.rpm.sig", CancellationToken.None);
    }

    public void Dispose() => _keys.Dispose();
}
