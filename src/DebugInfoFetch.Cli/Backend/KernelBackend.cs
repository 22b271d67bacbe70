using DebugInfoFetch.Bodies;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Cli.Backend;

/// <summary>Joins the commands to the pipeline.</summary>
internal static class KernelBackend
{
    public static IKernelStore OpenStore(string directory) => new Store(new KernelStore(directory));

    public static IKernelFetcher CreateFetcher() => new Fetcher();

    public static IKernelFinder CreateFinder() => new Finder();

    /// <summary>The types of ELF files that are not indexed.</summary>
    public static IOpenTypes OpenElf(IReadOnlyList<string> files) => new OpenElfTypes(ElfTypes.Open(files));

    private sealed record OpenElfTypes(ElfTypes Elf) : IOpenTypes
    {
        public ITypeModel Types => Elf;
        public void Dispose() => Elf.Dispose();
    }

    private sealed class Store(KernelStore store) : IKernelStore
    {
        public string Directory => store.Directory;
        public IReadOnlyList<KernelFile> Files() => store.Files();
        public IReadOnlyList<KernelFile> Find(string releaseSpec, string? architecture) => store.Find(releaseSpec, architecture);
        public IOpenKernel Open(KernelFile kernel) => new OpenKernel(KernelCache.Open(kernel.Path));
        public CachedKernel Describe(KernelFile kernel) => KernelStore.Describe(kernel);
        public bool Remove(KernelFile kernel) => KernelStore.Remove(kernel);
    }

    private sealed class OpenKernel(KernelCache cache) : IOpenKernel
    {
        private ModuleFiles? _files;
        private HttpClient? _http;

        public IKernelModel Model => cache;

        public IBodies Bodies(IReadOnlyList<string> elfFiles, Func<string, string?> environment, Action<string> note)
        {
            _files ??= new ModuleFiles(cache, elfFiles, DebuginfodCache.FromEnvironment(environment), [new PackageMembers()], note, Servers(environment));
            return new KernelBodies(cache, _files);
        }

        private DebuginfodClient? Servers(Func<string, string?> environment)
        {
            // A client costs time that most questions need not spend.
            if (string.IsNullOrEmpty(environment(DebuginfodSettings.UrlsVariable))) { return null; }
            return new DebuginfodClient(_http ??= HttpClients.Create(), DebuginfodSettings.FromEnvironment(environment), DebuginfodCache.FromEnvironment(environment));
        }

        public void Dispose()
        {
            _files?.Dispose();
            _http?.Dispose();
            cache.Dispose();
        }
    }

    private sealed class Fetcher : IKernelFetcher
    {
        public Task<FetchOutcome> RunAsync(FetchRequest request, IFetchProgress progress, CancellationToken cancellation)
            => KernelFetcher.RunAsync(request, progress, cancellation);
    }

    private sealed class Finder : IKernelFinder
    {
        public KernelExplanation Explain(FetchRequest request) => KernelFinder.Explain(request);

        public Task<KernelListing> ListAsync(Distribution distribution, ListQuery query, string? baseUrl, CancellationToken cancellation)
            => KernelFinder.ListAsync(distribution, query, baseUrl, cancellation);
    }
}
