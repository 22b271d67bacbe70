using System.Net;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Download;

/// <summary>One request and its answer, under the rules that all transfers share: how long silence is borne, and what each fault means.</summary>
internal sealed class Exchange : IDisposable
{
    private readonly DownloadOptions _options;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenRegistration _user;
    private long _sinceSignOfLife;

    private Exchange(DownloadOptions options, CancellationToken ct)
    {
        _options = options;
        _silence = new CancellationTokenSource(options.SilenceTimeout, options.Clock);
        _user = ct.UnsafeRegister(static silence => ((CancellationTokenSource)silence!).Cancel(), _silence);
    }

    /// <summary>Cancelled when the user gives up, and when next to nothing has arrived for too long.</summary>
    public CancellationToken Token => _silence.Token;

    /// <summary>Bytes have arrived; enough of them are a sign of life.</summary>
    public void Heard(int bytes)
    {
        _sinceSignOfLife += bytes;
        if (_sinceSignOfLife < _options.MinimumBytes) { return; }
        _silence.CancelAfter(_options.SilenceTimeout);
        _sinceSignOfLife = 0;
    }

    public void Dispose()
    {
        _user.Dispose();
        _silence.Dispose();
    }

    /// <param name="received">How much has arrived, for the message when the connection breaks.</param>
    /// <exception cref="TransferFault">It did not come through.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public static async Task RunAsync(DownloadOptions options, Func<Exchange, Task> run, Func<long> received, CancellationToken ct)
    {
        using var exchange = new Exchange(options, ct);
        try
        {
            await run(exchange).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (OperationCanceledException) when (exchange._silence.IsCancellationRequested)
        {
            string amount = options.MinimumBytes <= 1 ? "nothing" : $"fewer than {options.MinimumBytes} bytes";
            throw new TransferFault(OutcomeKind.Silent, $"{amount} arrived within {options.SilenceTimeout.TotalSeconds:0.#} s", isTransient: true);
        }
        catch (OperationCanceledException)
        {
            throw new TransferFault(OutcomeKind.Unreachable, "could not connect: no answer in time", isTransient: true);
        }
        catch (HttpRequestException fault)
        {
            throw new TransferFault(HttpAnswer.IsConnectFault(fault) ? OutcomeKind.Unreachable : OutcomeKind.BrokenTransfer,
                HttpAnswer.Describe(fault), isTransient: !HttpAnswer.IsTrustFault(fault));
        }
        catch (IOException)
        {
            throw new TransferFault(OutcomeKind.BrokenTransfer, $"the connection broke after {received()} bytes", isTransient: true);
        }
    }

    /// <summary>What a status other than success means: final, or worth another attempt, and after how long.</summary>
    public static TransferFault FaultOf(HttpResponseMessage response, Uri asked, DownloadOptions options)
    {
        string answer = HttpAnswer.Describe(response.StatusCode);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone) { return new TransferFault(OutcomeKind.NotFound, answer); }
        if ((int)response.StatusCode is >= 300 and < 400)
        {
            string target = response.Headers.Location is { } to && Uri.TryCreate(asked, to, out Uri? absolute)
                ? PackageCandidate.PlaceOf(absolute) : "nowhere";
            return new TransferFault(OutcomeKind.Refused, $"{answer}: a redirect to {target}, which is not followed");
        }

        if (!HttpAnswer.IsTransient(response.StatusCode)) { return new TransferFault(OutcomeKind.Refused, answer); }

        OutcomeKind kind = response.StatusCode == HttpStatusCode.TooManyRequests ? OutcomeKind.RateLimited : OutcomeKind.ServerError;
        TimeSpan? wait = HttpAnswer.RetryAfter(response, TimeProvider.System);
        return wait > options.MaxRetryAfter
            ? new TransferFault(kind, $"{answer}, asks to wait {wait.Value.TotalSeconds:0} s")
            : new TransferFault(kind, answer, isTransient: true, wait);
    }
}
