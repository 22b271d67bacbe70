using System.Net;

namespace DebugInfoFetch.Sources.Http;

/// <summary>A cap on what all transfers of a client together receive.</summary>
/// <param name="bytesPerSecond">At least 1.</param>
public sealed class RateLimit(long bytesPerSecond)
{
    private readonly object _lock = new();
    /// <summary>Milliseconds (<see cref="Environment.TickCount64"/>) at which the bytes taken so far are paid for.</summary>
    private double _paidAt;

    /// <summary>The most that is read at once: a tenth of a second's worth keeps the rate even.</summary>
    internal int Portion { get; } = (int)Math.Clamp(bytesPerSecond / 10, 1, 128 * 1024);

    /// <summary>Waits until that many bytes, which have arrived, are paid for.</summary>
    internal Task PayAsync(int bytes, CancellationToken ct)
    {
        double wait;
        lock (_lock)
        {
            double now = Environment.TickCount64;
            _paidAt = Math.Max(_paidAt, now) + (bytes * 1000.0 / bytesPerSecond);
            wait = _paidAt - now;
        }

        return wait < 1 ? Task.CompletedTask : Task.Delay((int)wait, ct);
    }

    /// <summary>Puts the cap on every answer's body.</summary>
    internal sealed class Handler(HttpMessageHandler inner, RateLimit limit) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            response.Content = new CappedContent(response.Content, limit);
            return response;
        }
    }

    private sealed class CappedContent : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly RateLimit _limit;

        public CappedContent(HttpContent inner, RateLimit limit)
        {
            _inner = inner;
            _limit = limit;
            foreach ((string name, IEnumerable<string> values) in inner.Headers.NonValidated.Select(h => (h.Key, (IEnumerable<string>)h.Value)))
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => new CappedStream(await _inner.ReadAsStreamAsync().ConfigureAwait(false), _limit);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => throw new NotSupportedException("bodies are read as streams");

        protected override bool TryComputeLength(out long length)
        {
            length = _inner.Headers.ContentLength ?? 0;
            return _inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) { _inner.Dispose(); }
            base.Dispose(disposing);
        }
    }

    private sealed class CappedStream(Stream inner, RateLimit limit) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, limit.Portion)], cancellationToken).ConfigureAwait(false);
            await limit.PayAsync(read, cancellationToken).ConfigureAwait(false);
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = inner.Read(buffer, offset, Math.Min(count, limit.Portion));
            limit.PayAsync(read, CancellationToken.None).GetAwaiter().GetResult();
            return read;
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) { inner.Dispose(); }
            base.Dispose(disposing);
        }
    }
}
