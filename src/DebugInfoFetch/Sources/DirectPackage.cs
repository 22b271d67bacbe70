using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Sources;

/// <summary><c>--package FILE|URL</c>: no source is asked.</summary>
public static class DirectPackage
{
    /// <exception cref="InputFaultException">It is no file here and no http or https address.</exception>
    public static PackageCandidate FromArgument(string argument)
    {
        if (Uri.TryCreate(argument, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
        {
            string name = Uri.UnescapeDataString(url.Segments[^1]);
            // A name that is of no use as a file's (a query, a directory) does not matter: what the bytes are is decided by the bytes.
            return new PackageCandidate(url, PackageCandidate.IsPlainFileName(name) ? name : "package", "the address given by --package");
        }

        string path = Path.GetFullPath(url is { IsFile: true } ? url.LocalPath : argument);
        if (!File.Exists(path))
        {
            throw new InputFaultException(Directory.Exists(path)
                ? $"{argument}: a directory, where --package wants an RPM, a deb or an http(s) address"
                : $"{argument}: no such file");
        }

        string fileName = Path.GetFileName(path);
        return new PackageCandidate(new Uri("file://" + Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)),
            PackageCandidate.IsPlainFileName(fileName) ? fileName : "package", "the file given by --package");
    }
}
