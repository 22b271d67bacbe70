using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DebugInfoFetch.TestKit.Story;

/// <summary>A host on loopback that has exactly the files it was given, under the paths it was given, and answers 404 to all else.</summary>
public sealed class KojiServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, string> _files = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Task _loop;

    public KojiServer()
    {
        using (TcpListener probe = new(IPAddress.Loopback, 0))
        {
            probe.Start();
            BaseUrl = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
        }

        _listener.Prefixes.Add(BaseUrl + "/");
        _listener.Start();
        _loop = Task.Run(ServeAsync);
    }

    /// <summary>What <c>--base-url</c> takes.</summary>
    public string BaseUrl { get; }

    /// <summary>Requests in the order in which they came, as <c>GET /path → 200</c>.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Answers this path with that file's bytes.</summary>
    public KojiServer With(string path, string file)
    {
        _files[path] = file;
        return this;
    }

    public void Dispose()
    {
        _listener.Close();
        _loop.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        HttpListenerResponse response = context.Response;
        try
        {
            string path = context.Request.Url!.AbsolutePath;
            if (!_files.TryGetValue(Uri.UnescapeDataString(path), out string? file))
            {
                response.StatusCode = 404;
            }
            else
            {
                await SendAsync(context, file);
            }

            _requests.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{context.Request.HttpMethod} {path} → {response.StatusCode}"));
            response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client went away: its own business.
        }
    }

    private static async Task SendAsync(HttpListenerContext context, string file)
    {
        await using FileStream stream = File.OpenRead(file);
        long first = 0, last = stream.Length - 1;
        if (System.Net.Http.Headers.RangeHeaderValue.TryParse(context.Request.Headers["Range"], out var range) && range.Ranges.Single() is var wanted)
        {
            first = wanted.From ?? Math.Max(0, stream.Length - wanted.To!.Value);
            last = wanted.From is null ? last : Math.Min(last, wanted.To ?? last);
            context.Response.StatusCode = first <= last ? 206 : 416;
            context.Response.Headers["Content-Range"] = first <= last
                ? string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{stream.Length}") : string.Create(CultureInfo.InvariantCulture, $"bytes */{stream.Length}");
        }

        context.Response.Headers["Accept-Ranges"] = "bytes";
        context.Response.ContentLength64 = Math.Max(0, last - first + 1);
        if (context.Request.HttpMethod == "HEAD")
        {
            return;
        }

        stream.Position = Math.Min(first, stream.Length);
        byte[] buffer = new byte[1 << 17];
        for (long left = context.Response.ContentLength64; left > 0;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)));
            await context.Response.OutputStream.WriteAsync(buffer.AsMemory(0, read));
            left -= read;
        }
    }
}
