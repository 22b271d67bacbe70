using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Download;

/// <summary>
/// One attempt at a candidate, whole or from where the partial file ends, with what arrives written to the partial file. The first request is for a
/// small range: where that is answered as it should be, several go on; else one stream brings the rest.
/// </summary>
internal sealed class Transfer(HttpClient http, DownloadOptions options, PackageCandidate candidate, PartialFile partial, string directory)
{
    private const int BufferSize = 128 * 1024;
    private const int FirstRange = 1024 * 1024;
    private const long SpaceLeftForOthers = 1024 * 1024;

    private bool _isOneStream = options.ParallelRanges <= 1;
    private long _reportedAt;

    /// <summary>Requests made so far.</summary>
    public int Requests { get; private set; }

    /// <summary>What is left of a file that is given in ranges.</summary>
    private sealed record Rest(Uri Url, PartialOrigin Origin, long Total);

    /// <exception cref="TransferFault">It did not come through.</exception>
    /// <exception cref="StorageFault">It cannot be written here.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task RunAsync(IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        if (partial.Length > 0 && partial.Origin?.CanContinue(candidate) != true) { partial.Restart(); }

        long resumedFrom = partial.Length;
        bool isUnproven = false;
        if (partial.Length == 0 || partial.Length != candidate.ByteSize)
        {
            Rest? rest = null;
            await Exchange.RunAsync(options, async exchange => rest = await BeginAsync(progress, exchange).ConfigureAwait(false), () => partial.Length, ct).ConfigureAwait(false);
            if (rest is not null) { await ContinueAsync(rest, resumedFrom, progress, ct).ConfigureAwait(false); }
            isUnproven = rest is not null && rest.Origin.ValidatorFor(candidate) is null;
        }

