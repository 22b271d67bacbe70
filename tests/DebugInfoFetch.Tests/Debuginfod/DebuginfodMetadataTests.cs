using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Releases;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Debuginfod;

public class DebuginfodMetadataTests : DebuginfodTestBase
{
    private static readonly KernelRelease Release = KernelRelease.Parse("6.13.5-200.fc41.x86_64", null);
    private const string File = "/usr/lib/debug/lib/modules/6.13.5-200.fc41.x86_64/vmlinux";

    [Fact]
    public async Task A_release_leads_to_its_build_ID()
    {
        Answer($$"""{"results":[{"type":"executable","buildid":"{{Id}}","file":"{{File}}","archive":"/a.rpm"},{"type":"debuginfo","buildid":"{{Id}}","file":"{{File}}"}],"complete":true}""");

        DebuginfodMetadata.Answer answer = await FindAsync();
        Assert.Equal([Id], answer.Builds.Select(b => b.ByModule["vmlinux"]));
        Assert.Equal(3, answer.Attempts.Count);
        Assert.Contains(Server.Requests, r => r.Query == $"?key=glob&value={Uri.EscapeDataString("/usr/lib/debug/lib/modules/6.13.5-200.fc41.x86_64/*/nvme[-_]core.ko*")}");
        Assert.Contains(Server.Requests, r => r.Query == $"?key=file&value={Uri.EscapeDataString(File)}");
    }

    [Fact]
    public async Task Several_builds_of_one_release_are_all_told()
    {
        Answer($$"""{"results":[{"buildid":"{{Id}}","file":"{{File}}","archive":"/a.rpm"},{"buildid":"ffff","file":"{{File}}","archive":"/b.rpm"}],"complete":true}""");
        Assert.Equal([Id.Hex, "ffff"], (await FindAsync()).Builds.Select(b => b.ByModule["vmlinux"].Hex));
    }

    [Theory]
    [InlineData("""{"results":[{"buildid":"../..","file":"FILE"},{"buildid":"0102","file":"/another"},{"buildid":7,"file":"FILE"},5],"complete":true}""", "does not know that file")]
    [InlineData("""{"results":{},"complete":true}""", "does not know that file")]
    [InlineData("[]", "does not know that file")]
    [InlineData("<html>", "no JSON")]
    public async Task What_is_no_answer_leads_nowhere(string document, string told)
    {
        Answer(document.Replace("FILE", File, StringComparison.Ordinal));
        DebuginfodMetadata.Answer answer = await FindAsync();
        Assert.Empty(answer.Builds);
        Assert.All(answer.Attempts, a => Assert.Contains(told, a.Answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_metadata_is_an_answer_too()
        => Assert.All((await FindAsync()).Attempts, a => Assert.Equal("404 Not Found", a.Answer));

    private void Answer(string document) => Server.Serve("/metadata", LoopbackResponse.Json(document));

    private Task<DebuginfodMetadata.Answer> FindAsync() => new DebuginfodMetadata(Http, Ask("")).FindAsync(Release, ["nvme_core"], CancellationToken.None);
}
