using System.Text.Json;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Debuginfod;

/// <summary>
/// From a kernel's release to its vmlinux's build ID, where a server answers <c>/metadata?key=file&amp;value=PATH</c> (elfutils 0.192 and later; many public
/// ones do not).
/// </summary>
public sealed class DebuginfodMetadata(HttpClient http, DebuginfodSettings settings, ArchiveApiOptions? options = null)
{
    private readonly ArchiveApi _api = new(http, (options ?? new ArchiveApiOptions()) with { Headers = settings.Headers });

    /// <param name="BuildIds">More than one when several builds carry the release: then only its user can tell which.</param>
    /// <param name="Attempts">Each address asked, with its answer.</param>
    public sealed record Answer(IReadOnlyList<BuildId> BuildIds, IReadOnlyList<LocateAttempt> Attempts);

    /// <summary>The build IDs that the servers have for a release's vmlinux.</summary>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public async Task<Answer> FindVmlinuxAsync(KernelRelease release, CancellationToken ct)
    {
        // Fedora and its kin, and Debian since 7; Debian before.
        string[] paths = [$"/usr/lib/debug/lib/modules/{release.UnameText}/vmlinux", $"/usr/lib/debug/boot/vmlinux-{release.UnameText}"];
        var asked = from server in settings.Servers from path in paths select AskAsync(server, path, ct);
        (LocateAttempt Attempt, IReadOnlyList<BuildId> Found)[] answers = await Task.WhenAll(asked).ConfigureAwait(false);
        return new Answer([.. answers.SelectMany(a => a.Found).Distinct()], [.. answers.Select(a => a.Attempt)]);
    }

    private async Task<(LocateAttempt, IReadOnlyList<BuildId>)> AskAsync(DebuginfodServer server, string path, CancellationToken ct)
    {
        var url = new Uri(server.Url, $"metadata?key=file&value={Uri.EscapeDataString(path)}");
        ArchiveApi.Answer answer = await _api.GetAsync(url, ct).ConfigureAwait(false);
        using JsonDocument? document = answer.Document;
        string place = PackageCandidate.PlaceOf(url);
        if (document is null) { return (new LocateAttempt(place, answer.Text), []); }
        List<BuildId> found = Read(document.RootElement, path);
        return (new LocateAttempt(place, found.Count == 0 ? "does not know that file" : $"build ID {string.Join(", ", found)}"), found);
    }

    // {"results":[{"type":…,"buildid":…,"file":…,"archive":…}],"complete":true} (debuginfod(8), "/metadata").
    private static List<BuildId> Read(JsonElement root, string path)
    {
        var found = new List<BuildId>();
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("results", out JsonElement results) || results.ValueKind != JsonValueKind.Array) { return found; }
        foreach (JsonElement result in results.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.Object))
        {
            bool isIt = Text(result, "file") == path && BuildId.TryParse(Text(result, "buildid"), out _);
            if (isIt && BuildId.Parse(Text(result, "buildid")!) is var id && !found.Contains(id)) { found.Add(id); }
        }

        return found;
    }

    private static string? Text(JsonElement result, string name)
        => result.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
