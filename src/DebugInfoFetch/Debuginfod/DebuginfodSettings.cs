using System.Globalization;

namespace DebugInfoFetch.Debuginfod;

/// <summary>What is asked of a server's files (debuginfod(7), "IMA VERIFICATION").</summary>
public enum ImaPolicy
{
    /// <summary>Signatures are not looked at; the default.</summary>
    Ignore,
    /// <summary>Signatures are checked and the result is told; what cannot be checked is taken all the same.</summary>
    Permissive,
    /// <summary>Only files with a signature that a certificate of this machine confirms.</summary>
    Enforcing,
}

/// <param name="Url">Ends with a slash.</param>
public sealed record DebuginfodServer(Uri Url, ImaPolicy Ima);

/// <summary>The environment variables that every debuginfod client obeys (debuginfod-find(1), "ENVIRONMENT VARIABLES").</summary>
public sealed record DebuginfodSettings
{
    public const string UrlsVariable = "DEBUGINFOD_URLS";
    private const string DefaultCertificates = "/etc/keys/ima";

    public IReadOnlyList<DebuginfodServer> Servers { get; init; } = [];
    /// <summary><c>DEBUGINFOD_TIMEOUT</c>: within it, <see cref="TimeoutBytes"/> are to arrive. Null for no bound.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.FromSeconds(90);
    public const int TimeoutBytes = 100 * 1024;
    /// <summary><c>DEBUGINFOD_MAXTIME</c>: for the whole of a transfer; null for no bound.</summary>
    public TimeSpan? MaxTime { get; init; }
    /// <summary><c>DEBUGINFOD_MAXSIZE</c>: bytes; null for no bound.</summary>
    public long? MaxByteSize { get; init; }
    /// <summary><c>DEBUGINFOD_RETRY_LIMIT</c>: further rounds when no server had the file for another reason than not having it.</summary>
    public int RetryLimit { get; init; } = 2;
    /// <summary><c>DEBUGINFOD_HEADERS_FILE</c>: for these servers only.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
    /// <summary><c>DEBUGINFOD_IMA_CERT_PATH</c>: directories with X.509 certificates.</summary>
    public IReadOnlyList<string> CertificateFolders { get; init; } = [DefaultCertificates];
    /// <summary>What in the variables was not understood and is passed over; a line each.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <param name="environment">Reads an environment variable; null is this process's environment.</param>
    public static DebuginfodSettings FromEnvironment(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var problems = new List<string>();
        long? Number(string variable)
        {
            if (environment(variable) is not { Length: > 0 } text) { return null; }
            if (long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number)) { return number; }
            problems.Add($"{variable}: no number, passed over");
            return null;
        }

        TimeSpan? Seconds(string variable, TimeSpan? otherwise)
            => Number(variable) is { } seconds ? seconds is > 0 and < 10_000_000 ? TimeSpan.FromSeconds(seconds) : null : otherwise;

        return new DebuginfodSettings
        {
            Servers = ReadServers(environment(UrlsVariable) ?? "", problems),
            Timeout = Seconds("DEBUGINFOD_TIMEOUT", TimeSpan.FromSeconds(90)),
            MaxTime = Seconds("DEBUGINFOD_MAXTIME", null),
            MaxByteSize = Number("DEBUGINFOD_MAXSIZE") is > 0 and var size ? size : null,
            RetryLimit = (int)Math.Min(Number("DEBUGINFOD_RETRY_LIMIT") ?? 2, 100),
            Headers = environment("DEBUGINFOD_HEADERS_FILE") is { Length: > 0 } file ? ReadHeaders(file, problems) : [],
            CertificateFolders = [.. (environment("DEBUGINFOD_IMA_CERT_PATH") is { Length: > 0 } folders ? folders : DefaultCertificates)
                .Split(':', StringSplitOptions.RemoveEmptyEntries)],
            Problems = problems,
        };
    }

    // A tag holds for the addresses behind it; an address that comes twice is asked once.
    private static List<DebuginfodServer> ReadServers(string text, List<string> problems)
    {
        var servers = new List<DebuginfodServer>();
        var policy = ImaPolicy.Ignore;
        foreach (string word in text.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith("ima:", StringComparison.Ordinal))
            {
                // What is not known may mean more caution, never less.
                bool isKnown = Enum.TryParse(word[4..], ignoreCase: true, out policy) && word[4..].All(char.IsAsciiLetter);
                if (!isKnown)
                {
                    policy = ImaPolicy.Enforcing;
                    problems.Add($"{UrlsVariable}: tag \"{word}\" is not known (enforcing, permissive, ignore are): taken for ima:enforcing");
                }
            }
            else if (Uri.TryCreate(word.EndsWith('/') ? word : word + "/", UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
            {
                if (servers.All(s => s.Url != url)) { servers.Add(new DebuginfodServer(url, policy)); }
            }
            else
            {
                problems.Add($"{UrlsVariable}: \"{word}\" is no http or https address, passed over");
            }
        }

        return servers;
    }

    private static List<KeyValuePair<string, string>> ReadHeaders(string path, List<string> problems)
    {
        var headers = new List<KeyValuePair<string, string>>();
        try
        {
            foreach (string line in File.ReadLines(path).Take(1000))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                string value = colon < 0 ? "" : line[(colon + 1)..].Trim();
                bool isHeader = colon > 0 && line[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && value.All(c => c is >= ' ' and < (char)0x7F);
                if (isHeader) { headers.Add(new(line[..colon], value)); }
                // What the line holds may be a secret.
                else if (!string.IsNullOrWhiteSpace(line)) { problems.Add($"{path}: a line that is no header (NAME: VALUE), passed over"); }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            problems.Add($"DEBUGINFOD_HEADERS_FILE: {path} cannot be read");
        }

        return headers;
    }
}
