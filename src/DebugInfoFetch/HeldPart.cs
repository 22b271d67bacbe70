using DebugInfoFetch.Cache;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch;

/// <summary>What is cached of a kernel already when some more of its modules are asked for by name: the new file is to hold both.</summary>
internal sealed class HeldPart : IDisposable
{
    private readonly KernelCache _cache;

    private HeldPart(KernelCache cache) => _cache = cache;

    public KernelInfo Kernel => _cache.Kernel;

    /// <summary>The modules that are indexed; vmlinux may be one.</summary>
    public IEnumerable<ModuleInfo> Modules => _cache.Modules.Where(m => m.IsIndexed);

    /// <returns>Null when nothing is cached that belongs to what is asked for.</returns>
    public static HeldPart? Open(KernelStore store, KernelRelease release, FetchRequest request)
    {
        string path = store.PathOf(release.UnameText, release.Architecture);
        if (request.Modules.Count == 0 || request.Refresh || !File.Exists(path)) { return null; }
        try
        {
            KernelCache cache = KernelCache.Open(path);
            var part = new HeldPart(cache);
            if (!CachedBuild.IsOther(cache.Kernel, release) && cache.Kernel.IsFromBtf == request.Quick) { return part; }
            part.Dispose();
            return null;
        }
        catch (CacheException)
        {
            // Damaged or of another version: made anew.
            return null;
        }
    }

    /// <summary>
    /// It came out of this very package: not only one of the same release, of which there may be several builds. Packages on servers do not change under a name;
    /// a file of this machine may, and then is younger.
    /// </summary>
    /// <param name="byteSize">Of the package; null when it is not known.</param>
    public bool IsOf(PackageCandidate package, long? byteSize) => byteSize is { } size && _cache.HasMemory && _cache.Kernel.Sources.All(source =>
        source.ByteSize == size && source.Verification != SourceInfo.OwnBuild
            && (package.Url.IsFile ? source.Origin == package.Place && File.GetLastWriteTimeUtc(package.Place) < _cache.Kernel.IndexedAt : FileNameOf(source.Origin) == FileNameOf(package.Place)));

    /// <summary>It is of the build that has these IDs: at least one file of it is known to be, and none is another's.</summary>
    public bool IsOf(KernelBuildIds build)
    {
        ModuleInfo[] known = [.. Modules.Where(m => build.ByModule.ContainsKey(m.Name))];
        return _cache.HasMemory && known.Length > 0 && known.All(m => build.ByModule[m.Name].Hex == m.BuildId);
    }

    /// <summary>Hands its rows to a new file.</summary>
    /// <returns>What an indexer needs to add to them.</returns>
    /// <exception cref="CacheException">It is damaged.</exception>
    public EarlierIndex CopyTo(CacheWriter writer) => writer.TakeUp(_cache);

    public void Dispose() => _cache.Dispose();

    private static string FileNameOf(string origin) => origin[(origin.LastIndexOf('/') + 1)..];
}
