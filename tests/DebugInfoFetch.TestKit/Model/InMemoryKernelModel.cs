using System.IO.Enumeration;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.TestKit.Model;

/// <summary>A kernel that is described in a test, by a <see cref="KernelModelBuilder"/>, rather than indexed.</summary>
public sealed class InMemoryKernelModel : IKernelModel
{
    private static readonly IReadOnlySet<UnitId> NoUnits = new HashSet<UnitId>();

    public required KernelInfo Kernel { get; init; }

    internal List<ModuleInfo> ModuleList { get; } = [];
    internal List<TypeInfo> Types { get; } = [];
    internal Dictionary<TypeId, HashSet<UnitId>> DefiningUnits { get; } = [];
    internal List<FunctionInfo> FunctionList { get; } = [];
    internal List<EntryInfo> EntryList { get; } = [];
    internal List<InlineSiteInfo> InlineList { get; } = [];
    internal List<SymbolInfo> SymbolList { get; } = [];
    internal List<VariableInfo> VariableList { get; } = [];

    public IReadOnlyList<ModuleInfo> Modules => ModuleList;

    public TypeInfo Type(TypeId id)
        => id.Value >= 1 && id.Value <= Types.Count ? Types[id.Value - 1] : throw new ArgumentOutOfRangeException(nameof(id), id, "no such type");

    public IReadOnlyList<TypeInfo> Definitions(TypeKind kind, string name)
        => [.. Types.Where(t => t.Kind == kind && t.Name == name && !t.IsReference)];

    public IReadOnlySet<UnitId> UnitsOf(TypeId id) => DefiningUnits.TryGetValue(id, out HashSet<UnitId>? units) ? units : NoUnits;

    public IEnumerable<TypeInfo> AllStructs()
        => Types.Where(t => t is { Kind: TypeKind.Struct or TypeKind.Union, IsReference: false, Name.Length: > 0 }).OrderBy(t => t.Name, StringComparer.Ordinal);

    public IReadOnlyList<FunctionInfo> Functions(string name) => [.. FunctionList.Where(f => f.Name == name)];

    public FunctionInfo Function(FunctionId id) => FunctionList.Single(f => f.Id == id);

    public IReadOnlyList<EntryInfo> Entries(FunctionId id) => [.. EntryList.Where(e => e.Function == id)];

    public IReadOnlyList<InlineSiteInfo> InlineSites(FunctionId id) => [.. InlineList.Where(i => i.Function == id)];

    public IReadOnlyList<SymbolInfo> Symbols(string name) => [.. SymbolList.Where(s => s.Name == name)];

    public IReadOnlyList<SymbolInfo> SymbolsByBaseName(string baseName) => [.. SymbolList.Where(s => s.BaseName == baseName)];

    public IEnumerable<SymbolInfo> SymbolsMatching(string glob)
        => SymbolList.Where(s => FileSystemName.MatchesSimpleExpression(glob, s.Name, ignoreCase: false)).OrderBy(s => s.Name, StringComparer.Ordinal);

    public IReadOnlyList<SymbolInfo> SymbolsInSection(string module, string section)
        => [.. SymbolList.Where(s => s.Module == module && s.Section == section).OrderBy(s => s.Address)];

    public IReadOnlyList<VariableInfo> Variables(string name) => [.. VariableList.Where(v => v.Name == name)];

    public IReadOnlyList<(string Module, string File)> UnitFiles(string tail)
        => [.. EntryList.Select(e => (e.Module, e.UnitFile)).Distinct().Where(u => SourceTail.Matches(u.UnitFile, tail))];

    public IReadOnlyList<string> SimilarNames(NameKind kind, string name, int limit) => SimilarName.Among(kind switch
    {
        NameKind.Struct => AllStructs().Select(t => t.Name),
        NameKind.Function => FunctionList.Select(f => f.Name),
        NameKind.Symbol => SymbolList.Select(s => s.Name),
        NameKind.Variable => VariableList.Select(v => v.Name),
        _ => ModuleList.Select(m => m.Name),
    }, name, limit);
}
