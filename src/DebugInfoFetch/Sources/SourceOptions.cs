using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>Which hosts stand in for the distributions' own: <c>--base-url</c>, then the source's own variable, then the general one.</summary>
public sealed class SourceOptions
{
    public const string GeneralVariable = "DBGFETCH_BASE_URL";

    private readonly string? _baseUrl;
    private readonly Func<string, string?> _environment;

    /// <param name="baseUrl"><c>--base-url</c> as typed; null when it was not given.</param>
    /// <param name="environment">Reads an environment variable; null is this process's environment.</param>
    public SourceOptions(string? baseUrl = null, Func<string, string?>? environment = null)
    {
        _baseUrl = baseUrl;
        _environment = environment ?? Environment.GetEnvironmentVariable;
    }

    /// <summary>
    /// The host (and path prefix) that replaces all of <paramref name="source"/>'s own hosts, without a slash at the end; null when none is set.
    /// <c>Fedora</c> reads <c>DBGFETCH_FEDORA_URL</c>.
    /// </summary>
    /// <exception cref="InputFaultException">What is set is no http or https address.</exception>
    public string? BaseUrlFor(Distribution source)
    {
        string variable = VariableOf(source);
        return Checked("--base-url", _baseUrl) ?? Checked(variable, _environment(variable)) ?? Checked(GeneralVariable, _environment(GeneralVariable));
    }

    /// <summary>The variable that names <paramref name="source"/>'s base address.</summary>
    public static string VariableOf(Distribution source) => $"DBGFETCH_{source.ToString().ToUpperInvariant()}_URL";

    private static string? Checked(string from, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        return Uri.TryCreate(value.Trim(), UriKind.Absolute, out Uri? url) && url.Scheme is ("http" or "https") && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url.AbsoluteUri.TrimEnd('/')
            : throw new InputFaultException($"{from}: not an http or https address, such as http://127.0.0.1:8080");
    }
}
