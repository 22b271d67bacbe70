using DebugInfoFetch.Bodies;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Debuginfod;
using System.Text;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Cli.Tests;

/// <summary>Runs the program in this process, with kernels that a test describes.</summary>
internal sealed class CliHarness : IKernelStore, IKernelFetcher, IKernelFinder
{
    private readonly List<(CachedKernel Kernel, IKernelModel Model)> _cached = [];

    public Dictionary<string, string> Environment { get; } = [];
    public string Input { get; init; } = "";
    public bool OutputIsTerminal { get; init; }
    public List<FetchRequest> Fetched { get; } = [];
    /// <summary>What a fetch does; by default nobody has any kernel.</summary>
    public Func<FetchRequest, IFetchProgress, FetchOutcome>? OnFetch { get; set; }
    public Action? OnOpen { get; set; }
    public string CacheDirectory { get; private set; } = "";
    public int OpenKernels { get; private set; }

    public string Directory => CacheDirectory;

    public CachedKernel Cache(IKernelModel model)
    {
        var kernel = new CachedKernel(
            model.Kernel.Release, model.Kernel.Architecture, model.Kernel.Distribution, $"/cache/{model.Kernel.Release}.db", 1_234_567,
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), model.Modules.Count) { IsPart = !model.Kernel.IsComplete, IsFromBtf = model.Kernel.IsFromBtf };
        _cached.RemoveAll(known => known.Kernel.Release == kernel.Release);
        _cached.Add((kernel, model));
        return kernel;
    }

    public CliRun Run(params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        using var console = new CliConsole(output, error, new StringReader(Input), Environment.GetValueOrDefault) { OutputIsTerminal = OutputIsTerminal };
        var host = new CliHost(console, OpenStore, () => this) { Finder = () => this };
        int exitCode = Application.RunAsync(arguments, host).GetAwaiter().GetResult();
        return new((ExitCode)exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    public IReadOnlyList<KernelFile> Files() => [.. _cached.Select(known => known.Kernel)];

    public IReadOnlyList<KernelFile> Find(string releaseSpec, string? architecture)
        => [.. Files().Where(kernel => kernel.Release.StartsWith(releaseSpec, StringComparison.Ordinal))];

    public IOpenKernel Open(KernelFile kernel)
    {
        OnOpen?.Invoke();
        OpenKernels++;
        return new Opened(this, _cached.Single(known => known.Kernel == kernel).Model);
    }

    public CachedKernel Describe(KernelFile kernel) => _cached.Single(known => known.Kernel == kernel).Kernel;

    public bool Remove(KernelFile kernel) => _cached.RemoveAll(known => known.Kernel == kernel) > 0;

    public Task<FetchOutcome> RunAsync(FetchRequest request, IFetchProgress progress, CancellationToken cancellation)
    {
        Fetched.Add(request);
        return Task.FromResult(OnFetch?.Invoke(request, progress)
            ?? new FetchOutcome.Unavailable($"nobody has {request.KernelSpec}", [new("http://a.invalid/x.rpm", "404 Not Found")], ["give a package: --package FILE"]));
    }

    /// <summary>What each distribution's archives offer; by default nothing.</summary>
    public Func<Distribution, ListQuery, KernelListing>? OnList { get; set; }

    public KernelExplanation Explain(FetchRequest request) => KernelFinder.Explain(request);

    public Task<KernelListing> ListAsync(Distribution distribution, ListQuery query, string? baseUrl, CancellationToken cancellation)
        => Task.FromResult(OnList?.Invoke(distribution, query) ?? new KernelListing([], [new("http://a.invalid/list", "404 Not Found")], ["ask again tomorrow"]));

    private CliHarness OpenStore(string directory)
    {
        CacheDirectory = directory;
        return this;
    }

    /// <summary>The inside of functions, for commands that ask for it.</summary>
    public IBodies? Bodies { get; set; }

    private sealed class Opened(CliHarness harness, IKernelModel model) : IOpenKernel
    {
        public IBodies Bodies(IReadOnlyList<string> elfFiles, Func<string, string?> environment, Action<string> note)
            => harness.Bodies ?? new KernelBodies(model, new ModuleFiles(model, elfFiles, new DebuginfodCache("/nonexistent"), []));

        public IKernelModel Model => model;
        public void Dispose() => harness.OpenKernels--;
    }
}

internal sealed record CliRun(ExitCode ExitCode, string Output, string Error)
{
    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
