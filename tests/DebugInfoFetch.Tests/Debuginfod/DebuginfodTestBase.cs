using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Download;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.TestKit.Elf;
using DebugInfoFetch.TestKit.Http;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Debuginfod;

/// <summary>A debuginfod server on loopback, an ELF file with a build ID, and an empty client cache.</summary>
public abstract class DebuginfodTestBase : IDisposable
{
    protected static readonly BuildId Id = BuildId.Parse("0102030405060708090a0b0c0d0e0f1011121314");

    protected static readonly DownloadOptions Fast = new()
    {
        BaseDelay = TimeSpan.FromMilliseconds(2),
        ProgressInterval = TimeSpan.Zero,
        MaxRetryAfter = TimeSpan.FromSeconds(3),
    };

    private readonly ScratchFolder _folder = new();

    protected LoopbackServer Server { get; } = new();
    protected HttpClient Http { get; } = HttpClients.Create(TimeSpan.FromSeconds(2));
    protected string Root => _folder["client/cache"];
    protected DebuginfodCache Cache => new(Root);
    /// <summary>200,000 bytes and some.</summary>
    protected byte[] Vmlinux { get; } = MakeElf();

    protected static string Path => $"/buildid/{Id}/debuginfo";

    protected LoopbackResponse Good => LoopbackResponse.Bytes(Vmlinux);

    protected static byte[] MakeElf(byte first = 0)
    {
        byte[] id = first == 0 ? Convert.FromHexString(Id.Hex) : [.. Enumerable.Repeat(first, 20)];
        byte[] content = new byte[200_000];
        new Random(1).NextBytes(content);
        return new ElfBuilder().BuildId(id).Section(".debug_info", content).Build();
    }

    /// <summary>Settings that name places of the server.</summary>
    protected DebuginfodSettings Ask(params string[] prefixes) => new()
    {
        Servers = [.. prefixes.Select(p => new DebuginfodServer(Server.At(p + "/"), ImaPolicy.Ignore))],
    };

    protected Task<DebuginfodAnswer> FindAsync(
        DebuginfodSettings? settings = null, DebuginfodArtifact? artifact = null, DownloadOptions? options = null, int retries = 2, CancellationToken cancellation = default)
        => new DebuginfodClient(Http, (settings ?? Ask("")) with { RetryLimit = retries }, Cache, options ?? Fast)
            .FindAsync(Id, artifact ?? DebuginfodArtifact.Debuginfo, null, cancellation);

    protected async Task AssertFailedAsync(DebuginfodSettings settings, OutcomeKind kind, string answer, int requests)
    {
        var failed = Assert.IsType<DebuginfodAnswer.Failed>(await FindAsync(settings));
        DebuginfodOutcome outcome = Assert.Single(failed.Outcomes);
        Assert.Equal(kind, outcome.Kind);
        Assert.Contains(answer, outcome.Answer, StringComparison.Ordinal);
        Assert.Equal(requests, Server.Requests.Count);
        AssertNothingBut();
    }

    /// <summary>What the build ID's directory holds: nothing half done, no note that nobody has it.</summary>
    protected void AssertNothingBut(params string[] names)
    {
        string folder = System.IO.Path.Combine(Root, Id.Hex);
        Assert.Equal(names, Directory.Exists(folder) ? Directory.GetFiles(folder).Select(System.IO.Path.GetFileName) : []);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Http.Dispose();
        Server.Dispose();
        _folder.Dispose();
    }
}
