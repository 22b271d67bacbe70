using DebugInfoFetch.Cache;
using DebugInfoFetch.Tests.Index;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Image;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Trust;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Tests;

/// <summary>What the pipeline makes of signatures: told, stored, refused. Whether they are good is gpgv's word, in the oracles.</summary>
public sealed class PackageTrustTests : IDisposable
{
    private const string Release = "6.13.5-200.fc41.x86_64";
    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _server = new();
    private readonly List<string> _notes = [];

    [Fact]
    public async Task That_a_package_is_not_signed_is_told_and_stored()
    {
        var ready = Assert.IsType<FetchOutcome.Ready>(await RunAsync(new RpmBuilder()));
        Assert.Equal(["a.rpm: not signed"], _notes);
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.StartsWith("not signed; no digest known beforehand; the transfer was not protected; SHA-256 of the main header", Assert.Single(cache.Kernel.Sources).Verification, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_by_a_key_that_is_not_here_names_the_key()
    {
        Assert.IsType<FetchOutcome.Ready>(await RunAsync(Signed()));
        Assert.StartsWith($"a.rpm: signed with key {OpenPgpPacketsTests.KeyId}, which is in none of ", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_an_RPM_is_judged_by_its_header_too()
    {
        Assert.IsType<FetchOutcome.Ready>(await RunAsync(Signed(), modules: "vmlinux"));
        Assert.Contains(_notes, n => n.StartsWith($"a.rpm: signed with key {OpenPgpPacketsTests.KeyId}, ", StringComparison.Ordinal));
        await Assert.ThrowsAsync<UntrustedPackageException>(() => RunAsync(Signed(), isRequired: true, modules: "vmlinux"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_a_signature_is_required_what_has_none_that_is_good_is_refused_and_leaves_nothing(bool isSigned)
    {
        var fault = await Assert.ThrowsAsync<UntrustedPackageException>(() => RunAsync(isSigned ? Signed() : new RpmBuilder(), isRequired: true));
        Assert.EndsWith("--require-signature takes only a good signature by a key of this machine", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*.sqlite"));
        Assert.DoesNotContain(Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories), f => new FileInfo(f).Length > 0);
    }

    [Fact]
    public async Task What_is_cached_without_a_good_signature_does_not_do_where_one_is_required_and_stays()
    {
        Assert.IsType<FetchOutcome.Ready>(await RunAsync(new RpmBuilder(), modules: "vmlinux"));
        string before = ScratchFolder.Fingerprint(_folder["cache"]);
        string from = new Uri(_server.BaseUrl).AbsoluteUri.TrimEnd('/');
        _server.Serve(Koji.SignedPath, LoopbackResponse.Bytes(SmallPackage.Rpm(Release)));
        FetchRequest request = new(Release, null, ["vmlinux"], null, [], from, _folder["cache"], false);
        Assert.False(Assert.IsType<FetchOutcome.Ready>(await KernelFetcher.RunAsync(request, new Notes(_notes), CancellationToken.None)).IsNew);
        await Assert.ThrowsAsync<UntrustedPackageException>(() => KernelFetcher.RunAsync(request with { RequireSignature = true }, new Notes(_notes), CancellationToken.None));
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Theory]
    [InlineData(false, "not signed")]
    [InlineData(true, "signed with key ")]
    public async Task Quick_mode_s_packages_are_judged_too(bool isSigned, string verdict)
    {
        var kernel = new QuickKernel();
        _server.Serve("/core.rpm", LoopbackResponse.Bytes((isSigned ? Signed() : new RpmBuilder()).File($"/lib/modules/{Release}/vmlinuz", kernel.BootImage()).Build()));
        FetchRequest request = new(Release, null, [], _server.At("/core.rpm").AbsoluteUri, [], null, _folder["cache"], false, Quick: true);

        await Assert.ThrowsAsync<UntrustedPackageException>(() => KernelFetcher.RunAsync(request with { RequireSignature = true }, new Notes(_notes), CancellationToken.None));
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories));
        var ready = Assert.IsType<FetchOutcome.Ready>(await KernelFetcher.RunAsync(request, new Notes(_notes), CancellationToken.None));
        Assert.StartsWith($"core.rpm: {verdict}", Assert.Single(_notes), StringComparison.Ordinal);
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(isSigned ? SignatureKind.UnknownKey : SignatureKind.Unsigned, Assert.Single(cache.Kernel.Sources).Signature);
    }

    private static RpmBuilder Signed()
    {
        byte[] signature = OpenPgpPacketsTests.Signature4([33, 4, .. new byte[12], .. Convert.FromHexString(OpenPgpPacketsTests.KeyId)]);
        return new RpmBuilder { Sign = _ => signature };
    }

    private Task<FetchOutcome> RunAsync(RpmBuilder builder, bool isRequired = false, params string[] modules)
    {
        byte[] vmlinux = new DwarfBuilder().Unit(cu => cu.Base("int")).AddTo(new ElfBuilder().Text(".text", 0xffffffff81000000, new byte[16]).BuildId(1, 2)).Build();
        _server.Serve("/a.rpm", LoopbackResponse.Bytes(builder.File($"/usr/lib/debug/lib/modules/{Release}/vmlinux", vmlinux).Build()));
        var request = new FetchRequest(Release, null, modules, _server.At("/a.rpm").AbsoluteUri, [], null, _folder["cache"], false) { RequireSignature = isRequired };
        return KernelFetcher.RunAsync(request, new Notes(_notes), CancellationToken.None);
    }

    private sealed class Notes(List<string> lines) : IFetchProgress
    {
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }
        public void Note(string text) => lines.Add(text);
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }
}
