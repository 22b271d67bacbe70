using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Oracles;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Oracles.Trust;

/// <summary>The program with packages that gpg signed: whole, a part of one, and quick mode's, with <c>--require-signature</c>.</summary>
public sealed class SignedFetchTests : IDisposable
{
    private const string User = "Builder <builder@example.org>", Release = FedoraPackage.Release;
    private const int Untrusted = 6, BadInput = 4;

    private readonly SigningKeys _keys = new();
    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _server = new();

    public SignedFetchTests() => _keys.Make(User);

    [Theory]
    [InlineData("whole")]
    [InlineData("part")]
    [InlineData("quick")]
    public void What_the_distribution_signed_is_taken_where_a_signature_is_required_and_nothing_else_is(string way)
    {
        string[] options = way switch { "part" => ["--module", "btrfs"], "quick" => ["--quick"], _ => [] };
        byte[] signed = Package(way, () => new RpmBuilder { Sign = header => _keys.Sign(User, header) });
        Serve(Package(way, () => new RpmBuilder()));
        Assert.Equal(Untrusted, Fetch([.. options, "--require-signature"]).ExitCode);
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories));

        // Without the option it is taken, told, and does not do later.
        Assert.Equal("unsigned", SignatureOf(Fetch([.. options, "--json"]).OrThrow()));
        Assert.Equal(Untrusted, Fetch([.. options, "--require-signature"]).ExitCode);

        Serve(signed);
        ToolResult fetch = Fetch([.. options, "--require-signature", "--json"]).OrThrow();
        Assert.Equal("good", SignatureOf(fetch));
        Assert.Contains($"signed by {User} (key ", fetch.Error, StringComparison.Ordinal);
        ToolResult info = DbgfetchProgram.Run(["info", "--kernel", Release, "--cache", _folder["cache"], "--json"]).OrThrow();
        Assert.Equal("good", SignatureOf(info));

        // Changed within what is wanted of it: the module btrfs, for a part.
        signed[(int)(signed.Length * 0.3)] ^= 1;
        Serve(signed);
        Assert.Equal(BadInput, Fetch([.. options, "--require-signature", "--refresh"]).ExitCode);
        Assert.Equal("good", SignatureOf(DbgfetchProgram.Run(["info", "--kernel", Release, "--cache", _folder["cache"], "--json"]).OrThrow()));
    }

    [Fact]
    public void Arch_s_package_is_signed_beside_it()
    {
        const string Arch = "6.14.2-arch1-1", Path = "/packages/l/linux/linux-6.14.2.arch1-1-x86_64.pkg.tar.zst";
        byte[] package = PacmanPackage.Kernel(Arch, new QuickKernel().BootImage());
        byte[] signature = _keys.Sign(User, package);
        string[] options = ["--require-signature", "--json", "--base-url", _server.BaseUrl];
        ToolResult FetchArch() => DbgfetchProgram.Run(["fetch", "--kernel", Arch, "--cache", _folder["cache"], .. options],
            new Dictionary<string, string> { ["DBGFETCH_KEYRINGS"] = _keys.Tools.PathOf("keys") });

        _server.Serve(Path, LoopbackResponse.Bytes(package));
        Assert.Equal(Untrusted, FetchArch().ExitCode);
        _server.Serve(Path + ".sig", LoopbackResponse.Bytes(signature));
        Assert.Equal("good", SignatureOf(FetchArch().OrThrow()));

        package[^20] ^= 1;
        options = [.. options, "--refresh"];
        ToolResult changed = FetchArch();
        Assert.Equal(BadInput, changed.ExitCode);
        Assert.Contains("does not fit: changed after it was signed", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_without_a_signature_is_proved_by_its_repository_s_signed_index()
    {
        const string Alma = "5.14.0-570.12.1.el9_6.x86_64", Tree = "/almalinux/9/BaseOS/debug/x86_64", Path = "Packages/other.rpm";
        byte[] package = SmallPackage.Rpm(Alma, () => new RpmBuilder { Version = "5.14.0", Release = "570.12.1.el9_6" });
        byte[] primary = RepositoryFiles.Gzip(RepositoryFiles.Primary(RepositoryFiles.Package(
            "kernel-debuginfo", "5.14.0", "570.12.1.el9_6", "x86_64", Path, Convert.ToHexStringLower(SHA256.HashData(package)), package.Length)));
        byte[] index = Encoding.UTF8.GetBytes(RepositoryFiles.Index("repodata/primary.xml.gz", primary));
        string signature = $"-----BEGIN PGP SIGNATURE-----\n\n{Convert.ToBase64String(_keys.Sign(User, index))}\n-----END PGP SIGNATURE-----\n";
        _server.Serve($"{Tree}/{Path}", LoopbackResponse.Bytes(package)).Serve($"{Tree}/repodata/primary.xml.gz", LoopbackResponse.Bytes(primary))
            .Serve($"{Tree}/repodata/repomd.xml", LoopbackResponse.Bytes(index));
        ToolResult FetchAlma() => DbgfetchProgram.Run(
            ["fetch", "--kernel", Alma, "--distro", "alma", "--base-url", _server.BaseUrl, "--cache", _folder["cache"], "--require-signature", "--refresh", "--json"],
            new Dictionary<string, string> { ["DBGFETCH_KEYRINGS"] = _keys.Tools.PathOf("keys") });

        ToolResult unsigned = FetchAlma();
        Assert.Equal(Untrusted, unsigned.ExitCode);
        Assert.Contains("other.rpm: not signed (repomd.xml.asc: 404 Not Found); --require-signature", unsigned.Error, StringComparison.Ordinal);
        _server.ServeText($"{Tree}/repodata/repomd.xml.asc", signature);
        ToolResult signed = FetchAlma().OrThrow();
        Assert.Equal("good", SignatureOf(signed));
        Assert.Contains($"repository signed by {User} ", signed.Error, StringComparison.Ordinal);

        // An index that is not the one that was signed.
        _server.Serve($"{Tree}/repodata/repomd.xml", LoopbackResponse.Bytes([.. index, (byte)'\n']));
        ToolResult changed = FetchAlma();
        Assert.Equal(BadInput, changed.ExitCode);
        Assert.Contains("repomd.xml.asc: the signature by", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Debian_s_archive_is_asked_for_its_signature_where_apt_has_none_of_it()
    {
        const string Debian = "6.12.9+deb12-amd64", Suite = "/debian/dists/bookworm", Path = "pool/main/l/linux/linux-image-dbg.deb", Name = "main/binary-amd64/Packages.xz";
        byte[] package = new DebBuilder().File($"usr/lib/debug/boot/vmlinux-{Debian}", SmallPackage.Vmlinux()).Build();
        string digest = Convert.ToHexStringLower(SHA256.HashData(package));
        string stanza = $"Package: linux-image-{Debian}-dbg\nVersion: 6.12.9-1\nArchitecture: amd64\nFilename: {Path}\nSize: {package.Length}\nSHA256: {digest}\n\n";
        byte[] index = Compressors.XzSingleBlock(Encoding.UTF8.GetBytes(stanza), Compressors.CheckCrc64);
        byte[] InRelease(byte[] of) => _keys.SignText(User, $"Suite: bookworm\nSHA256:\n {Convert.ToHexStringLower(SHA256.HashData(of))} {of.Length} {Name}\n");
        _server.Serve($"/debian/{Path}", LoopbackResponse.Bytes(package)).Serve($"{Suite}/{Name}", LoopbackResponse.Bytes(index));
        ToolResult FetchDebian() => DbgfetchProgram.Run(
            ["fetch", "--kernel", Debian, "--base-url", _server.BaseUrl, "--cache", _folder["cache"], "--require-signature", "--refresh", "--json"],
            new Dictionary<string, string> { ["DBGFETCH_KEYRINGS"] = _keys.Tools.PathOf("keys") });

        Assert.Equal(Untrusted, FetchDebian().ExitCode);
        _server.Serve($"{Suite}/InRelease", LoopbackResponse.Bytes(InRelease(index)));
        ToolResult signed = FetchDebian().OrThrow();
        Assert.Equal("good", SignatureOf(signed));
        Assert.Contains($"archive signed by {User} ", signed.Error, StringComparison.Ordinal);

        // An index that is not the one that was signed.
        _server.Serve($"{Suite}/InRelease", LoopbackResponse.Bytes(InRelease([1, 2, 3])));
        ToolResult changed = FetchDebian();
        Assert.Equal(BadInput, changed.ExitCode);
        Assert.Contains($"InRelease: {Name} is not the one that it has signed", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_was_changed_after_it_was_signed_is_refused_whatever_is_required()
    {
        byte[] signature = [];
        Package("whole", () => new RpmBuilder { Sign = header => signature = _keys.Sign(User, header) });
        Serve(Package("whole", () => new RpmBuilder { Version = "6.13.6", Sign = _ => signature }));
        ToolResult fetch = Fetch([]);
        Assert.Equal(BadInput, fetch.ExitCode);
        Assert.Contains("does not fit: changed after it was signed; do not use it", fetch.Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
        _keys.Dispose();
    }

    private static byte[] Package(string way, Func<RpmBuilder> builder) => way == "quick"
        ? builder().File($"/lib/modules/{Release}/vmlinuz", new QuickKernel().BootImage()).Build()
        : SmallPackage.Rpm(Release, builder);

    private void Serve(byte[] package) => _server.Serve("/a.rpm", LoopbackResponse.Bytes(package) with { ETag = $"\"{Guid.NewGuid()}\"" });

    private ToolResult Fetch(string[] options) => DbgfetchProgram.Run(
        ["fetch", "--kernel", Release, "--package", $"{_server.BaseUrl}/a.rpm", "--cache", _folder["cache"], .. options],
        new Dictionary<string, string> { ["DBGFETCH_KEYRINGS"] = _keys.Tools.PathOf("keys") });

    private static string? SignatureOf(ToolResult result)
    {
        using JsonDocument json = JsonDocument.Parse(result.Output);
        return json.RootElement.GetProperty("sources").EnumerateArray().Single().GetProperty("signature").GetString();
    }
}
