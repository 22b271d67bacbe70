using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Download;

/// <summary>A package from its start, as it comes from the server; a connection that breaks is taken up again where it broke.</summary>
internal sealed class HttpForwardStream(HttpPackageSource source, HttpResponseMessage? begun) : ForwardStream
{
    private readonly byte[] _buffer = new byte[128 << 10];
    private HttpResponseMessage? _response = begun;
    private Stream? _body;
    private long _position;
    private long _bodyPosition;
    private int _at, _count;

    public override int Read(Span<byte> buffer)
    {
        if (_at == _count && !buffer.IsEmpty) { source.RetryAsync(RefillAsync, () => _position).GetAwaiter().GetResult(); }

        int taken = Math.Min(buffer.Length, _count - _at);
        _buffer.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { Drop(); }

        base.Dispose(disposing);
    }

    private Task RefillAsync(CancellationToken ct) => Exchange.RunAsync(source.Options, async exchange =>
    {
        try
        {
            _body ??= await ConnectAsync(exchange).ConfigureAwait(false);
            int filled = 0, read = 1;
            while (read > 0 && filled < source.Options.MinimumBytes && filled < _buffer.Length)
            {
                read = await source.ReadBodyAsync(_body, _buffer.AsMemory(filled), exchange).ConfigureAwait(false);
                // Of a body that began anew, what was read before is passed over.
                int passed = (int)Math.Clamp(_position + filled - _bodyPosition, 0, read);
                _bodyPosition += read;
                if (passed > 0) { _buffer.AsSpan(filled + passed, read - passed).CopyTo(_buffer.AsSpan(filled)); }

                filled += read - passed;
            }

            if (filled == 0 && source.TotalBytes is { } total && _position < total)
            {
                throw new TransferFault(OutcomeKind.BrokenTransfer, $"the connection broke after {_position} of {total} bytes", isTransient: true);
            }

            if (_position == 0 && PackageMagic.Refusal(source.Candidate.FileName, _response?.Content.Headers.ContentType?.MediaType, _buffer.AsSpan(0, filled)) is { } refusal)
            {
                // A login page, most often.
                throw new TransferFault(OutcomeKind.NotAPackage, refusal);
            }

            (_at, _count) = (0, filled);
            _position += filled;
        }
        catch
        {
            Drop();
            throw;
        }
    }, () => _position, ct);

    private async Task<Stream> ConnectAsync(Exchange exchange)
    {
        if (_response is null) { (_response, _bodyPosition) = await source.ReopenAsync(_position, exchange).ConfigureAwait(false); }

        return await _response.Content.ReadAsStreamAsync(exchange.Token).ConfigureAwait(false);
    }

    private void Drop()
    {
        _body?.Dispose();
        _response?.Dispose();
        (_body, _response, _at, _count) = (null, null, 0, 0);
    }
}
