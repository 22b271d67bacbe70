using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Fuzz;

public sealed class CacheFuzz : IDisposable
{
    private readonly ScratchFolder _folder = new();

    [Fact]
    public void A_damaged_cache_is_read_or_refused()
    {
        string path = _folder["valid.sqlite"];
        using (var writer = new CacheWriter(path))
        {
            var indexer = new ModuleIndexer(writer, 1);
            indexer.Index("vmlinux", "vmlinux", ElfFile.Parse("vmlinux", Samples.Vmlinux()), CancellationToken.None);
            indexer.Finish();
            writer.Commit(new KernelInfo { Release = "6.13.5", Architecture = "x86_64", Distribution = "local", Sources = [new("origin", 1, "sha256:", "")] }, indexer.Memory());
        }

        string damaged = _folder["damaged.sqlite"];
        FuzzRun.Of(File.ReadAllBytes(path), bytes =>
        {
            File.WriteAllBytes(damaged, bytes);
            ReadAll(damaged);
            AddTo(damaged);
        });
    }

    private void AddTo(string path)
    {
        using KernelCache held = KernelCache.Open(path);
        if (!held.HasMemory) { return; }
        using var writer = new CacheWriter(_folder["grown.sqlite"]);
        var indexer = new ModuleIndexer(writer, 1, writer.TakeUp(held));
        indexer.Index("module", "module.ko", ElfFile.Parse("module", Samples.Vmlinux()), CancellationToken.None);
        indexer.Finish();
        writer.Commit(held.Kernel, indexer.Memory());
    }

    public void Dispose() => _folder.Dispose();

    private static void ReadAll(string path)
    {
        using KernelCache cache = KernelCache.Open(path);
        _ = cache.Kernel;
        _ = cache.Modules;
        foreach (TypeInfo type in cache.AllStructs())
        {
            cache.UnitsOf(type.Id);
            foreach (MemberInfo member in type.Members) { cache.Type(member.Type); }
        }

        foreach (TypeKind kind in Enum.GetValues<TypeKind>()) { cache.Definitions(kind, "kinds"); }
        foreach (string name in (string[])["f", "g", "h"])
        {
            foreach (FunctionInfo function in cache.Functions(name))
            {
                cache.Type(function.ReturnType);
                cache.Entries(function.Id);
                cache.InlineSites(function.Id);
            }
        }

        cache.Variables("counter");
        _ = cache.SymbolsMatching("*").Count();
        cache.SymbolsInSection("vmlinux", ".text");
        cache.SymbolsByBaseName("f");
        foreach (NameKind kind in Enum.GetValues<NameKind>()) { cache.SimilarNames(kind, "ff", 5); }
    }
}
