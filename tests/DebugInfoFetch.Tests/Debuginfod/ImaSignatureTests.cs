using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Debuginfod;

/// <summary>Signatures in the header that elfutils' server hands on, made here with keys of the test's own (evmctl's layout).</summary>
public class ImaSignatureTests : DebuginfodTestBase
{
    private readonly ScratchFolder _certificates = new();
    private readonly RSA _key = RSA.Create(2048);

    [Fact]
    public async Task Enforcing_takes_what_a_certificate_of_this_machine_confirms_and_says_whose_it_is()
    {
        X509Certificate2 certificate = Certify(_key, "Test Distribution IMA");
        Serve(Sign(_key, certificate, Vmlinux));

        var found = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(Enforcing));
        Assert.Matches("IMA signature of key [0-9a-f]{8} \\(Test Distribution IMA\\)", found.Verification);
    }

    [Fact]
    public async Task An_ECDSA_signature_is_as_good()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 certificate = Save(new CertificateRequest("CN=EC", key, HashAlgorithmName.SHA256));
        byte[] signature = key.SignData(Vmlinux, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Serve(Wrap(signature, certificate));

        Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(Enforcing));
    }

    [Fact]
    public async Task Enforcing_refuses_a_signature_over_another_file()
    {
        Serve(Sign(_key, Certify(_key, "Test"), [1, 2, 3]));
        await AssertFailedAsync(Enforcing, OutcomeKind.Refused, "does not fit the file; not taken", 1);
    }

    [Fact]
    public async Task Enforcing_refuses_a_key_that_this_machine_does_not_know()
    {
        using RSA other = RSA.Create(2048);
        Certify(_key, "Test");
        Serve(Sign(other, Make(new CertificateRequest("CN=Other", other, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), Vmlinux));
        await AssertFailedAsync(Enforcing, OutcomeKind.Refused, "no certificate for IMA key", 1);
    }

    [Theory]
    [InlineData(null, "the server sent no IMA signature")]
    [InlineData("0302", "cannot be read")]
    [InlineData("zz", "cannot be read")]
    [InlineData("0302020102030400040a0b0c0d", "cannot be read")]
    public async Task Enforcing_refuses_what_is_not_signed(string? header, string answer)
    {
        Serve(header);
        await AssertFailedAsync(Enforcing, OutcomeKind.Refused, answer, 1);
    }

    [Fact]
    public async Task Enforcing_does_not_ask_for_a_section_which_no_signature_covers()
    {
        var failed = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(Enforcing, DebuginfodArtifact.Section(".debug_info")));
        Assert.Contains("signatures are over whole files", Assert.Single(failed.Outcomes).Answer, StringComparison.Ordinal);
        Assert.Empty(Server.Requests);
    }

    [Fact]
    public async Task Permissive_takes_it_and_tells_and_ignore_does_not_look()
    {
        Serve("zz");
        Assert.Contains("cannot be read", Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(With(ImaPolicy.Permissive))).Verification, StringComparison.Ordinal);
        File.Delete(Cache.PathOf(Id, DebuginfodArtifact.Debuginfo));
        Assert.DoesNotContain("IMA", Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(With(ImaPolicy.Ignore))).Verification, StringComparison.Ordinal);
    }

    private DebuginfodSettings Enforcing => With(ImaPolicy.Enforcing);

    private DebuginfodSettings With(ImaPolicy policy) => new()
    {
        Servers = [new DebuginfodServer(Server.At("/"), policy)],
        CertificateFolders = ["/nonexistent", _certificates.Path],
    };

    private void Serve(string? signature)
        => Server.Serve(Path, Good with { Headers = signature is null ? [] : [new("X-DEBUGINFOD-IMASIGNATURE", signature)] });

    private X509Certificate2 Certify(RSA key, string name) => Save(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    private X509Certificate2 Save(CertificateRequest request)
    {
        X509Certificate2 certificate = Make(request);
        File.WriteAllText(_certificates["broken.der"], "no certificate");
        File.WriteAllBytes(_certificates["test.der"], certificate.RawData);
        return certificate;
    }

    private static X509Certificate2 Make(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static string Sign(RSA key, X509Certificate2 certificate, byte[] file)
        => Wrap(key.SignData(file, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), certificate);

    // 03, signature_v2_hdr: 02, PKEY_HASH_SHA256, key ID, length (both big-endian), signature.
    private static string Wrap(byte[] signature, X509Certificate2 certificate)
    {
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)signature.Length);
        ReadOnlyMemory<byte> id = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes;
        return Convert.ToHexStringLower([3, 2, 4, .. id.Span[^4..], .. length, .. signature]);
    }
}
