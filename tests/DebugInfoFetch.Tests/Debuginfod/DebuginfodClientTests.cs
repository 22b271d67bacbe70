using System.Net;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Debuginfod;

public class DebuginfodClientTests : DebuginfodTestBase
{
    [Fact]
    public async Task A_file_comes_once_and_then_from_the_cache()
    {
        Server.Serve(Path, Good with { Headers = [new("X-DEBUGINFOD-SIZE", $"{Vmlinux.Length}"), new("X-DEBUGINFOD-ARCHIVE", "/srv/kernel-debuginfo.rpm")] });

        var found = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync());
        Assert.Equal((Cache.PathOf(Id, DebuginfodArtifact.Debuginfo), Server.BaseUrl + Path, "/srv/kernel-debuginfo.rpm", false), (found.Path, found.Place, found.Archive, found.IsFromCache));
        Assert.Equal("the file's build ID is the one asked for; the transfer was not protected", found.Verification);
        Assert.Equal(Vmlinux, File.ReadAllBytes(found.Path));
        Assert.True(Assert.IsType<DebuginfodAnswer.Found>(await FindAsync()).IsFromCache);
        Assert.Single(Server.Requests);
        Assert.StartsWith("dbgfetch/", Server.Requests[0].Header("User-Agent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_section_is_a_file_of_its_own()
    {
        Server.Serve($"/buildid/{Id}/section/.debug_info", LoopbackResponse.Bytes([1, 2, 3]));

        var found = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(artifact: DebuginfodArtifact.Section(".debug_info")));
        Assert.EndsWith("/section-.debug_info", found.Path, StringComparison.Ordinal);
        Assert.StartsWith("a section carries no build ID", found.Verification, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_servers_are_asked_at_once_and_the_first_that_has_it_is_taken()
    {
        Server.Serve("/slow" + Path, Good with { DelayBefore = TimeSpan.FromSeconds(30) }).Serve("/quick" + Path, Good with { DelayBefore = TimeSpan.FromSeconds(0.3) });

        var found = Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(Ask("/none", "/slow", "/quick")));
        Assert.Equal($"{Server.BaseUrl}/quick{Path}", found.Place);
        Assert.Equal(3, Server.Requests.Count);
        AssertNothingBut("debuginfo");
    }

    [Fact]
    public async Task A_login_page_that_answers_faster_does_not_win()
    {
        Server.Serve("/login" + Path, LoopbackResponse.Html("<html>log in</html>")).Serve("/good" + Path, Good with { DelayBefore = TimeSpan.FromSeconds(0.3) });

        Assert.Equal($"{Server.BaseUrl}/good{Path}", Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(Ask("/login", "/good"))).Place);
    }

    [Fact]
    public async Task When_the_winner_breaks_off_the_others_are_asked_again()
    {
        Server.Serve("/breaks" + Path, Good with { StopAfter = 70_000 }).Serve("/slow" + Path, Good with { DelayBefore = TimeSpan.FromSeconds(0.3) });

        Assert.Equal(Vmlinux, File.ReadAllBytes(Assert.IsType<DebuginfodAnswer.Found>(await FindAsync(Ask("/breaks", "/slow"), retries: 0)).Path));
    }

    [Fact]
    public async Task Headers_and_the_largest_size_go_along()
    {
        Server.Serve(Path, Good);
        await FindAsync(Ask("") with { Headers = [new("X-Token", "abc")], MaxByteSize = 1_000_000 });

        Assert.Equal(("abc", "1000000"), (Server.Requests[0].Header("X-Token"), Server.Requests[0].Header("X-DEBUGINFOD-MAXSIZE")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_larger_than_wanted_is_not_taken(bool serverKnowsTheHeader)
    {
        Server.Serve(Path, serverKnowsTheHeader ? LoopbackResponse.Error(HttpStatusCode.NotAcceptable) : Good);

        await AssertFailedAsync(Ask("") with { MaxByteSize = 1000 }, OutcomeKind.WrongSize, "larger than the 1000 bytes of DEBUGINFOD_MAXSIZE", 1);
    }

    [Fact]
    public async Task A_body_without_end_is_cut_off_at_the_largest_size()
    {
        Server.Serve(Path, Good with { DeclaresLength = false });

        await AssertFailedAsync(Ask("") with { MaxByteSize = 100_000 }, OutcomeKind.WrongSize, "larger than the 100000 bytes", 1);
    }

    [Fact]
    public async Task The_whole_may_take_no_longer_than_MAXTIME()
    {
        Server.Serve(Path, Good with { BytesPerSecond = 20_000 });

        await AssertFailedAsync(Ask("") with { MaxTime = TimeSpan.FromSeconds(2) }, OutcomeKind.Silent, "DEBUGINFOD_MAXTIME", 1);
    }

    [Fact]
    public async Task A_file_of_another_build_is_not_taken()
    {
        Server.Serve(Path, LoopbackResponse.Bytes(MakeElf(0xEE)));

        await AssertFailedAsync(Ask(""), OutcomeKind.WrongDigest, "a file of build ID eeeeeeee", 1);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_told_with_what_to_do()
    {
        Server.Serve(Path, Good);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Root)!);
        File.WriteAllText(Root, "a file");

        var failed = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync());
        Assert.Equal(FailureReason.CannotWrite, failed.Storage!.Reason);
    }

    [Fact]
    public async Task Too_little_room_is_told_before_anything_is_written()
    {
        Server.Serve(Path, Good);

        var failed = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(options: Fast with { FreeSpace = _ => 1000 }));
        Assert.Equal(FailureReason.DiskFull, failed.Storage!.Reason);
        Assert.EndsWith("choose another place with DEBUGINFOD_CACHE_PATH", failed.Storage.Message, StringComparison.Ordinal);
        AssertNothingBut();
    }

    [Fact]
    public async Task Giving_up_leaves_nothing()
    {
        Server.Serve(Path, Good with { BytesPerSecond = 20_000 });
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FindAsync(cancellation: stop.Token));
        AssertNothingBut();
    }
}
