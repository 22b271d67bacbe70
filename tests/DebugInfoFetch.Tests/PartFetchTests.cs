using System.Net;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Dwarf;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;
using DebugInfoFetch.Tests.Index;

namespace DebugInfoFetch.Tests;

/// <summary>One module out of a package on a server, and everything that servers do to that: outcome, and the cache afterwards.</summary>
public sealed class PartFetchTests : IDisposable
{
    private const string Release = "6.12.9-amd64";
    private readonly ScratchFolder _folder = new();
    private readonly LoopbackServer _server = new();
    private readonly List<string> _notes = [];

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task By_ranges_only_what_is_wanted_is_transferred_and_the_cache_says_so()
    {
        byte[] package = Deb();
        _server.Serve("/k.deb", Good(package));
        var ready = Assert.IsType<FetchOutcome.Ready>(await Fetch("btrfs"));
        Assert.Equal("by ranges", ready.Transferred!.Way);
        Assert.Equal((_server.BytesSent, package.Length), (ready.Transferred.BytesFetched, ready.Transferred.BytesTotal!.Value));
        Assert.True(_server.BytesSent < package.Length * 2 / 3, $"{_server.BytesSent} of {package.Length}");
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Equal(["btrfs"], cache.Modules.Select(m => m.Name));
        Assert.Equal(($"{_server.BaseUrl}/k.deb", false), (cache.Kernel.Sources[0].Origin, cache.Kernel.IsComplete));
        Assert.Equal($"not signed: a part of a deb, and what archives sign is the whole; a part of the package, not protected on its way; CRC64 of blocks, MD5 of 1 file as the package itself lists it; "
            + $"read by ranges, {_server.BytesSent} of {package.Length} bytes", cache.Kernel.Sources[0].Verification);
    }

