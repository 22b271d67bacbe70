using DebugInfoFetch.Cache;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch;

/// <summary>
/// The way from a release to the cache over the servers of <c>DEBUGINFOD_URLS</c>, which comes before any package: the wanted files one by one, each by its build ID. They give
/// all of them or nothing is taken, so that what is cached is of one build. They need not know the release: who knows the build IDs is asked in turn.
/// </summary>
internal sealed class DebuginfodFetch
{
    private const string Vmlinux = "vmlinux";

    private readonly HttpClient _http;
    private readonly KernelStore _store;
    private readonly FetchRequest _request;
    private readonly IFetchProgress _progress;
    private readonly DebuginfodSettings _settings;
    private readonly DebuginfodCache _cache;
    private readonly DebuginfodMetadata _metadata;
    private readonly List<LocateAttempt> _places = [];

    public DebuginfodFetch(HttpClient http, KernelStore store, FetchRequest request, IFetchProgress progress)
    {
        (_http, _store, _request, _progress) = (http, store, request, progress);
        _settings = DebuginfodSettings.FromEnvironment(request.Environment);
        _cache = DebuginfodCache.FromEnvironment(request.Environment);
        _metadata = new DebuginfodMetadata(http, _settings);
        // It serves single files: a whole kernel is four thousand of them. And a signature over a package says nothing of these.
        IsOver = _settings.Servers.Count == 0 || request.Modules.Count == 0 || request.Package is not null || request.Quick || request.RequireSignature;
        if (!IsOver) { foreach (string problem in _settings.Problems) { progress.Note(problem); } }
    }

    /// <summary>Nothing more comes of these servers, or they are not to be asked.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What was asked, with its answers.</summary>
    public IReadOnlyList<LocateAttempt> Places => _places;

    /// <summary>What is asked, in order; null when these servers are not asked.</summary>
    public KernelPlan? Plan(KernelRelease release)
    {
        if (IsOver) { return null; }
        string[] wanted = Wanted();
        List<string> places = [];
        bool isEnough = release.BuildId.Length > 0 && wanted is [Vmlinux];
        if (!isEnough)
        {
            places.Add($"{RunningKernel.Place}, where that kernel runs");
            places.AddRange(_metadata.PlacesFor(release, wanted).Select(PackageCandidate.PlaceOf));
            places.Add("<the header of the RPM, at the first address below that has it>");
        }

        string id = isEnough ? release.BuildId : "<build ID>";
        places.AddRange(_settings.Servers.Select(server => $"{PackageCandidate.PlaceOf(server.Url)}buildid/{id}/debuginfo"));
        return new KernelPlan("debuginfod", release, [new PlanStep.AskFiles($"the servers of {DebuginfodSettings.UrlsVariable} for {string.Join(", ", wanted)}, by build ID", places)], []);
    }

    /// <summary>Tries it with build IDs that are known without a package.</summary>
    /// <returns>Null when it led nowhere, which was said in a line if anybody was asked.</returns>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<FetchOutcome.Ready?> RunAsync(KernelRelease release, CancellationToken ct)
    {
        if (IsOver) { return null; }
        string[] wanted = Wanted();
        if (release.BuildId.Length > 0 && wanted is [Vmlinux])
        {
            return await TakeAsync(release, wanted, new KernelBuildIds("--build-id", new Dictionary<string, BuildId> { [Vmlinux] = BuildId.Parse(release.BuildId) }), ct).ConfigureAwait(false);
        }

        if (new RunningKernel(_request.Root).BuildIds(release, wanted) is { } running && IsMeant(release, running) && running.Covers(wanted))
        {
            return await TakeAsync(release, wanted, running, ct).ConfigureAwait(false);
        }

        // Where several builds are known to share the release, a server's only one need not be the one that is meant.
        if (release.BuildId.Length == 0 && (release.PackageVersion.Length > 0 || release.Distribution is Distribution.RhelLike or Distribution.Unknown)) { return null; }
        DebuginfodMetadata.Answer told = await _metadata.FindAsync(release, wanted, ct).ConfigureAwait(false);
        _places.AddRange(told.Attempts);
        KernelBuildIds[] builds = [.. told.Builds.Where(ids => IsMeant(release, ids) && ids.Covers(wanted))];
        if (builds.Length > 1) { return GiveUp($"{builds.Length} builds are called {release}; --build-id HEX decides"); }
        return builds.Length == 1 ? await TakeAsync(release, wanted, builds[0], ct).ConfigureAwait(false) : null;
    }

