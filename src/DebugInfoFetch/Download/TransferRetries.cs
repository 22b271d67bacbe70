using Polly;
using Polly.Retry;

namespace DebugInfoFetch.Download;

/// <summary>Attempts at a transfer: again after transient faults with back-off and <c>Retry-After</c>, not at all at a host that fails all the time.</summary>
internal sealed class TransferRetries(DownloadOptions options)
{
    private readonly HostBreakers _breakers = new(options);

    /// <param name="attempt">One request. What it has got before it breaks counts: the next one goes on there.</param>
    /// <param name="received">Bytes that are there so far.</param>
    /// <param name="waiting">Told, in a line for a person, why and how long the next attempt is waited for.</param>
    /// <exception cref="TransferFault">The last attempt's.</exception>
    /// <exception cref="Polly.CircuitBreaker.BrokenCircuitException">The host has failed too often just before.</exception>
    public async Task RunAsync(Uri url, Func<CancellationToken, Task> attempt, Func<long> received, Action<string>? waiting, CancellationToken ct)
    {
        ResiliencePipeline breaker = _breakers.For(url);
        ResiliencePipeline retries = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is TransferFault { IsTransient: true } fault
                && args.AttemptNumber < (fault.Kind == OutcomeKind.Unreachable ? options.ConnectRetries : options.Retries)),
            // Polly wants one at least.
            MaxRetryAttempts = Math.Max(1, options.Retries),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.BaseDelay,
            MaxDelay = options.MaxDelay,
            DelayGenerator = args => ValueTask.FromResult((args.Outcome.Exception as TransferFault)?.RetryAfter),
            OnRetry = args =>
            {
                waiting?.Invoke($"{url.Authority}: {args.Outcome.Exception!.Message}; again in {args.RetryDelay.TotalSeconds:0.#} s");
                return ValueTask.CompletedTask;
            },
        }).Build();

        long highest = received();
        while (true)
        {
            try
            {
                await retries.ExecuteAsync(
                    async outer => await breaker.ExecuteAsync(async inner => await attempt(inner).ConfigureAwait(false), outer).ConfigureAwait(false),
                    ct).ConfigureAwait(false);
                return;
            }
            catch (TransferFault fault) when (fault.IsTransient && received() - highest >= options.ProgressThatResetsRetries)
            {
                // The line is bad, but it is a line. Each round adds to what is there, so that this comes to an end.
                highest = received();
            }
        }
    }
}
