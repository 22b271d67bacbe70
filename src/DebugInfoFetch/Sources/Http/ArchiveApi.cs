using System.Net;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace DebugInfoFetch.Sources.Http;

/// <summary>An archive's JSON interface: small answers, bounded in size and time, asked again on transient faults.</summary>
public sealed class ArchiveApi(HttpClient http, ArchiveApiOptions? options = null)
{
    private readonly ArchiveApiOptions _options = options ?? new ArchiveApiOptions();

    /// <summary>The document at <paramref name="url"/>, or null with the answer in <see cref="Answer.Text"/>.</summary>
    public readonly record struct Answer(JsonDocument? Document, HttpStatusCode? Status, string Text);

    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<Answer> GetAsync(Uri url, CancellationToken ct)
    {
        ResiliencePipeline<Attempt> retries = new ResiliencePipelineBuilder<Attempt>().AddRetry(new RetryStrategyOptions<Attempt>
        {
            ShouldHandle = new PredicateBuilder<Attempt>().HandleResult(a => a.MayPass),
            MaxRetryAttempts = _options.Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = _options.BaseDelay,
            MaxDelay = _options.MaxWait,
            DelayGenerator = args => ValueTask.FromResult(args.Outcome.Result.Wait),
        }).Build();
        Attempt last = await retries.ExecuteAsync(async token => await TryAsync(url, token).ConfigureAwait(false), ct).ConfigureAwait(false);
        return last.Answer;
    }

    /// <param name="MayPass">Asking again may help.</param>
    private readonly record struct Attempt(Answer Answer, bool MayPass, TimeSpan? Wait = null);

    private async Task<Attempt> TryAsync(Uri url, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(_options.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.ParseAdd(HttpAnswer.UserAgent);
            foreach ((string name, string value) in _options.Headers) { request.Headers.TryAddWithoutValidation(name, value); }
            using HttpResponseMessage response =
                await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounded.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                TimeSpan? wait = HttpAnswer.RetryAfter(response, TimeProvider.System);
                return new Attempt(new Answer(null, response.StatusCode, HttpAnswer.Describe(response.StatusCode)),
                    HttpAnswer.IsTransient(response.StatusCode) && !(wait > _options.MaxWait), wait);
            }

            byte[]? body = await ReadBoundedAsync(response.Content, bounded.Token).ConfigureAwait(false);
            return body is null
                ? new Attempt(new Answer(null, response.StatusCode, $"an answer of more than {_options.MaxBytes} bytes"), MayPass: false)
                : new Attempt(new Answer(JsonDocument.Parse(body), response.StatusCode, HttpAnswer.Describe(response.StatusCode)), MayPass: false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new Attempt(new Answer(null, null, $"no answer within {_options.Timeout.TotalSeconds:0.#} s"), MayPass: false);
        }
        catch (HttpRequestException fault)
        {
            return new Attempt(new Answer(null, null, HttpAnswer.Describe(fault)), !HttpAnswer.IsTrustFault(fault));
        }
        catch (IOException)
        {
            return new Attempt(new Answer(null, null, "the connection broke before the end"), MayPass: true);
        }
        catch (JsonException)
        {
            return new Attempt(new Answer(null, HttpStatusCode.OK, "an answer that is no JSON (a login page?)"), MayPass: false);
        }
    }

    private async Task<byte[]?> ReadBoundedAsync(HttpContent content, CancellationToken ct)
    {
        using Stream stream = await content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        using var body = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > _options.MaxBytes)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}

/// <summary>Bounds of one request to an archive's interface.</summary>
public sealed record ArchiveApiOptions
{
    public int Retries { get; init; } = 2;
    /// <summary>The first wait between attempts; it doubles.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromSeconds(0.5);
    /// <summary>The longest wait, and the longest <c>Retry-After</c> that is waited for.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>For one whole answer: they are small.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
    public int MaxBytes { get; init; } = 8 * 1024 * 1024;
    /// <summary>Sent with every request.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}
