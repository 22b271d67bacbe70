using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Index;

/// <summary>
/// The types of ELF files, straight from their DWARF: a question costs a search through all units, some tenths of a second for a vmlinux, and nothing is
/// kept for the next program. Answers are those that a cache of the same files gives.
/// </summary>
public sealed class ElfTypes : ITypeModel, IDisposable
{
    private readonly SharedTables _tables = new();
    private readonly FoundTypes _found = new();
    private readonly List<MemberContent> _contents = [];
    private readonly TypeSearch _search;
    private readonly List<(int FirstUnit, string Name)> _modules = [];
    private readonly Dictionary<string, List<TypeInfo>> _definitions = [];
    private readonly Dictionary<int, HashSet<UnitId>> _units = [];

    private ElfTypes(IReadOnlyList<string> paths)
    {
        var files = new List<SearchedFile>();
        string? architecture = null;
        foreach (string path in paths)
        {
            MemberContent content = OwnBuild.Map(path);
            _contents.Add(content);
            ElfFile elf = ElfFile.Parse(path, content.Memory);
            string machine = OwnBuild.Architecture(elf);
            architecture ??= machine;
            if (machine != architecture) { throw InputFaultException.At(path, "ELF header", 18, $"a file for {machine}, but {paths[0]} is for {architecture}"); }
            int module = files.Count + 1;
            string name = KernelPackageLayout.NameOfFile(path);
            _found.AddModule(module, name);
            files.Add(SearchedFile.Read(elf, module, files.Sum(file => file.Units.Count), _tables.Names));
            _modules.Add((files[^1].FirstUnit, name));
        }

        Kernel = new KernelInfo { Release = string.Join(", ", paths), Architecture = architecture ?? "", Distribution = "local" };
        _search = new TypeSearch(files, _tables, Environment.ProcessorCount);
    }

    /// <summary>Opens ELF files: vmlinux, modules, or both.</summary>
    /// <exception cref="InputFaultException">One is missing, is no ELF file with DWARF, or is for another machine than the first.</exception>
    public static ElfTypes Open(IReadOnlyList<string> paths) => new(paths);

    /// <summary>Names the files in the place of a release.</summary>
    public KernelInfo Kernel { get; }

    public TypeInfo Type(TypeId id) => _found.Type(id);

    public IReadOnlyList<TypeInfo> Definitions(TypeKind kind, string name)
    {
        // One search for all kinds: a bare name is asked for as a struct's, then as a union's, then as a typedef's.
        if (!_definitions.TryGetValue(name, out List<TypeInfo>? found)) { _definitions.Add(name, found = Merge(_search.Definitions(name))); }
        return found.FindAll(type => type.Kind == kind);
    }

    public IReadOnlySet<UnitId> UnitsOf(TypeId id) => _units.TryGetValue(id.Value, out HashSet<UnitId>? units) ? units : new HashSet<UnitId>();

    public IEnumerable<TypeInfo> AllStructs() => Merge(_search.AllStructs()).OrderBy(type => type.Name, StringComparer.Ordinal);

    public IReadOnlyList<string> SimilarTypeNames(string name, int limit)
    {
        var nearest = new NearestNames(name, limit);
        foreach (string other in _search.Names().Distinct(StringComparer.Ordinal)) { nearest.Offer(other); }
        return nearest.Best();
    }

    public void Dispose()
    {
        foreach (MemberContent content in _contents) { content.Dispose(); }
    }

    /// <summary>Each type once, in the order of the first units that define them, with units kept where a kind and name has several.</summary>
    private List<TypeInfo> Merge(IReadOnlyList<(int Type, int Unit)> found)
    {
        _tables.Names.Drain(_found);
        _tables.Files.Drain(_found);
        _tables.Types.Drain(_found);
        var units = new Dictionary<int, HashSet<UnitId>>();
        foreach ((int type, int unit) in found)
        {
            if (!units.TryGetValue(type, out HashSet<UnitId>? of)) { units.Add(type, of = []); }
            of.Add(new UnitId(unit));
        }

        // Whichever thread met a type first made its row: whose it is, the first unit says.
        List<TypeInfo> types = [.. units
            .Select(pair => (First: pair.Value.Min(unit => unit.Value), Id: pair.Key))
            .Order()
            .Select(defined => Type(new TypeId(defined.Id)) with { Module = _modules.FindLast(module => module.FirstUnit <= defined.First).Name })];
        foreach (IGrouping<(TypeKind, string), TypeInfo> same in types.GroupBy(type => (type.Kind, type.Name)).Where(same => same.Count() > 1))
        {
            foreach (TypeInfo type in same.Where(type => type.Kind != TypeKind.Typedef)) { _units[type.Id.Value] = units[type.Id.Value]; }
        }

        return types;
    }
}