    /// <summary>Tries it with the build IDs that the header of an RPM tells, if they were not known before.</summary>
    /// <param name="candidates">Where the package is.</param>
    /// <inheritdoc cref="RunAsync(KernelRelease, CancellationToken)"/>
    public async Task<FetchOutcome.Ready?> RunAsync(KernelRelease release, IReadOnlyList<PackageCandidate> candidates, CancellationToken ct)
    {
        if (IsOver) { return null; }
        string[] wanted = Wanted();
        foreach (PackageCandidate candidate in candidates.Where(c => c.FileName.EndsWith(".rpm", StringComparison.Ordinal) && !c.Url.IsFile))
        {
            if (await ReadHeaderAsync(candidate, ct).ConfigureAwait(false) is not { } header) { continue; }
            KernelBuildIds ids = KernelBuildIds.OfPackage(header, release, $"the header of {candidate.FileName}");
            if (!IsMeant(release, ids) || !ids.Covers(wanted)) { continue; }
            return await TakeAsync(release, wanted, ids, ct).ConfigureAwait(false);
        }

        return GiveUp($"nobody told the build ID of {string.Join(", ", wanted)}");
    }

    private string[] Wanted() => [.. _request.Modules.Select(Unpack.KernelPackageLayout.ModuleName).Distinct()];

    /// <summary>Of several builds of one release, the one that was asked for.</summary>
    private static bool IsMeant(KernelRelease release, KernelBuildIds ids) => release.BuildId.Length == 0 || (ids.ByModule.TryGetValue(Vmlinux, out BuildId id) && id.Hex == release.BuildId);

    private async Task<RpmPackage?> ReadHeaderAsync(PackageCandidate candidate, CancellationToken ct)
    {
        try
        {
            using PackageSource source = await new PackageSources(_http).OpenAsync(candidate, new TransferWatch(null, _progress.Note), ct).ConfigureAwait(false);
            if (source.RandomAccessLength is not { } length) { return null; }
            using var stream = new SourceStream(source, 0, length);
            return RpmPackage.Read(stream, candidate.FileName);
        }
        catch (Exception fault) when (fault is PackageUnavailableException or InputFaultException)
        {
            // Whoever takes the package says so.
            return null;
        }
    }

    private async Task<FetchOutcome.Ready?> TakeAsync(KernelRelease release, string[] wanted, KernelBuildIds ids, CancellationToken ct)
    {
        using HeldPart? held = HeldPart.Open(_store, release, _request);
        string[] missing = [.. wanted.Except(held?.Modules.Select(m => m.Name) ?? [])];
        if (held is not null && !held.IsOf(ids)) { return GiveUp($"what is cached of {release} is not known to be of the build that {ids.Origin} names"); }
        var client = new DebuginfodClient(_http, _settings, _cache);
        var files = new List<ServedFile>();
        // vmlinux last: the largest is of no use where another one is not there.
        foreach (string module in missing.OrderBy(name => name == Vmlinux))
        {
            BuildId id = ids.ByModule[module];
            _progress.Stage($"Asking debuginfod for {module} ({id})", null);
            DebuginfodAnswer answer = await client.FindAsync(id, DebuginfodArtifact.Debuginfo, new InlineProgress<DownloadProgress>(step => _progress.Report(step.BytesReceived)), ct).ConfigureAwait(false);
            _places.AddRange(answer.Outcomes.Select(outcome => outcome.ToAttempt()));
            if (answer is not DebuginfodAnswer.Found found)
            {
                DebuginfodOutcome? why = answer.Outcomes.Count > 0 ? answer.Outcomes[^1] : null;
                string storage = answer is DebuginfodAnswer.Failed { Storage: { } disk } ? disk.Message : "";
                return GiveUp(storage.Length > 0 ? storage : why is null ? $"no server has {module}" : $"{module}: {why.Place}: {why.Answer}");
            }

            files.Add(new ServedFile(module, found.Path, new SourceInfo($"debuginfod: {found.Place}", found.ByteSize, "", $"build ID {id} as {ids.Origin} has it; {found.Verification}")));
        }

        try
        {
            return new FetchOutcome.Ready(new KernelIndexing(_store, _request, _progress).IndexServed(release, files, held, ct), true, new PartTransfer("from debuginfod", files.Sum(f => f.Source.ByteSize), null));
        }
        catch (Exception fault) when (fault is InputFaultException or OtherBuildException)
        {
            return GiveUp(fault.Message);
        }
    }

    private FetchOutcome.Ready? GiveUp(string why)
    {
        IsOver = true;
        _progress.Note($"not from debuginfod: {why}; so out of the package");
        return null;
    }
}

/// <summary>An ELF file that a server gave, in the debuginfod client's cache.</summary>
/// <param name="Module"><c>vmlinux</c>, or the module's name in the kernel's spelling.</param>
internal sealed record ServedFile(string Module, string Path, SourceInfo Source);
