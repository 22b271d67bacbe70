using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using Polly.CircuitBreaker;

namespace DebugInfoFetch.Download;

/// <summary>
/// A package on a server, read by Range requests (RFC 9110 §14), several at once. The first answer's validators go with all further ones
/// (<c>If-Range</c>): parts of two different files never come together. A server that does not do ranges gives it from its start only.
/// </summary>
internal sealed class HttpPackageSource : PackageSource
{
    // Headers, indexes and footers are read in small pieces that lie close together.
    private const int PageSize = 64 << 10;
    private const int MostPages = 64;

    private readonly HttpClient _http;
    private readonly DownloadOptions _options;
    private readonly TransferRetries _retries;
    private readonly TransferWatch _watch;
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _slots;
    private readonly Dictionary<long, byte[]> _pages = [];
    private Uri _url;
    private PartialOrigin? _origin;
    private HttpResponseMessage? _whole;
    private long? _total;
    private bool _hasRanges;
    private long _bytesFetched;
    private int _requests;

    private HttpPackageSource(HttpClient http, PackageCandidate candidate, DownloadOptions options, TransferRetries retries, TransferWatch watch, CancellationToken ct)
        : base(candidate)
    {
        (_http, _options, _retries, _watch, _url) = (http, options, retries, watch, candidate.Url);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _slots = new SemaphoreSlim(options.ParallelRanges);
    }

    public override long? RandomAccessLength => _hasRanges ? _total : null;
    public override long? TotalBytes => _total;
    public override long BytesFetched => Interlocked.Read(ref _bytesFetched);
    public override int Requests => _requests;

    /// <summary>Asks for the first bytes, which tells what the server can do and whether it has a package.</summary>
    /// <param name="ct">For all that is read later, too.</param>
    /// <exception cref="PackageUnavailableException">It is not to be had.</exception>
    public static async Task<HttpPackageSource> OpenAsync(
        HttpClient http, PackageCandidate candidate, DownloadOptions options, TransferRetries retries, TransferWatch watch, CancellationToken ct)
    {
        var source = new HttpPackageSource(http, candidate, options, retries, watch, ct);
        try
        {
            await source.RetryAsync(source.BeginAsync, () => 0).ConfigureAwait(false);
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public override void ReadExactlyAt(long offset, Span<byte> buffer)
    {
        if (RandomAccessLength is not { } length) { throw new NotSupportedException("this source can only be read forward"); }

        if (offset < 0 || offset > length - buffer.Length)
        {
            throw InputFaultException.At(Candidate.FileName, "file", offset, $"{buffer.Length} bytes are wanted here, there are {length} in all");
        }

        if (buffer.Length > PageSize)
        {
            byte[] rented = ArrayPool<byte>.Shared.Rent(buffer.Length);
            try
            {
                FetchAsync(offset, rented.AsMemory(0, buffer.Length)).GetAwaiter().GetResult();
                rented.AsSpan(0, buffer.Length).CopyTo(buffer);
            }
            finally { ArrayPool<byte>.Shared.Return(rented); }

            return;
        }

        while (!buffer.IsEmpty)
        {
            long number = offset / PageSize;
            ReadOnlySpan<byte> page = Page(number).AsSpan((int)(offset - (number * PageSize)));
            int taken = Math.Min(page.Length, buffer.Length);
            page[..taken].CopyTo(buffer);
            offset += taken;
            buffer = buffer[taken..];
        }
    }

    public override Stream OpenStream()
    {
        var stream = new HttpForwardStream(this, _whole);
        _whole = null;
        return stream;
    }

    public override void Stop() => _stop.Cancel();

    protected override void Dispose(bool disposing)
    {
        _stop.Dispose();
        _whole?.Dispose();
        _slots.Dispose();
    }

    /// <exception cref="PackageUnavailableException">With the last attempt's answer.</exception>
    internal async Task RetryAsync(Func<CancellationToken, Task> attempt, Func<long> received)
    {
        try
        {
            await _retries.RunAsync(_url, attempt, received, _watch.Waiting, _stop.Token).ConfigureAwait(false);
        }
        catch (BrokenCircuitException)
        {
            throw Unavailable(OutcomeKind.Skipped, $"{(_requests == 0 ? "not tried" : "given up")}: {_url.Authority} has failed too often just before");
        }
        catch (TransferFault fault)
        {
            throw Unavailable(fault.Kind, fault.Message);
        }
    }

    /// <summary>One read of a body, up to a sign of life's worth of bytes.</summary>
    internal async Task<int> ReadBodyAsync(Stream body, Memory<byte> buffer, Exchange exchange)
    {
        int read = await body.ReadAsync(buffer, exchange.Token).ConfigureAwait(false);
        exchange.Heard(read);
        Count(read);
        return read;
    }

    /// <summary>Asks for the rest from a place on, or for the whole where the server does no ranges.</summary>
    /// <returns>The answer, and where in the package its body begins.</returns>
    internal async Task<(HttpResponseMessage Response, long From)> ReopenAsync(long from, Exchange exchange)
    {
        HttpResponseMessage response = await SendAsync(_hasRanges && from > 0 ? new RangeHeaderValue(from, null) : null, exchange).ConfigureAwait(false);
        try
        {
            if (response.StatusCode == HttpStatusCode.PartialContent)
            {
                CheckPart(response, from);
                return (response, from);
            }

            if (response.StatusCode != HttpStatusCode.OK) { throw Exchange.FaultOf(response, _url, _options); }

            // Only a validator proves that this is the file whose beginning has been read.
            if (from > 0 && (_origin?.ValidatorFor(Candidate) is null || _origin.Contradicts(Candidate, response) || response.Content.Headers.ContentLength != _total))
            {
                throw Changed();
            }

            return (response, 0);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    internal DownloadOptions Options => _options;

    private Task BeginAsync(CancellationToken ct) => Exchange.RunAsync(_options, async exchange =>
    {
        HttpResponseMessage response = await SendAsync(new RangeHeaderValue(0, PageSize - 1), exchange).ConfigureAwait(false);
        if (IsOdd(response))
        {
            response.Dispose();
            response = await SendAsync(null, exchange).ConfigureAwait(false);
        }

        try
        {
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent)) { throw Exchange.FaultOf(response, _url, _options); }

            await JudgeAsync(response, exchange).ConfigureAwait(false);
        }
        finally
        {
            if (response != _whole) { response.Dispose(); }
        }
    }, () => BytesFetched, ct);

    /// <summary>Takes from the first answer what it tells: length, validators, and whether it is a package at all.</summary>
    private async Task JudgeAsync(HttpResponseMessage response, Exchange exchange)
    {
        _hasRanges = response.StatusCode == HttpStatusCode.PartialContent;
        _total = _hasRanges ? response.Content.Headers.ContentRange!.Length : response.Content.Headers.ContentLength;
        if (_total is { } told && Candidate.ByteSize is { } expected && told != expected)
        {
            throw new TransferFault(OutcomeKind.WrongSize, $"{told} bytes, where the index has {expected}");
        }

        _origin = PartialOrigin.Of(Candidate, response, _total);
        // A redirector may send the next request to another mirror, whose validators are others.
        _url = response.RequestMessage?.RequestUri ?? _url;
        if (!_hasRanges)
        {
            _whole = response;
            return;
        }

        byte[] head = new byte[(int)Math.Min(PageSize, _total!.Value)];
        using Stream body = await response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
        await FillAsync(body, head, exchange, _ => { }).ConfigureAwait(false);
        if (PackageMagic.Refusal(Candidate.FileName, response.Content.Headers.ContentType?.MediaType, head) is { } refusal)
        {
            throw new TransferFault(OutcomeKind.NotAPackage, refusal);
        }

        _pages[0] = head;
    }

    /// <summary>No answer to a request for a range that makes sense: such a server is asked for the whole.</summary>
    private static bool IsOdd(HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.RequestedRangeNotSatisfiable => true,
        HttpStatusCode.PartialContent => response.Content.Headers.ContentRange is not { Unit: "bytes", HasRange: true, From: 0, Length: > 0 } range
            || range.To != Math.Min(PageSize, range.Length!.Value) - 1,
        _ => false,
    };

    private async Task FetchAsync(long offset, Memory<byte> target)
    {
        await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            int received = 0;
            await RetryAsync(ct => Exchange.RunAsync(_options, async exchange =>
            {
                using HttpResponseMessage response = await SendAsync(new RangeHeaderValue(offset + received, offset + target.Length - 1), exchange).ConfigureAwait(false);
                if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.RequestedRangeNotSatisfiable) { throw Changed(); }

                if (response.StatusCode != HttpStatusCode.PartialContent) { throw Exchange.FaultOf(response, _url, _options); }

                CheckPart(response, offset + received);
                using Stream body = await response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
                await FillAsync(body, target[received..], exchange, read => received += read).ConfigureAwait(false);
            }, () => received, ct), () => received).ConfigureAwait(false);
        }
        finally { _slots.Release(); }
    }

