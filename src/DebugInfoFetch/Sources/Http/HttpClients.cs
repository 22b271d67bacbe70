using System.Net;

namespace DebugInfoFetch.Sources.Http;

/// <summary>The one way in which the program opens connections.</summary>
public static class HttpClients
{
    /// <summary>Connections to one host at once, over all of a client's requests; more wait for a free one.</summary>
    public const int ConnectionsPerHost = 8;

    /// <summary>
    /// A client without a total time-out (callers bound silence or a whole small answer), which follows redirects (never from https to http)
    /// and takes proxies from the environment (<c>http_proxy</c>, <c>https_proxy</c>, <c>all_proxy</c>, <c>no_proxy</c>). Nothing is decompressed on the
    /// way: packages are what they are.
    /// </summary>
    /// <param name="limit">A cap on all that the client receives; null for none.</param>
    public static HttpClient Create(TimeSpan? connectTimeout = null, RateLimit? limit = null)
    {
        HttpMessageHandler handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = connectTimeout ?? TimeSpan.FromSeconds(15),
            MaxAutomaticRedirections = 10,
            MaxConnectionsPerServer = ConnectionsPerHost,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (limit is not null) { handler = new RateLimit.Handler(handler, limit); }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
