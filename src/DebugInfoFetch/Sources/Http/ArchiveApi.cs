using System.Net;
using System.Text;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace DebugInfoFetch.Sources.Http;

/// <summary>What an archive says of itself: JSON, XML and text, bounded in size and time, asked again on transient faults.</summary>
public sealed class ArchiveApi(HttpClient http, ArchiveApiOptions? options = null)
{
    private readonly ArchiveApiOptions _options = options ?? new ArchiveApiOptions();

    /// <summary>The document at an address, or null with the answer in <see cref="Text"/>.</summary>
    public readonly record struct Answer(JsonDocument? Document, HttpStatusCode? Status, string Text);

    /// <summary>The bytes at an address, or null with the answer in <see cref="Text"/>.</summary>
    public readonly record struct Body(byte[]? Bytes, HttpStatusCode? Status, string Text)
    {
        /// <summary>The bytes as text; null where there are none.</summary>
        public string? AsText => Bytes is null ? null : Encoding.UTF8.GetString(Bytes);
    }

    /// <summary>A small JSON document.</summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<Answer> GetAsync(Uri url, CancellationToken ct)
    {
        Body body = await GetBytesAsync(url, _options.MaxBytes, ct).ConfigureAwait(false);
        if (body.Bytes is null) { return new Answer(null, body.Status, body.Text); }
        try
        {
            return new Answer(JsonDocument.Parse(body.Bytes), body.Status, body.Text);
        }
        catch (JsonException)
        {
            return new Answer(null, HttpStatusCode.OK, "an answer that is no JSON (a login page?)");
        }
    }

    /// <param name="maxBytes">A longer answer is none. What is larger than <see cref="ArchiveApiOptions.MaxBytes"/> has as much more time.</param>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public Task<Body> GetBytesAsync(Uri url, long maxBytes, CancellationToken ct) => AskAsync(url, null, maxBytes, ct);

    /// <summary>A small answer to an XML-RPC call.</summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public Task<Body> PostXmlAsync(Uri url, string document, CancellationToken ct) => AskAsync(url, document, _options.MaxBytes, ct);

    private async Task<Body> AskAsync(Uri url, string? posted, long maxBytes, CancellationToken ct)
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
        Attempt last = await retries.ExecuteAsync(async token => await TryAsync(url, posted, maxBytes, token).ConfigureAwait(false), ct).ConfigureAwait(false);
        return last.Body;
    }

    /// <param name="MayPass">Asking again may help.</param>
    private readonly record struct Attempt(Body Body, bool MayPass, TimeSpan? Wait = null);

    private async Task<Attempt> TryAsync(Uri url, string? posted, long maxBytes, CancellationToken ct)
    {
        TimeSpan timeout = _options.Timeout * Math.Max(1, maxBytes / _options.MaxBytes);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(timeout);
        try
        {
            using var request = HttpAnswer.Request(posted is null ? HttpMethod.Get : HttpMethod.Post, url);
            if (posted is not null) { request.Content = new StringContent(posted, Encoding.UTF8, "text/xml"); }
            foreach ((string name, string value) in _options.Headers) { request.Headers.TryAddWithoutValidation(name, value); }
            using HttpResponseMessage response =
                await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounded.Token).ConfigureAwait(false);
            string text = HttpAnswer.Describe(response.StatusCode);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                TimeSpan? wait = HttpAnswer.RetryAfter(response, TimeProvider.System);
                return new Attempt(new Body(null, response.StatusCode, text), HttpAnswer.IsTransient(response.StatusCode) && !(wait > _options.MaxWait), wait);
            }

            byte[]? body = await ReadBoundedAsync(response.Content, maxBytes, bounded.Token).ConfigureAwait(false);
            return new Attempt(new Body(body, response.StatusCode, body is null ? $"an answer of more than {maxBytes} bytes" : text), MayPass: false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new Attempt(new Body(null, null, $"no answer within {timeout.TotalSeconds:0.#} s"), MayPass: false);
        }
        catch (HttpRequestException fault)
        {
            return new Attempt(new Body(null, null, HttpAnswer.Describe(fault)), !HttpAnswer.IsTrustFault(fault));
        }
        catch (IOException)
        {
            return new Attempt(new Body(null, null, "the connection broke before the end"), MayPass: true);
        }
    }

    private static async Task<byte[]?> ReadBoundedAsync(HttpContent content, long maxBytes, CancellationToken ct)
    {
        using Stream stream = await content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        using var body = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > maxBytes)
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
    /// <summary>For one whole answer of at most <see cref="MaxBytes"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
    public int MaxBytes { get; init; } = 8 * 1024 * 1024;
    /// <summary>Sent with every request.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}