    private async Task FillAsync(Stream body, Memory<byte> target, Exchange exchange, Action<int> took)
    {
        while (!target.IsEmpty)
        {
            int read = await ReadBodyAsync(body, target, exchange).ConfigureAwait(false);
            if (read == 0) { throw new TransferFault(OutcomeKind.BrokenTransfer, "the connection broke before the range's end", isTransient: true); }

            took(read);
            target = target[read..];
        }
    }

    private Task<HttpResponseMessage> SendAsync(RangeHeaderValue? range, Exchange exchange)
    {
        var request = HttpAnswer.Request(HttpMethod.Get, _url);
        request.Headers.Range = range;
        if (range is not null) { request.Headers.IfRange = _origin?.ValidatorFor(Candidate); }

        Interlocked.Increment(ref _requests);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token);
    }

    private void CheckPart(HttpResponseMessage response, long from)
    {
        if (_origin?.Contradicts(Candidate, response) == true) { throw Changed(); }

        if (response.Content.Headers.ContentRange is not { Unit: "bytes", HasRange: true } range || range.From != from)
        {
            throw new TransferFault(OutcomeKind.BrokenTransfer, "another range than was asked for", isTransient: true);
        }
    }

    private PackageUnavailableException Unavailable(OutcomeKind kind, string answer)
        => new(new CandidateOutcome(Candidate, kind, answer + (_requests > 1 ? $" ({_requests} requests)" : ""), _requests));

    private static TransferFault Changed() => new(OutcomeKind.Changed, "the file is not what it was when its first bytes were read");

    private byte[] Page(long number)
    {
        lock (_pages)
        {
            if (_pages.TryGetValue(number, out byte[]? held)) { return held; }

            byte[] page = new byte[(int)Math.Min(PageSize, _total!.Value - (number * PageSize))];
            FetchAsync(number * PageSize, page).GetAwaiter().GetResult();
            if (_pages.Count == MostPages) { _pages.Clear(); }

            return _pages[number] = page;
        }
    }

    private void Count(int read)
    {
        long fetched = Interlocked.Add(ref _bytesFetched, read);
        _watch.Received?.Invoke(fetched);
    }
}
