using System.Collections.Concurrent;
using Polly;
using Polly.CircuitBreaker;

namespace DebugInfoFetch.Download;

/// <summary>A circuit breaker a host: when one has failed through a whole round of attempts, its other addresses are not tried as well.</summary>
internal sealed class HostBreakers(DownloadOptions options)
{
    private readonly ConcurrentDictionary<string, ResiliencePipeline> _hosts = new(StringComparer.OrdinalIgnoreCase);

    public ResiliencePipeline For(Uri url) => _hosts.GetOrAdd(url.Authority, _ => new ResiliencePipelineBuilder()
        .AddCircuitBreaker(Breaker(options.ConnectRetries, OutcomeKind.Unreachable))
        .AddCircuitBreaker(Breaker(options.Retries, OutcomeKind.ServerError, OutcomeKind.Silent))
        .Build());

    private CircuitBreakerStrategyOptions Breaker(int retries, params OutcomeKind[] kinds) => new()
    {
        ShouldHandle = new PredicateBuilder().Handle<TransferFault>(f => kinds.Contains(f.Kind)),
        FailureRatio = 1.0,
        // As many failures in a row as one candidate may have; Polly wants two at least.
        MinimumThroughput = Math.Max(2, retries + 1),
        SamplingDuration = TimeSpan.FromMinutes(5),
        BreakDuration = options.BreakDuration,
    };
}
