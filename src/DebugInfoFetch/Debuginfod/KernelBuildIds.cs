using DebugInfoFetch.Formats.Rpm;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Debuginfod;

/// <summary>Build IDs of the files of one build: what debuginfod is asked by.</summary>
/// <param name="Origin">Who told them, for a person.</param>
/// <param name="ByModule">By <c>vmlinux</c> or the module's name in the kernel's spelling; as many as are known.</param>
public sealed record KernelBuildIds(string Origin, IReadOnlyDictionary<string, BuildId> ByModule)
{
    private const string Links = "/usr/lib/debug/.build-id/";

    public bool Covers(IEnumerable<string> modules) => modules.All(ByModule.ContainsKey);

    /// <summary>
    /// Those that a debug package's header tells: links <c>/usr/lib/debug/.build-id/xx/yyyy[.debug]</c> to the files (debugedit: find-debuginfo's
    /// <c>_build_id_links alldebug</c>). Empty when it has none of the release's.
    /// </summary>
    public static KernelBuildIds OfPackage(RpmPackage package, KernelRelease release, string origin)
    {
        var ids = new Dictionary<string, BuildId>(StringComparer.Ordinal);
        for (int i = 0; i < package.Files.Count; i++)
        {
            (string path, string target) = (package.Files[i].Path, package.Files[i].LinkTarget);
            if (target.Length == 0 || !path.StartsWith(Links, StringComparison.Ordinal)) { continue; }
            string hex = path[Links.Length..].Replace("/", "", StringComparison.Ordinal);
            if (hex.EndsWith(".debug", StringComparison.Ordinal)) { hex = hex[..^".debug".Length]; }
            // A link that is numbered, yyyy.1, is another copy of one build ID.
            if (!BuildId.TryParse(hex, out BuildId id) || KernelPackageLayout.Recognise(target) is not { } file || file.Release != release.UnameText) { continue; }
            ids.TryAdd(file.Name, id);
        }

        return new KernelBuildIds(origin, ids);
    }
}
