namespace DebugInfoFetch.TestKit.Http;

/// <summary>A request as it came.</summary>
/// <param name="Path">As sent: percent-encoded, without the query.</param>
/// <param name="Query">With its question mark; empty when there is none.</param>
public sealed record LoopbackRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The host and port that are meant, where this server is asked as a proxy; empty where it is meant itself.</summary>
    public string ProxiedHost { get; init; } = "";

    /// <summary>What was posted; empty for most.</summary>
    public string Body { get; init; } = "";

    /// <summary>The header's value; null when it was not sent.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
