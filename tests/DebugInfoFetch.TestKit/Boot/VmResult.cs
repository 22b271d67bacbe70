namespace DebugInfoFetch.TestKit.Boot;

/// <summary>What the script of a virtual machine reported.</summary>
/// <param name="Sections">Lines of each section, in order.</param>
public sealed record VmResult(IReadOnlyDictionary<string, IReadOnlyList<string>> Sections)
{
    private const string Marker = "@section ";

    /// <exception cref="VmException">The script never came to that section.</exception>
    public IReadOnlyList<string> this[string section]
        => Sections.TryGetValue(section, out IReadOnlyList<string>? lines)
            ? lines
            : throw new VmException($"no section {section}; there are: {string.Join(' ', Sections.Keys)}");

    /// <summary>Empty when the script ran to its end with status 0.</summary>
    internal string Fault => !Sections.TryGetValue("exit", out IReadOnlyList<string>? exit)
        ? $"ended before its script did; last section: {Sections.Keys.LastOrDefault("none")}"
        : exit is ["0"] ? "" : $"the script failed with status {string.Join(' ', exit)} in section {Sections.Keys.SkipLast(1).LastOrDefault("none")}";

    internal static VmResult Parse(string text)
    {
        var sections = new Dictionary<string, IReadOnlyList<string>>();
        var current = new List<string>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith(Marker, StringComparison.Ordinal)) { current.Add(line); continue; }
            current = [];
            sections[line[Marker.Length..]] = current;
        }

        return new VmResult(sections);
    }
}
