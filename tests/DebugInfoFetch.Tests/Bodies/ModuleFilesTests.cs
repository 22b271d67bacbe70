using DebugInfoFetch.Bodies;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Model;
using DebugInfoFetch.TestKit.Packages;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Bodies;

public sealed class ModuleFilesTests : IDisposable
{
    private const string BuildId = "0102030405060708";
    private const string MemberPath = "usr/lib/debug/lib/modules/6.12.1-test/vmlinux";
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_that_the_user_names_is_taken_when_its_build_ID_is_the_indexed_one()
    {
        File.WriteAllBytes(_folder["vmlinux"], Elf(1));
        using ModuleFiles files = Files(named: [_folder["vmlinux"]]);
        Assert.Equal(_folder["vmlinux"], files.Open("vmlinux").Path);
        Assert.Same(files.Open("vmlinux"), files.Open("vmlinux"));
    }

    [Fact]
    public void Another_build_that_the_user_names_is_refused_even_when_the_right_one_is_cached()
    {
        File.WriteAllBytes(_folder["vmlinux"], Elf(2));
        Keep(Elf(1));
        using ModuleFiles files = Files(named: [_folder["vmlinux"]]);
        var fault = Assert.Throws<ModuleFileException>(() => files.Open("vmlinux"));
        Assert.Contains("build ID", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_developers_own_build_is_found_again_until_it_is_built_anew()
    {
        File.WriteAllBytes(_folder["vmlinux"], Elf(1));
        var source = new SourceInfo(_folder["vmlinux"], 0, "", SourceInfo.OwnBuild);
        using (ModuleFiles files = Files(sources: [source])) { Assert.Equal(_folder["vmlinux"], files.Open("vmlinux").Path); }
        File.WriteAllBytes(_folder["vmlinux"], Elf(2));
        using ModuleFiles later = Files(sources: [source]);
        Assert.Contains(Assert.Throws<ModuleFileException>(() => later.Open("vmlinux")).Hints, h => h.Contains("built anew", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_in_the_debuginfod_clients_cache_is_taken()
    {
        string path = Keep(Elf(1));
        Assert.Equal(Path.Combine(_folder["client"], BuildId, "debuginfo"), path);
        using ModuleFiles files = Files();
        Assert.Equal(path, files.Open("vmlinux").Path);
    }

    [Fact]
    public void An_empty_file_there_is_the_clients_note_that_nobody_has_it()
    {
        Cache.NoteMissing(global::DebugInfoFetch.Releases.BuildId.Parse(BuildId), DebuginfodArtifact.Debuginfo);
        using ModuleFiles files = Files();
        Assert.Throws<ModuleFileException>(() => files.Open("vmlinux"));
    }

    [Fact]
    public void A_member_of_a_local_package_is_kept_in_the_clients_cache()
    {
        File.WriteAllBytes(_folder["k.deb"], new DebBuilder().File(MemberPath, Elf(1)).Build());
        var source = new SourceInfo(_folder["k.deb"], 0, "", "sha256 checked");
        using ModuleFiles files = Files(sources: [source]);
        Assert.Equal(Path.Combine(_folder["client"], BuildId, "debuginfo"), files.Open("vmlinux").Path);
        Assert.Single(Directory.GetFiles(_folder["client"], "debuginfo*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_member_of_a_package_on_a_server_is_kept_in_the_clients_cache(bool doesRanges)
    {
        byte[] package = new DebBuilder { Compress = data => Compressors.XzBlocks(data, 4096, Compressors.CheckCrc64) }.File("usr/a", new byte[200_000]).File(MemberPath, Elf(1)).Build();
        using var server = new LoopbackServer();
        server.Serve("/k.deb", LoopbackResponse.Bytes(package) with { AcceptsRanges = doesRanges });
        using ModuleFiles files = Files(sources: [new SourceInfo($"{server.BaseUrl}/k.deb", 0, "", "")]);
        Assert.Equal(Path.Combine(_folder["client"], BuildId, "debuginfo"), files.Open("vmlinux").Path);
    }

    [Fact]
    public void A_package_that_holds_another_build_leaves_nothing_behind()
    {
        File.WriteAllBytes(_folder["k.deb"], new DebBuilder().File(MemberPath, Elf(2)).Build());
        using ModuleFiles files = Files(sources: [new SourceInfo(_folder["k.deb"], 0, "", "")]);
        Assert.Throws<ModuleFileException>(() => files.Open("vmlinux"));
        Assert.Empty(Directory.GetFiles(_folder["client"], "debuginfo*", SearchOption.AllDirectories));
    }

    [Fact]
    public void What_is_nowhere_is_told_with_every_place_and_the_command_that_helps()
    {
        using var server = new LoopbackServer();
        using ModuleFiles files = Files(sources: [new SourceInfo($"{server.BaseUrl}/k.rpm", 0, "", "")]);
        var fault = Assert.Throws<ModuleFileException>(() => files.Open("vmlinux"));
        Assert.Contains($"{server.BaseUrl}/k.rpm: 404 Not Found", fault.Hints);
        Assert.Contains(fault.Hints, h => h.Contains("--elf FILE", StringComparison.Ordinal));
    }

    private DebuginfodCache Cache => new(_folder["client"]);

    private string Keep(byte[] content)
    {
        using DebuginfodCacheEntry entry = Cache.Create(global::DebugInfoFetch.Releases.BuildId.Parse(BuildId), DebuginfodArtifact.Debuginfo);
        entry.Stream.Write(content);
        return entry.Commit();
    }

    private ModuleFiles Files(IReadOnlyList<string>? named = null, IReadOnlyList<SourceInfo>? sources = null)
        => new(new KernelModelBuilder(sources: sources).DebugFile("vmlinux", BuildId, MemberPath).Build(), named ?? [], Cache, [new PackageMembers()]);

    private static byte[] Elf(byte first) => new ElfBuilder().BuildId(first, 2, 3, 4, 5, 6, 7, 8).Text(".text", 0xffffffff81000000, [0x90]).Build();
}
