namespace DebugInfoFetch.Index.Model;

/// <summary>
/// What an indexed kernel can be asked. The cache answers it from SQLite; tests answer it from memory. Nothing here guesses:
/// several answers are several rows.
/// </summary>
public interface IKernelModel : ITypeModel
{
    /// <summary>vmlinux first, then modules by name.</summary>
    IReadOnlyList<ModuleInfo> Modules { get; }

    /// <summary>Functions of that exact source name.</summary>
    IReadOnlyList<FunctionInfo> Functions(string name);

    FunctionInfo Function(FunctionId id);

    IReadOnlyList<EntryInfo> Entries(FunctionId id);

    IReadOnlyList<InlineSiteInfo> InlineSites(FunctionId id);

    /// <summary>Symbols of that exact name, suffixes included, in vmlinux and all indexed modules.</summary>
    IReadOnlyList<SymbolInfo> Symbols(string name);

    /// <summary>Symbols whose base name is that name (<c>f</c>, <c>f.isra.0</c>, <c>f.cold</c>).</summary>
    IReadOnlyList<SymbolInfo> SymbolsByBaseName(string baseName);

    /// <summary>Symbols whose name matches a glob (<c>*</c>, <c>?</c>, <c>[...]</c>), ordered by name.</summary>
    IEnumerable<SymbolInfo> SymbolsMatching(string glob);

    /// <summary>Symbols of one section of a module, ordered by address; for neighbours to anchor an offset on.</summary>
    IReadOnlyList<SymbolInfo> SymbolsInSection(string module, string section);

    IReadOnlyList<VariableInfo> Variables(string name);

    /// <summary>Source files of compilation units that a tail of a path means (<c>inode.c</c>, <c>btrfs/inode.c</c>), each with the module it is compiled into.</summary>
    IReadOnlyList<(string Module, string File)> UnitFiles(string tail);

    /// <summary>Names like the one that was not found, best first, for "did you mean". At most <paramref name="limit"/>.</summary>
    IReadOnlyList<string> SimilarNames(NameKind kind, string name, int limit);

    IReadOnlyList<string> ITypeModel.SimilarTypeNames(string name, int limit) => SimilarNames(NameKind.Struct, name, limit);
}

/// <summary>What kind of name a suggestion is wanted for.</summary>
public enum NameKind { Struct, Function, Symbol, Variable, Module }