        CheckWhole(isPatched: resumedFrom > 0 || isUnproven);
    }

    /// <summary>The first request, and all that its answer has.</summary>
    /// <returns>Null when it was all of the file.</returns>
    private async Task<Rest?> BeginAsync(IProgress<DownloadProgress>? progress, Exchange exchange)
    {
        using var request = HttpAnswer.Request(HttpMethod.Get, candidate.Url);
        long from = partial.Length;
        if (!_isOneStream) { request.Headers.Range = new RangeHeaderValue(from, from + Math.Min(FirstRange, options.RangeSize) - 1); }
        else if (from > 0) { request.Headers.Range = new RangeHeaderValue(from, null); }

        if (from > 0) { request.Headers.IfRange = partial.Origin?.ValidatorFor(candidate); }

        Requests++;
        using HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token).ConfigureAwait(false);
        if (!_isOneStream && !CanGoOnFrom(from, response))
        {
            _isOneStream = true;
            return await BeginAsync(progress, exchange).ConfigureAwait(false);
        }

        long? told = TotalOf(response);
        if (told is { } total && candidate.ByteSize is { } expected && total != expected)
        {
            throw new TransferFault(OutcomeKind.WrongSize, $"{total} bytes, where the index has {expected}");
        }

        CheckSpace(told ?? candidate.ByteSize);
        // Where the body ends: of a range that, which for one stream is the file's end.
        long? end = response.StatusCode == HttpStatusCode.PartialContent && !_isOneStream ? response.Content.Headers.ContentRange!.To + 1 : told;
        await ReceiveAsync(response, end ?? candidate.ByteSize, told ?? candidate.ByteSize, progress, exchange).ConfigureAwait(false);
        if (partial.Length < end)
        {
            throw new TransferFault(OutcomeKind.BrokenTransfer, $"the connection broke after {partial.Length} of {told} bytes", isTransient: true);
        }

        return partial.Length < told ? new Rest(response.RequestMessage?.RequestUri ?? candidate.Url, PartialOrigin.Of(candidate, response, told), told.Value) : null;
    }

    /// <summary>
    /// An answer to a range after which others may be asked for: the whole's length is told, and something proves that they belong together. What is no
    /// range at all is judged elsewhere.
    /// </summary>
    private bool CanGoOnFrom(long from, HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.RequestedRangeNotSatisfiable => from > 0,
        HttpStatusCode.BadRequest or HttpStatusCode.NotImplemented => false,
        HttpStatusCode.PartialContent => response.Content.Headers.ContentRange is { Unit: "bytes", HasRange: true, Length: { } total } range
            && (from > 0 || (range.From == 0 && (range.To == total - 1 || PartialOrigin.Of(candidate, response, total).CanContinue(candidate)))),
        _ => true,
    };

    /// <summary>Several ranges at once. A server that does not bear that gives the rest in one piece, if it gives it.</summary>
    private async Task ContinueAsync(Rest rest, long resumedFrom, IProgress<DownloadProgress>? progress, CancellationToken ct)
    {
        var ahead = new RangesAhead(http, options, candidate, rest.Url, rest.Origin);
        int before = Requests;
        try
        {
            await ahead.ReadAsync(partial.Length, rest.Total, bytes =>
            {
                foreach (ReadOnlyMemory<byte> piece in bytes) { partial.Append(piece.Span); }
                Requests = before + ahead.Requests;
                Report(progress, partial.Length + ahead.BytesWaiting - bytes.Length, resumedFrom, rest.Total, partial.Length == rest.Total);
            }, ct).ConfigureAwait(false);
        }
        catch (TransferFault fault)
        {
            _isOneStream = true;
            throw new TransferFault(fault.Kind, fault.Message, isTransient: true, fault.RetryAfter);
        }
        finally
        {
            Requests = before + ahead.Requests;
        }
    }

    private void Report(IProgress<DownloadProgress>? progress, long received, long resumedFrom, long? total, bool isLast)
    {
        if (progress is null || (!isLast && Stopwatch.GetElapsedTime(_reportedAt) < options.ProgressInterval)) { return; }
        _reportedAt = Stopwatch.GetTimestamp();
        progress.Report(new DownloadProgress(candidate.Place, received, resumedFrom, total, Requests));
    }

    /// <summary>Judges the answer's head; the partial file then ends where the body begins.</summary>
    /// <returns>Bytes of the whole file, when the server tells.</returns>
    private long? TotalOf(HttpResponseMessage response)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                if (partial.Length > 0)
                {
                    // The server does not do ranges, or the file is another than the one we have the beginning of.
                    partial.Restart();
                }

                return response.Content.Headers.ContentLength;

            case HttpStatusCode.PartialContent when partial.Length > 0 || !_isOneStream:
                ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
                if (range is not { Unit: "bytes", HasRange: true } || range.From != partial.Length)
                {
                    partial.Restart();
                    throw new TransferFault(OutcomeKind.BrokenTransfer, "another range than was asked for", isTransient: true);
                }

                if (partial.Origin?.Contradicts(candidate, response) == true)
                {
                    // A server that does not know If-Range.
                    partial.Restart();
                    throw new TransferFault(OutcomeKind.BrokenTransfer, "the file is not what it was", isTransient: true);
                }

                return range.Length;

            case HttpStatusCode.RequestedRangeNotSatisfiable when partial.Length > 0:
                // Longer than the file is now, or as long: only from the start can it be known.
                partial.Restart();
                throw new TransferFault(OutcomeKind.BrokenTransfer, "416: the file is not what it was", isTransient: true);

            default:
                throw Exchange.FaultOf(response, candidate.Url, options);
        }
    }

    private void CheckSpace(long? total)
    {
        if (total is { } whole && options.FreeSpace(directory) is { } free && whole - partial.Length > free - SpaceLeftForOthers)
        {
            throw StorageFault.NoRoom(directory, whole - partial.Length + SpaceLeftForOthers, free);
        }
    }

    /// <param name="end">Where in the file the body ends.</param>
    private async Task ReceiveAsync(HttpResponseMessage response, long? end, long? total, IProgress<DownloadProgress>? progress, Exchange exchange)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
        byte[] buffer = new byte[BufferSize];
        long resumedFrom = partial.Length;
        int held = 0;
        bool isJudged = partial.Length > 0;
        while (true)
        {
            int read = await body.ReadAsync(buffer.AsMemory(held), exchange.Token).ConfigureAwait(false);
            held += read;
            exchange.Heard(read);
            if (!isJudged)
            {
                if (held < PackageMagic.Length && read > 0)
                {
                    continue;
                }

                if (PackageMagic.Refusal(candidate.FileName, response.Content.Headers.ContentType?.MediaType, buffer.AsSpan(0, held)) is { } refusal)
                {
                    throw new TransferFault(OutcomeKind.NotAPackage, refusal);
                }

                isJudged = true;
                partial.Remember(PartialOrigin.Of(candidate, response, total));
            }

            if (partial.Length + held > (end ?? options.MaxByteSize))
            {
                partial.Restart();
                throw new TransferFault(OutcomeKind.WrongSize, $"more than {end ?? options.MaxByteSize} bytes");
            }

            partial.Append(buffer.AsSpan(0, held));
            held = 0;
            Report(progress, partial.Length, resumedFrom, total, isLast: read == 0);
            if (read == 0)
            {
                return;
            }
        }
    }

    /// <param name="isPatched">Made of parts of which nothing but the digest can prove that they fit together: if they do not, one piece may be what it should be.</param>
    private void CheckWhole(bool isPatched)
    {
        TransferFault? fault = null;
        if (candidate.ByteSize is { } size && size != partial.Length)
        {
            fault = new TransferFault(OutcomeKind.WrongSize, $"{partial.Length} bytes, where the index has {size}", isPatched);
        }
        else if (candidate.Sha256 is { } sha256 && !string.Equals(sha256, partial.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            fault = new TransferFault(OutcomeKind.WrongDigest, $"SHA-256 is {partial.Sha256}, where the index has {sha256}", isPatched);
        }
        else if (candidate.Sha1 is { } sha1 && !string.Equals(sha1, partial.Sha1, StringComparison.OrdinalIgnoreCase))
        {
            fault = new TransferFault(OutcomeKind.WrongDigest, $"SHA-1 is {partial.Sha1}, where the index has {sha1}", isPatched);
        }

        if (fault is not null)
        {
            partial.Restart();
            _isOneStream |= isPatched;
            throw fault;
        }
    }
}