    [Theory]
    [InlineData("no ranges")]
    [InlineData("416")]
    [InlineData("one block")]
    [InlineData("zstd")]
    public async Task Where_there_is_no_middle_it_is_read_from_the_start_up_to_the_last_wanted_file(string kind)
    {
        byte[] package = kind switch
        {
            "zstd" => Deb(name: "data.tar.zst", compress: data => Compressors.Zstd(data), text: 400_000),
            "one block" => Deb(compress: data => Compressors.XzSingleBlock(data, Compressors.CheckCrc64), text: 400_000),
            _ => Deb(text: 400_000),
        };
        // Slowly, so that reading ahead does not get far.
        LoopbackResponse good = Good(package) with { AcceptsRanges = kind is not ("no ranges" or "416"), BytesPerSecond = 3_000_000 };
        _server.Serve("/k.deb", kind == "416" ? [LoopbackResponse.Error(HttpStatusCode.RequestedRangeNotSatisfiable), good] : [good]);
        var ready = Assert.IsType<FetchOutcome.Ready>(await Fetch("aaa"));
        Assert.StartsWith("from its start, as ", ready.Transferred!.Way, StringComparison.Ordinal);
        Assert.True(ready.Transferred.BytesFetched < package.Length, $"{ready.Transferred.BytesFetched} of {package.Length}");
        AssertHolds("aaa");
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "404 Not Found")]
    [InlineData(HttpStatusCode.Forbidden, "403 Forbidden")]
    public async Task What_is_not_there_is_unavailable_and_leaves_the_cache(HttpStatusCode status, string answer)
    {
        string before = await CacheOther();
        _server.Serve("/k.deb", LoopbackResponse.Error(status));
        var none = Assert.IsType<FetchOutcome.Unavailable>(await Fetch("btrfs"));
        Assert.Contains(answer, none.Message, StringComparison.Ordinal);
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Fact]
    public async Task A_login_page_is_unavailable_and_leaves_the_cache()
    {
        string before = await CacheOther();
        _server.Serve("/k.deb", LoopbackResponse.Html("<html>please log in" + new string(' ', 90_000)));
        Assert.Contains("a web page instead of a package", Assert.IsType<FetchOutcome.Unavailable>(await Fetch("btrfs")).Message, StringComparison.Ordinal);
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Theory]
    [InlineData("429")]
    [InlineData("500")]
    [InlineData("reset")]
    [InlineData("truncated")]
    public async Task Transient_faults_are_got_over(string kind)
    {
        LoopbackResponse good = Good(Deb());
        LoopbackResponse fault = kind switch
        {
            "429" => LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "0"),
            "500" => LoopbackResponse.Error(HttpStatusCode.InternalServerError),
            "reset" => good with { StopAfter = 1000, Ending = LoopbackEnding.Reset },
            _ => good with { StopAfter = 1000 },
        };
        _server.Serve("/k.deb", fault, good, good, fault, good);
        Assert.Equal("by ranges", Assert.IsType<FetchOutcome.Ready>(await Fetch("btrfs")).Transferred!.Way);
        AssertHolds("btrfs");
    }

    [Fact]
    public async Task A_file_that_changes_between_requests_is_fetched_whole()
    {
        byte[] package = Deb();
        LoopbackResponse other = Good(package) with { ETag = "\"two\"" };
        _server.Serve("/k.deb", Good(package), other);
        var ready = Assert.IsType<FetchOutcome.Ready>(await Fetch("btrfs"));
        Assert.Null(ready.Transferred);
        AssertHolds("btrfs");
        Assert.All(Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories), f => Assert.EndsWith(".sqlite", f, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_archive_in_another_order_is_fetched_whole_and_that_is_said()
    {
        _server.Serve("/k.deb", Good(Deb(isReversed: true)));
        Assert.Null(Assert.IsType<FetchOutcome.Ready>(await Fetch("btrfs")).Transferred);
        AssertHolds("btrfs");
        Assert.Contains(_notes, n => n.EndsWith("is not where the archive's order would have it: the whole package is needed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_digest_is_a_fault_and_leaves_the_cache()
    {
        string before = await CacheOther();
        _server.Serve("/k.deb", Good(Deb(changeMd5: _ => new string('0', 32))));
        Assert.Contains("btrfs.ko: damaged: its MD5 is", (await Assert.ThrowsAsync<InputFaultException>(() => Fetch("btrfs"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Fact]
    public async Task A_damaged_block_is_a_fault_and_leaves_the_cache()
    {
        string before = await CacheOther();
        byte[] package = Deb();
        // Every block's check lies before the next one's header: flip a byte in each stretch of the data.
        for (int at = package.Length / 8; at < package.Length - 20_000; at += 3000) { package[at] ^= 0x10; }
        _server.Serve("/k.deb", Good(package));
        await Assert.ThrowsAsync<InputFaultException>(() => Fetch("btrfs"));
        Assert.Equal(before, ScratchFolder.Fingerprint(_folder["cache"]));
    }

    [Fact]
    public async Task A_module_that_the_package_does_not_list_costs_no_search()
    {
        byte[] package = Deb();
        _server.Serve("/k.deb", Good(package));
        Assert.Contains("holds no module btrsf (did you mean btrfs?)", (await Assert.ThrowsAsync<InputFaultException>(() => Fetch("btrsf"))).Message, StringComparison.Ordinal);
        Assert.Empty(new KernelStore(_folder["cache"]).Files());
        Assert.IsType<FetchOutcome.Ready>(await KernelFetcher.RunAsync(Request("btrsf", "btrfs") with { SkipsMissing = true }, new Progress(_notes), CancellationToken.None));
        AssertHolds("btrfs");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_module_of_an_RPM_is_read_by_ranges(bool isStripped)
    {
        const string Fedora = "6.13.5-200.fc41.x86_64";
        var rpm = new RpmBuilder { IsStripped = isStripped, HasLongFileSizes = isStripped, LeadMajor = (byte)(isStripped ? 4 : 3) };
        foreach (string name in Names) { rpm.File($"/usr/lib/debug/lib/modules/{Fedora}/kernel/{name}.ko.debug", Module(name, 60_000)); }
        byte[] package = rpm.Build();
        _server.Serve("/k.rpm", Good(package));
        FetchRequest request = new(Fedora, null, ["btrfs"], $"{_server.BaseUrl}/k.rpm", [], null, _folder["cache"], false);
        var ready = Assert.IsType<FetchOutcome.Ready>(await KernelFetcher.RunAsync(request, new Progress(_notes), CancellationToken.None));
        Assert.Equal("by ranges", ready.Transferred!.Way);
        Assert.True(ready.Transferred.BytesFetched < package.Length * 2 / 3, $"{ready.Transferred.BytesFetched} of {package.Length}");
        using KernelCache cache = KernelCache.Open(ready.Kernel.Path);
        Assert.Contains("digests in it of 1 file; read by ranges", cache.Kernel.Sources[0].Verification, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_module_that_is_added_costs_its_own_bytes_and_the_others_stay()
    {
        byte[] package = Deb();
        _server.Serve("/k.deb", Good(package));
        var first = Assert.IsType<FetchOutcome.Ready>(await Fetch("btrfs"));
        long before = _server.BytesSent;
        var second = Assert.IsType<FetchOutcome.Ready>(await Fetch("m20"));
        var alone = Assert.IsType<FetchOutcome.Ready>(await KernelFetcher.RunAsync(Request("m20") with { CacheDirectory = _folder["other"] }, new Progress(_notes), CancellationToken.None));
        Assert.Equal((alone.Transferred, second.Transferred!.BytesFetched), (second.Transferred, (_server.BytesSent - before) / 2));
        using (KernelCache cache = KernelCache.Open(second.Kernel.Path))
        {
            Assert.Equal(["btrfs", "m20"], cache.Modules.Select(m => m.Name));
            Assert.Equal([first.Transferred!.BytesFetched, second.Transferred.BytesFetched],
                cache.Kernel.Sources.Select(s => long.Parse(s.Verification.Split("read by ranges, ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(["btrfs_x", "m20_x"], cache.AllStructs().Select(t => t.Name));
        }

        // Of another package under the same release nothing may be mixed in.
        _server.Serve("/k.deb", Good(Deb(text: 61_000)));
        Assert.IsType<FetchOutcome.Ready>(await Fetch("m21"));
        AssertHolds("m21");
    }

    private static readonly string[] Names = [.. Enumerable.Range(0, 40).Select(i => i == 5 ? "btrfs" : i == 0 ? "aaa" : i < 5 ? $"b{i}" : $"m{i:d2}")];

    private static byte[] Deb(string name = "data.tar.xz", Func<byte[], byte[]>? compress = null, bool isReversed = false, Func<string, string>? changeMd5 = null, int text = 60_000)
    {
        var deb = new DebBuilder
        {
            DataName = name,
            Compress = compress ?? (data => Compressors.XzBlocks(data, 64 << 10, Compressors.CheckCrc64)),
            ChangeMd5 = changeMd5 ?? (digest => digest),
        };
        foreach (string module in isReversed ? Names.Reverse() : Names) { deb.File($"usr/lib/debug/lib/modules/{Release}/kernel/{module}.ko", Module(module, text)); }
        return deb.Build();
    }

    /// <summary>A module whose text does not compress.</summary>
    private static byte[] Module(string name, int text)
    {
        byte[] code = new byte[text];
        new Random((name[0] * 10_000) + (name[^2] * 100) + name[^1]).NextBytes(code);
        return new DwarfBuilder().Unit(cu => cu.Strp(DwAttribute.Name, name + ".c").Base("int").Struct(name + "_x", 4, s => s.Member("flags", "int", 0)))
            .AddTo(new ElfBuilder { Type = ElfType.Relocatable }.Text(".text", 0, code)).Build();
    }

    private static LoopbackResponse Good(byte[] package) => LoopbackResponse.Bytes(package) with { ETag = "\"one\"" };

    private FetchRequest Request(params string[] modules)
        => new(Release, "x86_64", modules, $"{_server.BaseUrl}/k.deb", [], null, _folder["cache"], false);

    private Task<FetchOutcome> Fetch(params string[] modules) => KernelFetcher.RunAsync(Request(modules), new Progress(_notes), CancellationToken.None);

    /// <summary>A kernel that is cached before, for what must stay as it is.</summary>
    private async Task<string> CacheOther()
    {
        _server.Serve("/k.deb", Good(Deb()));
        await Fetch("aaa");
        return ScratchFolder.Fingerprint(_folder["cache"]);
    }

    private void AssertHolds(string module)
    {
        using KernelCache cache = KernelCache.Open(new KernelStore(_folder["cache"]).PathOf(Release, "x86_64"));
        Assert.Equal([module], cache.Modules.Select(m => m.Name));
    }

    private sealed class Progress(List<string> notes) : IFetchProgress
    {
        public void Stage(string title, long? totalBytes) { }
        public void Report(long bytesDone) { }

        public void Note(string text)
        {
            lock (notes) { notes.Add(text); }
        }
    }
}
