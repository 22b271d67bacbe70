using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Download;

/// <summary>
/// The rest of a file in ranges (RFC 9110 §14), several on their way at once and given in order: the first of them as it arrives, the others from
/// memory. Nothing is tried twice here: whoever asks for several at once must be ready to go on with one.
/// </summary>
/// <param name="url">Where the first answer came from, behind redirects: another mirror has other validators.</param>
/// <param name="origin">What that answer was part of, which all others must be part of too.</param>
internal sealed class RangesAhead(HttpClient http, DownloadOptions options, PackageCandidate candidate, Uri url, PartialOrigin origin)
{
    private long _waiting;

    /// <summary>Bytes that have arrived and not been given yet.</summary>
    public long BytesWaiting => Interlocked.Read(ref _waiting);

    /// <summary>Requests made so far.</summary>
    public int Requests { get; private set; }

    /// <param name="from">What is there already ends here.</param>
    /// <param name="total">Bytes of the file.</param>
    /// <param name="take">Given every byte once, in order.</param>
    /// <exception cref="TransferFault">A range did not come through. What lies before it has been given.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task ReadAsync(long from, long total, Action<ReadOnlySequence<byte>> take, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var window = new Queue<(PipeReader Bytes, Task Fetch)>();
        try
        {
            while (from < total || window.Count > 0)
            {
                while (from < total && window.Count < options.ParallelRanges)
                {
                    int size = (int)Math.Min(options.RangeSize, total - from);
                    // A range is bounded itself, so that its writer never has to wait for us.
                    var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
                    Requests++;
                    window.Enqueue((pipe.Reader, FetchAsync(from, size, pipe.Writer, stop.Token)));
                    from += size;
                }

                (PipeReader bytes, Task fetch) = window.Peek();
                await GiveAsync(bytes, take, stop.Token).ConfigureAwait(false);
                await fetch.ConfigureAwait(false);
                window.Dequeue();
            }
        }
        finally
        {
            stop.Cancel();
            await Task.WhenAll(window.Select(range => range.Fetch)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach ((PipeReader bytes, _) in window) { await bytes.CompleteAsync().ConfigureAwait(false); }
        }
    }

    private async Task GiveAsync(PipeReader bytes, Action<ReadOnlySequence<byte>> take, CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await bytes.ReadAsync(ct).ConfigureAwait(false);
            take(read.Buffer);
            Interlocked.Add(ref _waiting, -read.Buffer.Length);
            bytes.AdvanceTo(read.Buffer.End);
            if (!read.IsCompleted) { continue; }
            await bytes.CompleteAsync().ConfigureAwait(false);
            return;
        }
    }

    private async Task FetchAsync(long from, int size, PipeWriter target, CancellationToken ct)
    {
        try
        {
            await Exchange.RunAsync(options, exchange => FetchAsync(from, size, target, exchange), () => from, ct).ConfigureAwait(false);
        }
        finally
        {
            // Without the fault: what arrived before it is of use.
            await target.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task FetchAsync(long from, int size, PipeWriter target, Exchange exchange)
    {
        using var request = HttpAnswer.Request(HttpMethod.Get, url);
        request.Headers.Range = new RangeHeaderValue(from, from + size - 1);
        request.Headers.IfRange = origin.ValidatorFor(candidate);
        using HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token).ConfigureAwait(false);
        Check(response, from, size);
        using Stream body = await response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
        for (int left = size; left > 0;)
        {
            Memory<byte> buffer = target.GetMemory(Math.Min(left, 64 << 10));
            int read = await body.ReadAsync(buffer[..Math.Min(left, buffer.Length)], exchange.Token).ConfigureAwait(false);
            if (read == 0) { throw new TransferFault(OutcomeKind.BrokenTransfer, $"the connection broke {left} bytes before the end of a range"); }

            exchange.Heard(read);
            left -= read;
            target.Advance(read);
            Interlocked.Add(ref _waiting, read);
            await target.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Check(HttpResponseMessage response, long from, int size)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                bool isAsked = response.Content.Headers.ContentRange is { Unit: "bytes", HasRange: true } range && range.From == from && range.To == from + size - 1;
                if (!isAsked) { throw new TransferFault(OutcomeKind.BrokenTransfer, "another range than was asked for"); }
                if (origin.Contradicts(candidate, response)) { throw new TransferFault(OutcomeKind.Changed, "the file is not what it was"); }
                return;
            case HttpStatusCode.OK or HttpStatusCode.RequestedRangeNotSatisfiable:
                throw new TransferFault(OutcomeKind.Changed, "the file is not what it was, or is not given in ranges any more");
            default:
                throw Exchange.FaultOf(response, url, options);
        }
    }
}
