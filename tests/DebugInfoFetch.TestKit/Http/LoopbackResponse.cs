using System.Globalization;
using System.Net;
using System.Text;

namespace DebugInfoFetch.TestKit.Http;

/// <summary>How a response's body stops before its declared end.</summary>
public enum LoopbackEnding
{
    /// <summary>The connection is closed in good order.</summary>
    Close,
    /// <summary>The connection is reset (TCP RST).</summary>
    Reset,
    /// <summary>The connection stays open and nothing more is sent.</summary>
    Silence,
}

/// <summary>What the loopback server answers, faults included.</summary>
public sealed record LoopbackResponse
{
    public int Status { get; init; } = 200;
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
    /// <summary>Opens the body; called once a request.</summary>
    public Func<Stream> Body { get; init; } = () => Stream.Null;
    public long Length { get; init; }
    /// <summary>Range requests are answered with 206; otherwise the header is ignored.</summary>
    public bool AcceptsRanges { get; init; } = true;
    /// <summary>With <see cref="AcceptsRanges"/>: a server that answers 206 whatever <c>If-Range</c> says.</summary>
    public bool IgnoresIfRange { get; init; }
    /// <summary>With quotes.</summary>
    public string? ETag { get; init; }
    public DateTimeOffset? LastModified { get; init; }
    /// <summary>Without <c>Content-Length</c>, the end of the connection is the end of the body.</summary>
    public bool DeclaresLength { get; init; } = true;
    /// <summary>Body bytes after which <see cref="Ending"/> happens.</summary>
    public long? StopAfter { get; init; }
    public LoopbackEnding Ending { get; init; } = LoopbackEnding.Close;
    /// <summary>Nothing at all is sent for so long after the request.</summary>
    public TimeSpan DelayBefore { get; init; }
    /// <summary>A cap on the body's rate.</summary>
    public long? BytesPerSecond { get; init; }

    public static LoopbackResponse Bytes(byte[] body) => new() { Body = () => new MemoryStream(body, writable: false), Length = body.Length };

    public static LoopbackResponse File(string path) => new()
    {
        Body = () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read),
        Length = new FileInfo(path).Length,
        LastModified = System.IO.File.GetLastWriteTimeUtc(path),
    };

    public static LoopbackResponse Html(string page) => Text("text/html; charset=utf-8", page);

    public static LoopbackResponse Json(string document) => Text("application/json", document);

    public static LoopbackResponse Error(HttpStatusCode status, string? retryAfter = null)
        => Text("text/html", "<html><body>error</body></html>") with
        {
            Status = (int)status,
            Headers = [new("Content-Type", "text/html"), .. retryAfter is null ? [] : new KeyValuePair<string, string>[] { new("Retry-After", retryAfter) }],
        };

    public static LoopbackResponse Redirect(string location, HttpStatusCode status = HttpStatusCode.Found)
        => new() { Status = (int)status, Headers = [new("Location", location)] };

    /// <summary>The request is taken and never answered.</summary>
    public static LoopbackResponse Silence { get; } = new() { DelayBefore = TimeSpan.FromMinutes(10) };

    private static LoopbackResponse Text(string mediaType, string text)
        => Bytes(Encoding.UTF8.GetBytes(text)) with { Headers = [new("Content-Type", mediaType)] };

    internal string HeadOf(int status, long bodyLength, string? contentRange)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\nConnection: close\r\nDate: {DateTimeOffset.UtcNow:R}\r\n");
        foreach ((string name, string value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (DeclaresLength) { head.Append(CultureInfo.InvariantCulture, $"Content-Length: {bodyLength}\r\n"); }
        if (AcceptsRanges) { head.Append("Accept-Ranges: bytes\r\n"); }
        if (ETag is not null) { head.Append(CultureInfo.InvariantCulture, $"ETag: {ETag}\r\n"); }
        if (LastModified is { } modified) { head.Append(CultureInfo.InvariantCulture, $"Last-Modified: {modified:R}\r\n"); }
        if (contentRange is not null) { head.Append(CultureInfo.InvariantCulture, $"Content-Range: {contentRange}\r\n"); }
        return head.Append("\r\n").ToString();
    }
}
