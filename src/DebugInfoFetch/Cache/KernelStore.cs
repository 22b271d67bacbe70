using System.Text;

namespace DebugInfoFetch.Cache;

/// <summary>A kernel's file in the cache, by its name alone: nothing of the file has been read.</summary>
/// <param name="Release">What <c>uname -r</c> prints on it.</param>
/// <param name="Architecture">As <c>uname -m</c> prints it.</param>
/// <param name="Path">Its cache file.</param>
public record KernelFile(string Release, string Architecture, string Path);

/// <summary>A kernel in the cache, with what a list shows of it.</summary>
/// <param name="Distribution">Null when the file cannot be read: damaged, or of another schema version.</param>
/// <param name="ByteSize">Bytes of the file.</param>
public sealed record CachedKernel(
    string Release, string Architecture, string? Distribution, string Path, long ByteSize, DateTimeOffset IndexedAt, int ModuleCount)
    : KernelFile(Release, Architecture, Path)
{
    /// <summary>Indexed from BTF and symbols, without debug information.</summary>
    public bool IsFromBtf { get; init; }

    /// <summary>Only some files of the kernel were asked for.</summary>
    public bool IsPart { get; init; }

    /// <summary>All that it was indexed from has a good signature.</summary>
    public bool IsSigned { get; init; }
}

/// <summary>
/// The folder of cache files, one a kernel, named <c>RELEASE@ARCH.sqlite</c>: finding a kernel reads names only, so that it costs the same
/// with two kernels and with two hundred.
/// </summary>
public sealed class KernelStore(string directory)
{
    private const string Extension = ".sqlite";

    public string Directory { get; } = directory;

    /// <summary>Where downloads are kept until they are indexed.</summary>
    public string DownloadDirectory => Path.Combine(Directory, "downloads");

    public string PathOf(string release, string architecture) => Path.Combine(Directory, $"{release}@{architecture}{Extension}");

    /// <summary>Reads from a kernel's file what a list shows of it.</summary>
    public CachedKernel Describe(string release, string architecture) => Describe(new KernelFile(release, architecture, PathOf(release, architecture)));

    /// <summary>Reads from a kernel's file what a list shows of it.</summary>
    public static CachedKernel Describe(KernelFile file)
    {
        var info = new FileInfo(file.Path);
        try
        {
            using KernelCache cache = KernelCache.Open(file.Path);
            return new CachedKernel(file.Release, file.Architecture, cache.Kernel.Distribution, file.Path, info.Length, cache.Kernel.IndexedAt, cache.ModuleCount) { IsFromBtf = cache.Kernel.IsFromBtf, IsPart = !cache.Kernel.IsComplete, IsSigned = cache.Kernel.IsSigned };
        }
        catch (CacheException)
        {
            return new CachedKernel(file.Release, file.Architecture, null, file.Path, info.Length, info.LastWriteTimeUtc, 0);
        }
    }

    /// <summary>Every kernel that is there, by release.</summary>
    public IReadOnlyList<KernelFile> Files() => Ordered(Unordered());

    private List<KernelFile> Unordered()
    {
        if (!System.IO.Directory.Exists(Directory)) { return []; }
        var kernels = new List<KernelFile>();
        foreach (string path in System.IO.Directory.EnumerateFiles(Directory, "*" + Extension))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            int at = name.LastIndexOf('@');
            if (at > 0) { kernels.Add(new KernelFile(name[..at], name[(at + 1)..], path)); }
        }

        return kernels;
    }

    // Comes after choosing: of two hundred kernels most are not meant.
    private static List<KernelFile> Ordered(List<KernelFile> kernels)
    {
        kernels.Sort((a, b) => ReleaseOrder.Instance.Compare(a.Release, b.Release) is not 0 and int order ? order : string.CompareOrdinal(a.Architecture, b.Architecture));
        return kernels;
    }

    /// <summary>
    /// Kernels that <paramref name="release"/> may mean: the exact release, else the one without its architecture, else those that begin so
    /// (up to a separator). One is the answer, several are an ambiguity, none is "not cached".
    /// </summary>
    public IReadOnlyList<KernelFile> Find(string release, string? architecture)
    {
        List<KernelFile> all = Unordered().FindAll(k => architecture is null || k.Architecture == architecture);
        List<KernelFile> found = all.FindAll(k => k.Release == release);
        if (found.Count == 0) { found = all.FindAll(k => k.Release == $"{release}.{k.Architecture}"); }
        if (found.Count == 0) { found = all.FindAll(k => k.Release.StartsWith(release, StringComparison.Ordinal) && release.Length > 0 && !char.IsAsciiLetterOrDigit(k.Release[release.Length])); }
        return Ordered(found);
    }

    /// <summary>Deletes a kernel's cache file. False when it was gone already.</summary>
    public static bool Remove(KernelFile kernel)
    {
        if (!File.Exists(kernel.Path)) { return false; }
        File.Delete(kernel.Path);
        return true;
    }

    /// <summary>Orders releases as people read them: runs of digits by value.</summary>
    private sealed class ReleaseOrder : IComparer<string>
    {
        public static ReleaseOrder Instance { get; } = new();

        public int Compare(string? x, string? y) => string.CompareOrdinal(Key(x ?? ""), Key(y ?? ""));

        private static string Key(string release)
        {
            var key = new StringBuilder();
            for (int at = 0; at < release.Length;)
            {
                int from = at;
                while (at < release.Length && char.IsAsciiDigit(release[at])) { at++; }
                if (at > from) { key.Append(release[from..at].PadLeft(20, '0')); }
                else { key.Append(release[at++]); }
            }

            return key.ToString();
        }
    }
}
