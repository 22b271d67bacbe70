using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.TestKit.Http;

/// <summary>
/// A web server on loopback that does what archives and the network do, faults included. It speaks HTTP over a plain socket, since no
/// well-behaved server library resets connections or lies about lengths. Each connection carries one request.
/// </summary>
public sealed partial class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Func<LoopbackRequest, LoopbackResponse>> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<LoopbackRequest> _requests = new();
    private readonly List<(string Prefix, string Directory)> _directories = [];

    public LoopbackServer()
    {
        _listener.Start();
        BaseUrl = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync();
    }

    /// <summary>Without a slash at the end.</summary>
    public string BaseUrl { get; }

    /// <summary>All requests so far, in order.</summary>
    public IReadOnlyList<LoopbackRequest> Requests => [.. _requests];

    /// <summary>An address on this server.</summary>
    /// <param name="path">Begins with a slash.</param>
    public Uri At(string path) => new(BaseUrl + path);

    /// <summary>Bytes of the body that have been handed to the network, over all requests.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);
    private long _bytesSent;

    /// <summary>A cap on all bodies together, in bytes a second, as that of a line; null for none.</summary>
    public long? LineRate { get; set; }
    private readonly Lock _line = new();
    private double _lineIsFreeAt;

    /// <summary>Answers a path: a response a request, the last one for all further ones. Paths are compared as they are sent.</summary>
    public LoopbackServer Serve(string path, params LoopbackResponse[] responses)
    {
        int served = -1;
        return Serve(path, _ => responses[Math.Min(Interlocked.Increment(ref served), responses.Length - 1)]);
    }

    public LoopbackServer Serve(string path, Func<LoopbackRequest, LoopbackResponse> handler)
    {
        _handlers[path] = handler;
        return this;
    }

    /// <summary>Serves the files below a directory, as koji's or a mirror's tree.</summary>
    public LoopbackServer ServeDirectory(string prefix, string directory)
    {
        _directories.Add((prefix.TrimEnd('/') + "/", Path.GetFullPath(directory) + Path.DirectorySeparatorChar));
        return this;
    }

    private LoopbackResponse Answer(LoopbackRequest request)
    {
        if (_handlers.TryGetValue(request.Path, out Func<LoopbackRequest, LoopbackResponse>? handler))
        {
            return handler(request);
        }

        foreach ((string prefix, string directory) in _directories)
        {
            if (request.Path.StartsWith(prefix, StringComparison.Ordinal))
            {
                string path = Path.GetFullPath(Path.Combine(directory, Uri.UnescapeDataString(request.Path[prefix.Length..])));
                if (path.StartsWith(directory, StringComparison.Ordinal) && File.Exists(path))
                {
                    return LoopbackResponse.File(path);
                }
            }
        }

        return LoopbackResponse.Error(HttpStatusCode.NotFound);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stopping.Token);
                _ = Task.Run(() => HandleAsync(socket));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task HandleAsync(Socket socket)
    {
        using Socket owned = socket;
        try
        {
            using var stream = new NetworkStream(socket);
            if (await ReadRequestAsync(stream) is not { } request)
            {
                return;
            }

            _requests.Enqueue(request);
            LoopbackResponse response = Answer(request);
            if (response.DelayBefore > TimeSpan.Zero)
            {
                await Task.Delay(response.DelayBefore, _stopping.Token);
            }

            await SendAsync(socket, stream, request, response);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The client went away, or the server is disposed.
        }
    }

    private async Task<LoopbackRequest?> ReadRequestAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (head.Length > 64 * 1024 || await stream.ReadAsync(one, _stopping.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        (string host, string asked) = TargetOf(first[0], first[1]);
        string[] target = asked.Split('?', 2);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            string[] field = line.Split(':', 2);
            headers[field[0]] = field[1].Trim();
        }

        byte[] body = new byte[headers.TryGetValue("Content-Length", out string? length) ? Math.Min(int.Parse(length, CultureInfo.InvariantCulture), 1 << 20) : 0];
        await stream.ReadExactlyAsync(body, _stopping.Token);
        return new LoopbackRequest(first[0], target[0], target.Length > 1 ? "?" + target[1] : "", headers) { ProxiedHost = host, Body = Encoding.UTF8.GetString(body) };
    }

    // RFC 9112 §3.2: a proxy is sent the whole address, or CONNECT and an authority.
    private static (string Host, string Path) TargetOf(string method, string target)
    {
        if (method == "CONNECT") { return (target, ""); }
        const string Scheme = "http://";
        if (!target.StartsWith(Scheme, StringComparison.Ordinal)) { return ("", target); }
        int slash = target.IndexOf('/', Scheme.Length);
        return (target[Scheme.Length..slash], target[slash..]);
    }

    [GeneratedRegex(@"^bytes=(?<from>\d*)-(?<to>\d*)$", RegexOptions.CultureInvariant)]
    private static partial Regex SingleRange();

    /// <summary>RFC 9110 §14: the one range that is asked for, as from and length; null serves the whole.</summary>
    private static (long From, long Length)? RangeOf(LoopbackRequest request, LoopbackResponse response)
    {
        if (!response.AcceptsRanges || response.Status != 200 || request.Header("Range") is not { } header
            || SingleRange().Match(header) is not { Success: true } match)
        {
            return null;
        }

        if (request.Header("If-Range") is { } condition && !response.IgnoresIfRange
            && condition != response.ETag && condition != response.LastModified?.ToString("R", CultureInfo.InvariantCulture))
        {
            return null;
        }

        string from = match.Groups["from"].Value, to = match.Groups["to"].Value;
        if (from.Length == 0)
        {
            long suffix = Math.Min(long.Parse(to, CultureInfo.InvariantCulture), response.Length);
            return (response.Length - suffix, suffix);
        }

        long start = long.Parse(from, CultureInfo.InvariantCulture);
        long end = to.Length == 0 ? response.Length - 1 : Math.Min(long.Parse(to, CultureInfo.InvariantCulture), response.Length - 1);
        return (start, end - start + 1);
    }

    private async Task SendAsync(Socket socket, NetworkStream stream, LoopbackRequest request, LoopbackResponse response)
    {
        bool isKnown = response.ETag is { } tag ? request.Header("If-None-Match") == tag
            : response.LastModified is { } modified && request.Header("If-Modified-Since") == modified.ToString("R", CultureInfo.InvariantCulture);
        if (response.Status == 200 && isKnown)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(response.HeadOf(304, 0, null)), _stopping.Token);
            return;
        }

        (long From, long Length)? range = RangeOf(request, response);
        if (range is { } beyond && (beyond.From >= response.Length || beyond.Length <= 0))
        {
            string refusal = response.HeadOf(416, 0, $"bytes */{response.Length}");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(refusal), _stopping.Token);
            return;
        }

        (long start, long length) = range ?? (0, response.Length);
        string head = range is null
            ? response.HeadOf(response.Status, length, null)
            : response.HeadOf(206, length, string.Create(CultureInfo.InvariantCulture, $"bytes {start}-{start + length - 1}/{response.Length}"));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _stopping.Token);
        if (request.Method == "HEAD")
        {
            return;
        }

        long toSend = Math.Min(length, response.StopAfter ?? long.MaxValue);
        await SendBodyAsync(stream, response, start, toSend);
        if (toSend < length || response.Ending == LoopbackEnding.Silence)
        {
            if (response.Ending == LoopbackEnding.Silence)
            {
                await Task.Delay(Timeout.Infinite, _stopping.Token);
            }
            else if (response.Ending == LoopbackEnding.Reset)
            {
                // Lets what was sent arrive: a reset discards what the client has not yet read.
                await Task.Delay(200, _stopping.Token);
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
                return;
            }
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task SendBodyAsync(NetworkStream stream, LoopbackResponse response, long start, long toSend)
    {
        await using Stream body = response.Body();
        body.Position = start;
        // A tenth of a second's worth at a time keeps a capped rate even.
        byte[] buffer = new byte[response.BytesPerSecond is { } rate ? Math.Clamp(rate / 10, 1, 64 * 1024) : 64 * 1024];
        long began = Environment.TickCount64, sent = 0;
        while (sent < toSend)
        {
            int read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, toSend - sent)), _stopping.Token);
            if (read == 0)
            {
                return;
            }

            await stream.WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
            sent += read;
            Interlocked.Add(ref _bytesSent, read);
            if (response.BytesPerSecond is { } cap)
            {
                long due = began + (sent * 1000 / cap);
                await Task.Delay((int)Math.Max(0, due - Environment.TickCount64), _stopping.Token);
            }

            if (LineRate is { } line) { await Task.Delay(TakeLine(1000.0 * read / line), _stopping.Token); }
        }
    }

    /// <summary>Takes the line for so many milliseconds, behind all others.</summary>
    /// <returns>When that is over, in milliseconds from now.</returns>
    private int TakeLine(double milliseconds)
    {
        lock (_line)
        {
            double now = Environment.TickCount64;
            _lineIsFreeAt = Math.Max(now, _lineIsFreeAt) + milliseconds;
            return (int)(_lineIsFreeAt - now);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _listener.Stop();
        _stopping.Dispose();
    }
}
