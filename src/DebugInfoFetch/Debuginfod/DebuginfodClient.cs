using DebugInfoFetch.Download;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Debuginfod;

/// <summary>
/// Brings a build ID's file from the client cache, else from the servers of <c>DEBUGINFOD_URLS</c>: all are asked at once, the first that has it is taken, the
/// others are let go (debuginfod(8); elfutils: debuginfod-client.c).
/// </summary>
/// <param name="http">From <see cref="Sources.Http.HttpClients"/>.</param>
/// <param name="options">The program's own bounds; those of the variables go before them.</param>
public sealed class DebuginfodClient(HttpClient http, DebuginfodSettings settings, DebuginfodCache cache, DownloadOptions? options = null)
{
    private readonly DownloadOptions _options = (options ?? new DownloadOptions()) with
    {
        SilenceTimeout = settings.Timeout ?? Timeout.InfiniteTimeSpan,
        MinimumBytes = DebuginfodSettings.TimeoutBytes,
        MaxByteSize = settings.MaxByteSize ?? (options ?? new DownloadOptions()).MaxByteSize,
    };

    /// <exception cref="OperationCanceledException">The user gave up; nothing is left behind.</exception>
    public async Task<DebuginfodAnswer> FindAsync(BuildId id, DebuginfodArtifact artifact, IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        if (cache.Find(id, artifact) is { } there)
        {
            return new DebuginfodAnswer.Found(there, there, new FileInfo(there).Length, "", "from the debuginfod client cache", IsFromCache: true, []);
        }

        if (settings.Servers.Count == 0) { return new DebuginfodAnswer.Missing([]); }
        if (cache.IsKnownMissing(id, artifact))
        {
            return new DebuginfodAnswer.Missing([new(cache.PathOf(id, artifact), OutcomeKind.NotFound, "no debuginfod server had it a short while ago")]);
        }

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (settings.MaxTime is { } whole) { bounded.CancelAfter(whole); }
        var outcomes = new Dictionary<DebuginfodServer, DebuginfodOutcome>();
        try
        {
            return await AskAsync(id, artifact, outcomes, progress, bounded.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            string tooLong = $"not whole within the {settings.MaxTime!.Value.TotalSeconds:0} s of DEBUGINFOD_MAXTIME";
            return new DebuginfodAnswer.Failed([.. settings.Servers.Select(s => new DebuginfodOutcome(DebuginfodContender.PlaceOf(s, id, artifact), OutcomeKind.Silent, tooLong))]);
        }
        catch (StorageFault fault)
        {
            return new DebuginfodAnswer.Failed([.. outcomes.Values], new DownloadFailure(fault.Reason, fault.Message, []));
        }
    }

    private async Task<DebuginfodAnswer> AskAsync(
        BuildId id, DebuginfodArtifact artifact, Dictionary<DebuginfodServer, DebuginfodOutcome> outcomes, IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        List<DebuginfodServer> worthAsking = [.. settings.Servers];
        for (int round = 0; worthAsking.Count > 0 && round <= settings.RetryLimit; round++)
        {
            TimeSpan wait = TimeSpan.Zero;
            // A winner whose transfer breaks off has sent the others away: those are asked again before it is.
            for (List<DebuginfodServer> asked = [.. worthAsking], sentAway = []; asked.Count > 0; (asked, sentAway) = (sentAway, []))
            {
                var race = new DebuginfodRace();
                DebuginfodContender.Ending[] endings = await Task.WhenAll(asked
                    .Select(s => new DebuginfodContender(http, settings, _options, cache, s, id, artifact).RunAsync(race, round, progress, ct))).ConfigureAwait(false);
                foreach ((DebuginfodServer server, DebuginfodContender.Ending ending) in asked.Zip(endings))
                {
                    if (ending.Outcome is { } outcome) { outcomes[server] = outcome; }
                    else { sentAway.Add(server); }

                    if (ending.Found is { } found) { return found with { Outcomes = [.. outcomes.Values] }; }
                    if (!ending.MayPass) { worthAsking.Remove(server); }
                    wait = ending.RetryAfter is { } retryAfter && retryAfter > wait ? retryAfter : wait;
                }
            }

            bool isLast = worthAsking.Count == 0 || round == settings.RetryLimit;
            if (!isLast) { await Task.Delay(wait > TimeSpan.Zero ? wait : _options.BaseDelay * (1 << Math.Min(round, 6)), ct).ConfigureAwait(false); }
        }

        bool nobodyHasIt = settings.Servers.All(s => outcomes.GetValueOrDefault(s)?.Kind == OutcomeKind.NotFound);
        if (!nobodyHasIt) { return new DebuginfodAnswer.Failed([.. outcomes.Values]); }
        cache.NoteMissing(id, artifact);
        return new DebuginfodAnswer.Missing([.. outcomes.Values]);
    }
}

/// <summary>One round in which several servers are asked: whoever claims it first goes on, all others stop.</summary>
internal sealed class DebuginfodRace
{
    private readonly List<CancellationTokenSource> _others = [];
    private DebuginfodContender? _winner;

    /// <summary>A token that ends when another contender has won, or with <paramref name="ct"/>. To be disposed by the caller.</summary>
    public CancellationTokenSource Enter(CancellationToken ct)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(ct);
        lock (_others)
        {
            _others.Add(source);
            if (_winner is not null) { source.Cancel(); }
        }

        return source;
    }

    public void Leave(CancellationTokenSource source)
    {
        lock (_others) { _others.Remove(source); }
        source.Dispose();
    }

    /// <returns>Whether <paramref name="contender"/> is the one that goes on.</returns>
    public bool Claim(DebuginfodContender contender, CancellationTokenSource own)
    {
        lock (_others)
        {
            if (_winner is not null) { return _winner == contender; }
            _winner = contender;
            foreach (CancellationTokenSource other in _others.Where(o => o != own)) { other.Cancel(); }
            return true;
        }
    }
}
