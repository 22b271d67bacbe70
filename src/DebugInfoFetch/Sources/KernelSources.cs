using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Debian;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources;

/// <summary>All sources, asked in order.</summary>
public sealed class KernelSources(IReadOnlyList<IKernelSource> sources)
{
    private const int NearestShown = 4;
    private static readonly TimeSpan NearestTime = TimeSpan.FromSeconds(20);

    /// <summary>Every source that the program has: a new one is its file and a line here.</summary>
    public static KernelSources Create(SourceOptions options, HttpClient http)
    {
        var api = new ArchiveApi(http);
        return new(
        [
            new FedoraSource(options, api),
            new CentOSSource(options, api),
            new AlmaSource(options, api),
            new RockySource(options, api),
            new OracleSource(options, api),
            new RhelSource(options, api),
            new AmazonSource(options, api),
            new OpenSuseSource(options, api),
            new DebianSource(options, http),
            new UbuntuSource(options, api),
            new ArchSource(options),
        ]);
    }

    /// <summary>What would be done to find <paramref name="release"/>'s package, source after source. Nothing is asked.</summary>
    public IReadOnlyList<KernelPlan> Plans(KernelRelease release, KernelPackage package = KernelPackage.DebugInfo)
        => [.. sources.Where(s => s.Handles(release)).Select(s => s.Plan(release with { Distribution = s.Distribution }, package))];

    /// <summary>
    /// Goes through the plans until one step has candidates; <see cref="LocateResult.Found.NextAsync"/> goes on from there. Else all that was
    /// tried since the last answer, and what to do next.
    /// </summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public Task<LocateResult> LocateAsync(KernelRelease release, CancellationToken ct) => LocateAsync(release, KernelPackage.DebugInfo, ct);

    /// <inheritdoc cref="LocateAsync(KernelRelease, CancellationToken)"/>
    public Task<LocateResult> LocateAsync(KernelRelease release, KernelPackage package, CancellationToken ct)
    {
        IReadOnlyList<KernelPlan> plans = Plans(release, package);
        return GoOnAsync(release, package, plans, [.. plans.SelectMany(plan => plan.Steps.Select(step => (plan, step)))], 0, ct);
    }

    private async Task<LocateResult> GoOnAsync(
        KernelRelease asked, KernelPackage package, IReadOnlyList<KernelPlan> plans, (KernelPlan Plan, PlanStep Step)[] steps, int at, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        List<string> advice = [];
        while (at < steps.Length)
        {
            (KernelPlan plan, PlanStep step) = steps[at];
            int next = at + 1;
            LocateResult answer;
            if (step is PlanStep.Ask ask) { answer = await ask.AnswerAsync(ct).ConfigureAwait(false); }
            else
            {
                while (next < steps.Length && steps[next].Plan == plan && steps[next].Step is PlanStep.Take) { next++; }
                answer = new LocateResult.Found(plan.Release, [.. steps[at..next].Select(s => ((PlanStep.Take)s.Step).Candidate)], [], []);
            }

            attempts.AddRange(answer.Attempts);
            advice.AddRange(answer.Advice);
            if (answer is LocateResult.Found found)
            {
                return found with
                {
                    Attempts = attempts,
                    Advice = [.. advice, .. plan.Advice],
                    Caution = found.Caution ?? CautionOf(asked, plan, plans),
                    NextAsync = more => GoOnAsync(asked, package, plans, steps, next, more),
                };
            }

            at = next;
        }

        // The lists are of debug packages.
        IReadOnlyList<string> nearest = package == KernelPackage.DebugInfo ? await NearestAsync(asked, ct).ConfigureAwait(false) : [];
        return new LocateResult.NotFound(asked, attempts, [.. nearest.Concat(advice).Concat(AdviceOf(asked, plans)).Distinct()]);
    }

    /// <summary>Rebuilds of RHEL's kernels have its release strings, and other addresses.</summary>
    private static string? CautionOf(KernelRelease asked, KernelPlan plan, IReadOnlyList<KernelPlan> plans)
        => plans.Count < 2 || asked.BuildId.Length > 0
            ? null
            : $"{string.Join(", ", plans.Select(p => p.Source))} all have builds called {asked}, with other addresses in each; "
                + $"taken is {plan.Source}'s: --distro NAME or --build-id HEX decides";

    private static IEnumerable<string> AdviceOf(KernelRelease asked, IReadOnlyList<KernelPlan> plans)
        => (plans.Count > 0
            ? plans.SelectMany(p => p.Advice)
            : [$"no distribution that dbgfetch knows names a kernel {asked}: --distro NAME if it is one of {string.Join(", ", DistributionNames.Keys)}; "
                + "for your own build: --elf vmlinux --elf MODULE.ko"])
            .Append("a package that you have or know the address of: --package FILE|URL");

    /// <summary>Builds of the same kind that the sources do offer, nearest in version; nothing where no list is to be had in time.</summary>
    private async Task<IReadOnlyList<string>> NearestAsync(KernelRelease asked, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(NearestTime);
        List<string> lines = [];
        foreach (IKernelSource source in sources.Where(s => s.Handles(asked)))
        {
            try
            {
                KernelListing listing = await source.ListAsync(new ListQuery(null, asked.Architecture, asked), bounded.Token).ConfigureAwait(false);
                string[] near = Nearest(asked, listing.Kernels);
                if (near.Length > 0) { lines.Add($"{DistributionNames.Display(source.Distribution)} has debug packages of these builds near it: {string.Join(", ", near)}"); }
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                break;
            }
        }

        return lines;
    }

    private static string[] Nearest(KernelRelease asked, IReadOnlyList<OfferedKernel> offered)
    {
        List<KernelRelease> known = [];
        foreach (OfferedKernel kernel in offered)
        {
            if (KernelRelease.TryParse(kernel.Release, kernel.Architecture, out KernelRelease? build, out _) && !build!.MayBeMeta
                && build.Flavour == asked.Flavour && !known.Contains(build))
            {
                known.Add(build);
            }
        }

        // A build of another series is only near where its own has none.
        if (known.FindAll(k => SeriesOf(k) == SeriesOf(asked)) is { Count: > 0 } sameSeries) { known = sameSeries; }
        known.Sort((a, b) => DebianVersion.Compare(a.UnameText, b.UnameText));
        int at = known.FindIndex(k => DebianVersion.Compare(k.UnameText, asked.UnameText) > 0);
        int first = Math.Max(0, Math.Min((at < 0 ? known.Count : at) - (NearestShown / 2), known.Count - NearestShown));
        return [.. known.Skip(first).Take(NearestShown).Select(k => k.UnameText)];
    }

    /// <summary>6.12 of 6.12.107+deb12-amd64.</summary>
    private static string SeriesOf(KernelRelease release) => string.Join('.', release.UnameText.Split('.', '-', '+').Take(2));

    /// <summary>Builds that <paramref name="distribution"/>'s archives offer.</summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public Task<KernelListing> ListAsync(Distribution distribution, ListQuery query, CancellationToken ct)
        => sources.Single(s => s.Distribution == distribution).ListAsync(query, ct);
}
