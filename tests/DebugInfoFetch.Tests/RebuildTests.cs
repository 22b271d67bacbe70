using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;

namespace DebugInfoFetch.Tests;

/// <summary>Rebuilds of RHEL's kernel, which share its release string: AlmaLinux's and Rocky's archives in their layouts on one loopback server.</summary>
public sealed class RebuildTests : IDisposable
{
    private const string Release = "5.14.0-570.12.1.el9_6.x86_64";
    private const string Alma = "/almalinux/9/BaseOS/debug/x86_64/Packages/kernel-debuginfo-" + Release + ".rpm";
    private const string Rocky = "/pub/rocky/9/BaseOS/x86_64/debug/tree/Packages/k/kernel-debuginfo-" + Release + ".rpm";
    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _server = new();
    private readonly List<string> _notes = [];

    public RebuildTests()
    {
        _server.Serve(Alma, LoopbackResponse.Bytes(Package(0xaa)));
        _server.Serve(Rocky, LoopbackResponse.Bytes(Package(0xbb)));
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    private static byte[] Package(byte buildId)
    {
        byte[] vmlinux = new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, "a.c").Base("int").Struct("page", 4, s => s.Member("flags", "int", 0)))
            .AddTo(new ElfBuilder().Text(".text", 0xffffffff81000000, new byte[16]).BuildId(0, buildId)).Build();
        return new RpmBuilder { Version = "5.14.0", Release = "570.12.1.el9_6" }.File($"/usr/lib/debug/lib/modules/{Release}/vmlinux", vmlinux).Build();
    }

    private Task<FetchOutcome> FetchAsync(string? distribution = null, string? buildId = null, string kernel = Release, params string[] modules)
        => KernelFetcher.RunAsync(new FetchRequest(kernel, null, modules, null, [], _server.BaseUrl, _folder["cache"], false, Distribution: distribution, BuildId: buildId),
            new Progress(_notes), CancellationToken.None);

    private static (string Distribution, string BuildId) Held(FetchOutcome outcome)
    {
        using KernelCache cache = KernelCache.Open(Assert.IsType<FetchOutcome.Ready>(outcome).Kernel.Path);
        return (cache.Kernel.Distribution, cache.Kernel.BuildId);
    }

    [Fact]
    public async Task Without_a_word_the_first_is_taken_with_a_caution()
    {
        Assert.Equal(("alma", "00aa"), Held(await FetchAsync()));
        Assert.Contains(_notes, n => n.Contains("--distro NAME or --build-id HEX decides", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_distribution_decides_and_another_one_in_the_cache_is_replaced()
    {
        Assert.Equal(("alma", "00aa"), Held(await FetchAsync()));
        Assert.Equal(("rocky", "00bb"), Held(await FetchAsync("rocky")));
        Assert.False(Assert.IsType<FetchOutcome.Ready>(await FetchAsync("rocky")).IsNew);
    }

    [Fact]
    public async Task More_of_a_cached_kernel_is_more_of_that_build()
    {
        Assert.Equal(("rocky", "00bb"), Held(await FetchAsync("rocky", modules: "vmlinux")));
        FetchOutcome whole = await FetchAsync();

        Assert.True(Assert.IsType<FetchOutcome.Ready>(whole).IsNew);
        Assert.Equal(("rocky", "00bb"), Held(whole));
    }

    [Fact]
    public async Task The_builders_host_in_a_pasted_text_decides()
        => Assert.Equal(("rocky", "00bb"), Held(await FetchAsync(kernel: $"Linux version {Release} (mockbuild@x.bld.equ.rockylinux.org) (gcc (GCC) 11.5.0) #1 SMP PREEMPT_DYNAMIC")));

    [Fact]
    public async Task The_build_ID_decides_and_is_held_against_the_vmlinux_that_is_found()
    {
        Assert.Equal(("rocky", "00bb"), Held(await FetchAsync(buildId: "00BB")));
        Assert.Contains(_notes, n => n.Contains("build ID 00aa, not 00bb", StringComparison.Ordinal));
        Assert.False(Assert.IsType<FetchOutcome.Ready>(await FetchAsync(buildId: "00bb")).IsNew);
        Assert.True(Assert.IsType<FetchOutcome.Ready>(await FetchAsync(buildId: "00aa")).IsNew);
    }

    [Fact]
    public async Task A_build_ID_that_nobody_has_leaves_the_cache_as_it_was()
    {
        await FetchAsync();
        string before = ScratchFolder.Fingerprint(_folder["cache"]);
        var none = Assert.IsType<FetchOutcome.Unavailable>(await FetchAsync(buildId: "00cc"));

        Assert.Contains(none.Places, p => p.Place.EndsWith(Alma, StringComparison.Ordinal) && p.Answer.Contains("build ID 00aa, not 00cc", StringComparison.Ordinal));
        Assert.Contains(none.Places, p => p.Place.EndsWith(Rocky, StringComparison.Ordinal) && p.Answer.Contains("build ID 00bb, not 00cc", StringComparison.Ordinal));
        Assert.Contains(none.Places, p => p.Place.Contains("/ol9/debuginfo/", StringComparison.Ordinal) && p.Answer == "404 Not Found");
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Fact]
    public async Task A_package_that_was_named_must_have_the_build_ID_too()
    {
        string package = _folder["k.rpm"];
        File.WriteAllBytes(package, Package(0xaa));
        var fault = await Assert.ThrowsAsync<InputFaultException>(() => KernelFetcher.RunAsync(
            new FetchRequest(Release, null, [], package, [], null, _folder["cache"], false, BuildId: "00bb"), new Progress(_notes), CancellationToken.None));

        Assert.Contains("build ID 00aa, not 00bb; without --build-id it is taken all the same", fault.Message, StringComparison.Ordinal);
        Assert.Empty(new KernelStore(_folder["cache"]).Files());
    }

    [Theory]
    [InlineData("xyz")]
    [InlineData("0")]
    public async Task A_build_ID_that_is_none_is_refused(string buildId)
        => Assert.Contains("is no build ID", (await Assert.ThrowsAsync<InputFaultException>(() => FetchAsync(buildId: buildId))).Message, StringComparison.Ordinal);

    private sealed class Progress(List<string> notes) : IFetchProgress
    {
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }
        public void Note(string text) => notes.Add(text);
    }
}
