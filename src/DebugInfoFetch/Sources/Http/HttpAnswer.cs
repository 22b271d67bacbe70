using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace DebugInfoFetch.Sources.Http;

/// <summary>What a server answered, or why none did, in words; and whether asking again may help.</summary>
public static class HttpAnswer
{
    /// <summary>The <c>User-Agent</c> that every request carries.</summary>
    public static string UserAgent { get; } = $"dbgfetch/{typeof(HttpAnswer).Assembly.GetName().Version?.ToString(3) ?? "0"}";

    /// <summary>A request as all of ours are.</summary>
    public static HttpRequestMessage Request(HttpMethod method, Uri url)
    {
        var request = new HttpRequestMessage(method, url);
        request.Headers.UserAgent.ParseAdd(UserAgent);
        return request;
    }

    /// <summary><c>404 Not Found</c>. The reason phrase is ours: a server's own text does not reach the terminal.</summary>
    public static string Describe(HttpStatusCode status)
    {
        string reason = status switch
        {
            HttpStatusCode.TooManyRequests => "Too Many Requests",
            HttpStatusCode.NotFound => "Not Found",
            HttpStatusCode.Forbidden => "Forbidden",
            HttpStatusCode.Unauthorized => "Unauthorized",
            HttpStatusCode.InternalServerError => "Internal Server Error",
            HttpStatusCode.BadGateway => "Bad Gateway",
            HttpStatusCode.ServiceUnavailable => "Service Unavailable",
            HttpStatusCode.GatewayTimeout => "Gateway Timeout",
            HttpStatusCode.RequestTimeout => "Request Timeout",
            _ => Enum.IsDefined(status) ? status.ToString() : "",
        };
        return $"{(int)status} {reason}".TrimEnd();
    }

    /// <summary>A status that may be another the next time: 408, 425, 429 and 5xx, save those that say "never".</summary>
    public static bool IsTransient(HttpStatusCode status)
        => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425
            || ((int)status >= 500 && status is not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported
                or HttpStatusCode.NetworkAuthenticationRequired));

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider clock)
    {
        TimeSpan? wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - clock.GetUtcNow(),
            _ => null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>No connection came about (as against one that broke later).</summary>
    public static bool IsConnectFault(HttpRequestException fault)
        => fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError
            or HttpRequestError.SecureConnectionError;

    /// <summary>A TLS fault that another attempt does not mend: the certificate is not trusted.</summary>
    public static bool IsTrustFault(HttpRequestException fault)
        => fault.HttpRequestError == HttpRequestError.SecureConnectionError && fault.InnerException is AuthenticationException;

    /// <summary>Why a request came to nothing, in one line.</summary>
    public static string Describe(HttpRequestException fault)
    {
        string detail = Innermost(fault) is SocketException socket ? socket.Message : fault.InnerException?.Message ?? fault.Message;
        detail = detail.ReplaceLineEndings(" ").TrimEnd('.');
        return fault.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"could not connect: the host's name does not resolve ({detail})",
            HttpRequestError.ConnectionError => $"could not connect: {detail}",
            HttpRequestError.SecureConnectionError => $"could not connect securely: {detail}",
            HttpRequestError.ProxyTunnelError => $"could not connect through the proxy: {detail}",
            HttpRequestError.ResponseEnded => "the connection broke before the end",
            _ => $"the connection broke: {detail}",
        };
    }

    private static Exception Innermost(Exception fault)
    {
        while (fault.InnerException is { } inner)
        {
            fault = inner;
        }

        return fault;
    }
}
