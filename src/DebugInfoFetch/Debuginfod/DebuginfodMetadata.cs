using System.Text.Json;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Debuginfod;

/// <summary>
/// From a kernel's release to its files' build IDs, where a server answers <c>/metadata?key=file|glob&amp;value=PATH</c> (elfutils 0.192 and later; many public
/// ones do not).
/// </summary>
public sealed class DebuginfodMetadata(HttpClient http, DebuginfodSettings settings, ArchiveApiOptions? options = null)
{
    private const string Vmlinux = "vmlinux";
    private readonly ArchiveApi _api = new(http, (options ?? new ArchiveApiOptions()) with { Headers = settings.Headers });

    /// <param name="Builds">A build is what one package holds; more than one when several carry the release: then only its user can tell which.</param>
    /// <param name="Attempts">Each address asked, with its answer.</param>
    public sealed record Answer(IReadOnlyList<KernelBuildIds> Builds, IReadOnlyList<LocateAttempt> Attempts);

    /// <summary>A file that a server knows.</summary>
    private readonly record struct Known(string Archive, string Module, BuildId Id);

    /// <summary>The addresses that are asked, in order.</summary>
    public IEnumerable<Uri> PlacesFor(KernelRelease release, IEnumerable<string> modules)
        => from server in settings.Servers
           from question in Questions(release, modules)
           select new Uri(server.Url, $"metadata?key={question.Key}&value={Uri.EscapeDataString(question.Value)}");

    /// <summary>The build IDs that the servers have for a release's vmlinux, which tells builds apart, and for these modules.</summary>
    /// <param name="modules">In the kernel's spelling.</param>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<Answer> FindAsync(KernelRelease release, IEnumerable<string> modules, CancellationToken ct)
    {
        (LocateAttempt Attempt, IReadOnlyList<Known> Found)[] answers =
            await Task.WhenAll(PlacesFor(release, modules).Select(place => AskAsync(place, release, ct))).ConfigureAwait(false);
        return new Answer(Builds([.. answers.SelectMany(a => a.Found)]), [.. answers.Select(a => a.Attempt)]);
    }

    private static IEnumerable<(string Key, string Value)> Questions(KernelRelease release, IEnumerable<string> modules)
    {
        // Fedora and its kin, and Debian since 7; Debian before.
        string folder = $"/usr/lib/debug/lib/modules/{release.UnameText}";
        yield return ("file", $"{folder}/{Vmlinux}");
        yield return ("file", $"/usr/lib/debug/boot/{Vmlinux}-{release.UnameText}");
        foreach (string module in modules.Where(m => m != Vmlinux && m.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')))
        {
            // A file may have either of - and _; a server's * also goes over slashes (SQLite's GLOB).
            yield return ("glob", $"{folder}/*/{module.Replace("_", "[-_]", StringComparison.Ordinal)}.ko*");
        }
    }

    private async Task<(LocateAttempt, IReadOnlyList<Known>)> AskAsync(Uri url, KernelRelease release, CancellationToken ct)
    {
        ArchiveApi.Answer answer = await _api.GetAsync(url, ct).ConfigureAwait(false);
        using JsonDocument? document = answer.Document;
        string place = PackageCandidate.PlaceOf(url);
        if (document is null) { return (new LocateAttempt(place, answer.Text), []); }
        List<Known> found = Read(document.RootElement, release);
        string ids = string.Join(", ", found.Select(f => f.Id).Distinct());
        return (new LocateAttempt(place, found.Count == 0 ? "does not know that file" : $"build ID {ids}"), found);
    }

    // {"results":[{"type":…,"buildid":…,"file":…,"archive":…}],"complete":true} (debuginfod(8), "/metadata").
    private static List<Known> Read(JsonElement root, KernelRelease release)
    {
        var found = new List<Known>();
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("results", out JsonElement results) || results.ValueKind != JsonValueKind.Array) { return found; }
        foreach (JsonElement result in results.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.Object))
        {
            // What the file is, its path tells, as in a package.
            if (!BuildId.TryParse(Text(result, "buildid"), out BuildId id) || KernelPackageLayout.Recognise(Text(result, "file") ?? "") is not { } file || file.Release != release.UnameText) { continue; }
            var known = new Known(Text(result, "archive") ?? "", file.Name, id);
            if (!found.Contains(known)) { found.Add(known); }
        }

        return found;
    }

    /// <summary>What one package holds belongs together, and so do packages of one vmlinux: several servers may have them.</summary>
    private static List<KernelBuildIds> Builds(IReadOnlyList<Known> all)
    {
        var builds = new List<KernelBuildIds>();
        var archives = all.GroupBy(known => known.Archive).Select(archive => archive.GroupBy(k => k.Module)
            // A name that stands for two files of one package decides nothing.
            .Where(files => files.Select(f => f.Id).Distinct().Count() == 1).ToDictionary(files => files.Key, files => files.First().Id, StringComparer.Ordinal));
        foreach (IGrouping<string, Dictionary<string, BuildId>> same in archives.GroupBy(ids => ids.TryGetValue(Vmlinux, out BuildId id) ? id.Hex : ""))
        {
            if (same.Key.Length == 0) { builds.AddRange(same.Where(ids => ids.Count > 0).Select(Told)); }
            else { builds.Add(Told(same.SelectMany(ids => ids).GroupBy(pair => pair.Key).Where(g => g.Select(p => p.Value).Distinct().Count() == 1).ToDictionary(g => g.Key, g => g.First().Value))); }
        }

        return builds;

        static KernelBuildIds Told(Dictionary<string, BuildId> ids) => new("the servers' metadata", ids);
    }

    private static string? Text(JsonElement result, string name)
        => result.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
