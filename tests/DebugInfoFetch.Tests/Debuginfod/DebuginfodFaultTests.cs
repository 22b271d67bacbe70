using System.Net;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Download;
using DebugInfoFetch.TestKit.Http;

namespace DebugInfoFetch.Tests.Debuginfod;

/// <summary>Each fault that a server or the network has, and what the client cache holds afterwards: nothing, or the note that nobody has the file.</summary>
public class DebuginfodFaultTests : DebuginfodTestBase
{
    [Fact]
    public async Task A_404_of_every_server_is_noted_and_not_asked_again_for_ten_minutes()
    {
        Assert.Equal(OutcomeKind.NotFound, Assert.Single(Assert.IsType<DebuginfodAnswer.Missing>(await FindAsync()).Outcomes).Kind);
        AssertNothingBut("debuginfo");
        Assert.Equal(0, new FileInfo(Cache.PathOf(Id, DebuginfodArtifact.Debuginfo)).Length);

        Assert.Contains("a short while ago", Assert.Single(Assert.IsType<DebuginfodAnswer.Missing>(await FindAsync()).Outcomes).Answer, StringComparison.Ordinal);
        Assert.Single(Server.Requests);
    }

    [Fact]
    public async Task A_404_beside_a_server_that_could_not_say_is_not_noted()
    {
        Server.Serve("/broken" + Path, LoopbackResponse.Error(HttpStatusCode.InternalServerError));

        Assert.Equal([OutcomeKind.NotFound, OutcomeKind.ServerError],
            Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(Ask("/none", "/broken"))).Outcomes.Select(o => o.Kind).Order());
        AssertNothingBut();
        // The one that has said no is asked once, the other one as often as the retry limit says.
        Assert.Equal(4, Server.Requests.Count);
    }

    [Fact]
    public async Task A_500_is_asked_again_up_to_the_retry_limit()
    {
        Server.Serve(Path, LoopbackResponse.Error(HttpStatusCode.InternalServerError));
        await AssertFailedAsync(Ask(""), OutcomeKind.ServerError, "500 Internal Server Error", 3);
    }

    [Fact]
    public async Task A_500_that_passes_is_no_fault()
    {
        Server.Serve(Path, LoopbackResponse.Error(HttpStatusCode.ServiceUnavailable), Good);
        Assert.IsType<DebuginfodAnswer.Found>(await FindAsync());
    }

    [Fact]
    public async Task A_429_is_waited_for_as_long_as_it_says()
    {
        Server.Serve(Path, LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "1"), Good);

        long began = Environment.TickCount64;
        Assert.IsType<DebuginfodAnswer.Found>(await FindAsync());
        Assert.InRange(Environment.TickCount64 - began, 950, 10_000);
    }

    [Fact]
    public async Task A_429_that_asks_for_too_long_is_told()
    {
        Server.Serve(Path, LoopbackResponse.Error(HttpStatusCode.TooManyRequests, "3600"));
        await AssertFailedAsync(Ask(""), OutcomeKind.RateLimited, "asks to wait 3600 s", 1);
    }

    [Theory]
    [InlineData(LoopbackEnding.Reset)]
    [InlineData(LoopbackEnding.Close)]
    public async Task A_transfer_that_breaks_off_leaves_nothing(LoopbackEnding ending)
    {
        Server.Serve(Path, Good with { StopAfter = 150_000, Ending = ending });
        await AssertFailedAsync(Ask(""), OutcomeKind.BrokenTransfer, "broke", 3);
    }

    [Fact]
    public async Task Without_a_length_the_server_s_own_header_tells_that_the_file_is_cut_off()
    {
        Server.Serve(Path, LoopbackResponse.Bytes(Vmlinux[..150_000]) with { DeclaresLength = false, Headers = [new("X-DEBUGINFOD-SIZE", $"{Vmlinux.Length}")] });
        await AssertFailedAsync(Ask(""), OutcomeKind.BrokenTransfer, $"broke after 150000 of {Vmlinux.Length} bytes", 3);
    }

    [Fact]
    public async Task Cut_off_without_any_length_the_file_itself_tells()
    {
        Server.Serve(Path, LoopbackResponse.Bytes(Vmlinux[..150_000]) with { DeclaresLength = false });
        await AssertFailedAsync(Ask(""), OutcomeKind.NotAPackage, "a damaged file", 3);
    }

    [Fact]
    public async Task A_login_page_is_no_file()
    {
        Server.Serve(Path, LoopbackResponse.Html("<html>log in</html>"));
        await AssertFailedAsync(Ask(""), OutcomeKind.NotAPackage, "a web page instead of the file", 1);
    }

    [Fact]
    public async Task A_redirect_to_a_login_page_is_no_file()
    {
        Server.Serve(Path, LoopbackResponse.Redirect("/login")).Serve("/login", LoopbackResponse.Html("<html>log in</html>"));
        await AssertFailedAsync(Ask(""), OutcomeKind.NotAPackage, "a web page instead of the file", 2);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_left_after_the_timeout()
    {
        Server.Serve(Path, LoopbackResponse.Silence);
        var failed = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(Ask("") with { Timeout = TimeSpan.FromSeconds(0.3) }, retries: 0));
        Assert.Equal(OutcomeKind.Silent, Assert.Single(failed.Outcomes).Kind);
        AssertNothingBut();
    }

    [Fact]
    public async Task A_trickle_below_100_KB_in_the_timeout_is_silence()
    {
        Server.Serve(Path, Good with { BytesPerSecond = 50_000 });
        var failed = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(Ask("") with { Timeout = TimeSpan.FromSeconds(0.7) }, retries: 0));
        Assert.Equal((OutcomeKind.Silent, "fewer than 102400 bytes arrived within 0.7 s"), (failed.Outcomes[0].Kind, failed.Outcomes[0].Answer));
        AssertNothingBut();
    }

    [Fact]
    public async Task Without_a_server_there_is_no_connection()
    {
        var gone = new DebuginfodSettings { Servers = [new DebuginfodServer(new Uri("http://127.0.0.1:1/"), ImaPolicy.Ignore)] };
        Assert.Equal(OutcomeKind.Unreachable, Assert.Single(Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(gone)).Outcomes).Kind);
        AssertNothingBut();
    }
}
