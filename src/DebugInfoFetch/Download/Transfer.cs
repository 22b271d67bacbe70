using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Download;

/// <summary>One request for a candidate, whole or from where the partial file ends, with its body written to the partial file.</summary>
internal sealed class Transfer(HttpClient http, DownloadOptions options, PackageCandidate candidate, PartialFile partial, string directory)
{
    private const int BufferSize = 128 * 1024;
    private const long SpaceLeftForOthers = 1024 * 1024;

    /// <summary>Requests made so far.</summary>
    public int Requests { get; private set; }

    /// <exception cref="TransferFault">It did not come through.</exception>
    /// <exception cref="StorageFault">It cannot be written here.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public Task RunAsync(IProgress<DownloadProgress>? progress, CancellationToken ct)
        => Exchange.RunAsync(options, exchange => ExchangeAsync(progress, exchange), () => partial.Length, ct);

    private async Task ExchangeAsync(IProgress<DownloadProgress>? progress, Exchange exchange)
    {
        if (partial.Length > 0 && partial.Length == candidate.ByteSize)
        {
            CheckWhole(resumed: true);
            return;
        }

        if (partial.Length > 0 && partial.Origin?.CanContinue(candidate) != true)
        {
            partial.Restart();
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, candidate.Url);
        request.Headers.UserAgent.ParseAdd(HttpAnswer.UserAgent);
        if (partial.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(partial.Length, null);
            request.Headers.IfRange = partial.Origin?.ValidatorFor(candidate);
        }

        Requests++;
        using HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token).ConfigureAwait(false);
        long? total = TotalOf(response);
        long resumedFrom = partial.Length;
        if (total is { } told && candidate.ByteSize is { } expected && told != expected)
        {
            throw new TransferFault(OutcomeKind.WrongSize, $"{told} bytes, where the index has {expected}");
        }

        CheckSpace(total ?? candidate.ByteSize);
        await ReceiveAsync(response, total ?? candidate.ByteSize, progress, exchange).ConfigureAwait(false);
        if (total is { } whole && partial.Length < whole)
        {
            throw new TransferFault(OutcomeKind.BrokenTransfer, $"the connection broke after {partial.Length} of {whole} bytes", isTransient: true);
        }

        CheckWhole(resumed: resumedFrom > 0);
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

            case HttpStatusCode.PartialContent when partial.Length > 0:
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

    private async Task ReceiveAsync(HttpResponseMessage response, long? total, IProgress<DownloadProgress>? progress, Exchange exchange)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
        byte[] buffer = new byte[BufferSize];
        long resumedFrom = partial.Length, reportedAt = 0;
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

            if (partial.Length + held > (total ?? options.MaxByteSize))
            {
                partial.Restart();
                throw new TransferFault(OutcomeKind.WrongSize, $"more than {total ?? options.MaxByteSize} bytes");
            }

            partial.Append(buffer.AsSpan(0, held));
            held = 0;
            if (progress is not null && (read == 0 || Stopwatch.GetElapsedTime(reportedAt) >= options.ProgressInterval))
            {
                reportedAt = Stopwatch.GetTimestamp();
                progress.Report(new DownloadProgress(candidate.Place, partial.Length, resumedFrom, total, Requests));
            }

            if (read == 0)
            {
                return;
            }
        }
    }

    /// <param name="resumed">Parts of several transfers: if they do not fit together, a fresh one may.</param>
    private void CheckWhole(bool resumed)
    {
        TransferFault? fault = null;
        if (candidate.ByteSize is { } size && size != partial.Length)
        {
            fault = new TransferFault(OutcomeKind.WrongSize, $"{partial.Length} bytes, where the index has {size}", resumed);
        }
        else if (candidate.Sha256 is { } sha256 && !string.Equals(sha256, partial.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            fault = new TransferFault(OutcomeKind.WrongDigest, $"SHA-256 is {partial.Sha256}, where the index has {sha256}", resumed);
        }
        else if (candidate.Sha1 is { } sha1 && !string.Equals(sha1, partial.Sha1, StringComparison.OrdinalIgnoreCase))
        {
            fault = new TransferFault(OutcomeKind.WrongDigest, $"SHA-1 is {partial.Sha1}, where the index has {sha1}", resumed);
        }

        if (fault is not null)
        {
            partial.Restart();
            throw fault;
        }
    }
}
