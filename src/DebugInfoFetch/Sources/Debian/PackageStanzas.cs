using System.Globalization;
using System.Text;

namespace DebugInfoFetch.Sources.Debian;

/// <summary>A package as an index has it.</summary>
/// <param name="Version">The package's version (<c>6.12.117-1~deb12u1</c>).</param>
/// <param name="ByteSize">Of the deb.</param>
/// <param name="Sha256">64 lower-case hex digits; worth what the index's signature is.</param>
/// <param name="Depends">The field as it stands; empty when absent.</param>
/// <param name="Filename">The deb's address relative to the archive's root; empty when absent or none that we would ask for.</param>
public sealed record AptPackage(string Name, string Version, string Architecture, long? ByteSize, string? Sha256, string Depends, string Filename = "");

/// <summary>Stanzas of a Packages index (deb822(5)), as archives have it and apt prints it.</summary>
internal static class PackageStanzas
{
    private const int MaxField = 4096;

    /// <summary>The packages whose name is wanted, newest version first. Fields that go on over lines are not among those that are read.</summary>
    /// <exception cref="IOException">The stream below broke.</exception>
    public static List<AptPackage> Read(TextReader text, Func<string, bool> isWanted)
    {
        List<AptPackage> packages = [];
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        while (true)
        {
            string? line = ReadLine(text);
            if (string.IsNullOrEmpty(line))
            {
                if (PackageOf(fields) is { } package && isWanted(package.Name)) { packages.Add(package); }
                fields.Clear();
                if (line is null) { break; }
            }
            else if (line[0] is not (' ' or '\t') && line.Length < MaxField && line.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon)
            {
                fields[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        packages.Sort((a, b) => DebianVersion.Compare(b.Version, a.Version));
        return packages;
    }

    /// <summary>A line without its end; what is longer than any field that is read is cut. Null at the text's end.</summary>
    private static string? ReadLine(TextReader text)
    {
        int next = text.Read();
        if (next < 0) { return null; }
        var line = new StringBuilder();
        for (; next is >= 0 and not '\n'; next = text.Read())
        {
            if (line.Length < MaxField) { line.Append((char)next); }
        }

        return line.ToString().TrimEnd('\r');
    }

    private static AptPackage? PackageOf(Dictionary<string, string> fields)
        => fields.TryGetValue("Package", out string? name) && fields.TryGetValue("Version", out string? version)
            && fields.TryGetValue("Architecture", out string? architecture)
            ? new AptPackage(name, version, architecture,
                long.TryParse(fields.GetValueOrDefault("Size"), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : null,
                IsHex(fields.GetValueOrDefault("SHA256"), 64) ? fields["SHA256"].ToLowerInvariant() : null,
                fields.GetValueOrDefault("Depends", ""), fields.GetValueOrDefault("Filename", ""))
            : null;

    private static bool IsHex(string? text, int digits) => text?.Length == digits && text.All(char.IsAsciiHexDigit);
}
