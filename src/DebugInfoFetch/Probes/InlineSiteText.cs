using System.Globalization;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>Inlined copies in words.</summary>
internal static class InlineSiteText
{
    private const int ExampleLimit = 3;

    /// <summary><c>vfs_write+120, called at fs/read_write.c:580</c></summary>
    public static string Describe(InlineSiteInfo site)
    {
        string container = site.Container is { } symbol ? Place(site, symbol) : site.Module;
        return site.CallSite is { } call ? $"in {container}, called at {call}" : $"in {container}";
    }

    /// <summary>As a FUNCTION: <c>btrfs:f+120</c>.</summary>
    public static string Place(InlineSiteInfo site, SymbolInfo container)
        => string.Create(CultureInfo.InvariantCulture, $"{(site.Module == ProbeTarget.Vmlinux ? "" : site.Module + ":")}{container.Name}+{site.Offset}");

    /// <summary>Of a function whose own code cannot be probed.</summary>
    public static string Instead(string function, IReadOnlyList<InlineSiteInfo> sites)
        => string.Create(CultureInfo.InvariantCulture, $"its inlined copies can be: probe --inlines {function} covers {sites.Count}, the first {Describe(sites[0])}");

    public static string NotCovered(string function, IReadOnlyList<InlineSiteInfo> sites)
    {
        string examples = string.Join("; ", sites.Take(ExampleLimit).Select(Describe));
        string more = sites.Count > ExampleLimit ? "; ..." : "";
        string places = sites.Count == 1 ? "1 inlined copy" : string.Create(CultureInfo.InvariantCulture, $"{sites.Count} inlined copies");
        return $"{places} of {function} not covered (--inlines covers them): {examples}{more}";
    }
}
