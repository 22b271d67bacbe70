using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Download;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Bodies;

/// <summary>
/// The ELF files that a cached kernel was indexed from, for what the cache does not hold: the inside of functions. In order: what the user
/// names, the developer's own build that the cache remembers, the debuginfod client's cache and then its servers, the package. A file counts only if its build ID is
/// the indexed one's.
/// </summary>
public sealed class ModuleFiles : IDisposable
{
    private readonly KernelInfo _kernel;
    private readonly IReadOnlyList<ModuleInfo> _modules;
    private readonly IReadOnlyList<string> _named;
    private readonly DebuginfodCache _cache;
    private readonly IReadOnlyList<IMemberExtractor> _extractors;
    private readonly DebuginfodClient? _servers;
    private readonly Action<string>? _note;
    private readonly Dictionary<string, ModuleFile> _open = new(StringComparer.Ordinal);

    /// <param name="named">Files given with <c>--elf</c>.</param>
    /// <param name="extractors">Ways into the packages that the kernel was indexed from; may be none.</param>
    /// <param name="note">Told of what takes long, in a line for a person.</param>
    /// <param name="servers">Asks the servers of <c>DEBUGINFOD_URLS</c>; null when none are set.</param>
    public ModuleFiles(
        IKernelModel model, IReadOnlyList<string> named, DebuginfodCache cache, IReadOnlyList<IMemberExtractor> extractors, Action<string>? note = null, DebuginfodClient? servers = null)
    {
        _servers = servers;
        _kernel = model.Kernel;
        _modules = model.Modules;
        _named = named;
        _cache = cache;
        _extractors = extractors;
        _note = note;
    }

    /// <summary>The file of vmlinux or a module. Stays open until this is disposed of.</summary>
    /// <exception cref="ModuleFileException">It is nowhere to be had; says where it was looked for and what to do.</exception>
    /// <exception cref="InputFaultException">It is damaged.</exception>
    public ModuleFile Open(string module, CancellationToken cancellation = default)
    {
        if (_open.TryGetValue(module, out ModuleFile? open)) { return open; }
        ModuleInfo info = _modules.FirstOrDefault(m => m.Name == module) ?? throw new ModuleFileException($"{_kernel.Release} has no module {module}", []);
        List<string> tried = [];
        ModuleFile file = Named(info, tried) ?? OwnBuild(info, tried) ?? Cached(info, tried) ?? Served(info, tried, cancellation) ?? Extracted(info, tried, cancellation) ?? throw Nowhere(info, tried);
        _open.Add(module, file);
        return file;
    }

    /// <summary>Whether <see cref="Open"/> needs no package for it.</summary>
    public bool IsAtHand(string module)
    {
        if (_open.ContainsKey(module)) { return true; }
        if (_modules.FirstOrDefault(m => m.Name == module) is not { } info) { return false; }
        try
        {
            if ((Named(info, []) ?? OwnBuild(info, []) ?? Cached(info, [])) is not { } file) { return false; }
            _open.Add(module, file);
            return true;
        }
        catch (Exception e) when (e is ModuleFileException or InputFaultException) { return false; }
    }

    public void Dispose()
    {
        foreach (ModuleFile file in _open.Values) { file.Dispose(); }
    }

    private ModuleFile? Named(ModuleInfo module, List<string> tried)
    {
        foreach (string path in _named)
        {
            if (KernelPackageLayout.NameOfFile(path) != module.Name) { continue; }
            if (Matching(module, path) is { } file) { return file; }
            // Who names a file means that one: nothing else is taken in its place.
            throw new ModuleFileException($"{path}: not the {module.Name} that {_kernel.Release} was indexed from (its build ID is another's)",
                [$"index it anew: dbgfetch fetch --kernel {_kernel.Release} --elf {path}"]);
        }

        if (_named.Count > 0) { tried.Add($"--elf: none of the files is {module.Name}"); }
        return null;
    }

