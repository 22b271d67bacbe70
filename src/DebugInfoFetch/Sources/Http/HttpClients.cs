using System.Net;

namespace DebugInfoFetch.Sources.Http;

/// <summary>The one way in which the program opens connections.</summary>
public static class HttpClients
{
    /// <summary>
    /// A client without a total time-out (callers bound silence or a whole small answer), which follows redirects (never from https to http)
    /// and takes proxies from the environment. Nothing is decompressed on the way: packages are what they are.
    /// </summary>
    public static HttpClient Create(TimeSpan? connectTimeout = null) => new(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = connectTimeout ?? TimeSpan.FromSeconds(15),
        MaxAutomaticRedirections = 10,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };
}