    private ModuleFile? OwnBuild(ModuleInfo module, List<string> tried)
    {
        foreach (SourceInfo source in _kernel.Sources)
        {
            if (source.Verification != SourceInfo.OwnBuild || KernelPackageLayout.NameOfFile(source.Origin) != module.Name) { continue; }
            if (!File.Exists(source.Origin)) { tried.Add($"{source.Origin}: gone"); continue; }
            if (Matching(module, source.Origin, source.ByteSize) is { } file) { return file; }
            tried.Add($"{source.Origin}: built anew since it was indexed");
        }

        return null;
    }

    private ModuleFile? Cached(ModuleInfo module, List<string> tried)
    {
        if (!BuildId.TryParse(module.BuildId, out BuildId id)) { return null; }
        if (_cache.Find(id, DebuginfodArtifact.Debuginfo) is { } path && Matching(module, path) is { } file) { return file; }
        tried.Add($"{_cache.Directory}: no debug file of build ID {module.BuildId}");
        return null;
    }

    private ModuleFile? Served(ModuleInfo module, List<string> tried, CancellationToken cancellation)
    {
        if (_servers is null || !BuildId.TryParse(module.BuildId, out BuildId id)) { return null; }
        _note?.Invoke($"asking debuginfod for {module.Name}'s debug file, once");
        DebuginfodAnswer answer = _servers.FindAsync(id, DebuginfodArtifact.Debuginfo, null, cancellation).GetAwaiter().GetResult();
        if (answer is DebuginfodAnswer.Found found && Matching(module, found.Path) is { } file) { return file; }
        tried.AddRange(answer.Outcomes.Select(outcome => $"{outcome.Place}: {outcome.Answer}"));
        return null;
    }

    private ModuleFile? Extracted(ModuleInfo module, List<string> tried, CancellationToken cancellation)
    {
        // A part may have come out of one package bit by bit.
        foreach (SourceInfo source in _kernel.Sources.DistinctBy(s => s.Origin))
        {
            if (!BuildId.TryParse(module.BuildId, out BuildId id) || source.Verification == SourceInfo.OwnBuild) { continue; }
            if (_extractors.FirstOrDefault(e => e.CanReach(source)) is not { } extractor) { tried.Add($"{source.Origin}: not to be reached"); continue; }
            _note?.Invoke($"getting {module.Name}'s debug file out of {Path.GetFileName(source.Origin)}, once");
            string path;
            try { path = Keep(id, target => extractor.Extract(source, module, target, cancellation)); }
            catch (PackageUnavailableException gone)
            {
                tried.Add(gone.Message);
                continue;
            }

            if (Matching(module, path) is { } file) { return file; }
            File.Delete(path);
            tried.Add($"{source.Origin}: holds another build of {module.Name}");
        }

        return null;
    }

    private string Keep(BuildId id, Action<Stream> write)
    {
        using DebuginfodCacheEntry entry = _cache.Create(id, DebuginfodArtifact.Debuginfo);
        write(entry.Stream);
        return entry.Commit();
    }

    private static ModuleFile? Matching(ModuleInfo module, string path, long? byteSize = null)
    {
        ModuleFile file;
        try { file = ModuleFile.Map(module, path); }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { throw new InputFaultException($"{path}: no such file", e); }
        // A build without build IDs is known by its size, which is little, but the path is the developer's own.
        bool matches = module.BuildId.Length > 0 ? file.Elf.BuildId() == module.BuildId : byteSize is null || new FileInfo(path).Length == byteSize;
        if (matches) { return file; }
        file.Dispose();
        return null;
    }

    private ModuleFileException Nowhere(ModuleInfo module, List<string> tried) => new(
        $"the inside of functions needs {module.Name}'s debug file, which is not at hand",
        [.. tried, $"name it: --elf FILE{(module.Name == "vmlinux" ? "" : $" ({module.Name}.ko with its debug information)")}",
            $"or give the package that holds it: dbgfetch fetch --kernel {_kernel.Release} --package FILE"]);
}
