using System.Text;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>The indexer's rows of types, kept in memory and read as the model's types.</summary>
internal sealed class FoundTypes : ITypeSink
{
    private readonly Dictionary<int, string> _names = new() { [0] = "" };
    private readonly Dictionary<int, string> _files = [];
    private readonly Dictionary<int, TypeRow> _rows = [];
    private readonly Dictionary<int, TypeInfo> _types = [];
    private readonly Dictionary<int, string> _modules = [];

    public void AddModule(int module, string name) => _modules.Add(module, name);

    public void AddName(int id, ReadOnlySpan<byte> utf8) => _names.Add(id, Encoding.UTF8.GetString(utf8));

    public void AddFiles(ReadOnlySpan<(int Id, string Path)> files)
    {
        foreach ((int id, string path) in files) { _files.Add(id, path); }
    }

    public void AddTypes(ReadOnlySpan<TypeRow> types)
    {
        foreach (TypeRow type in types) { _rows.Add(type.Id, type); }
    }

    public TypeInfo Type(TypeId id)
    {
        if (id.IsVoid) { return new TypeInfo { Id = id, Kind = TypeKind.Void, Name = "void" }; }
        if (_types.TryGetValue(id.Value, out TypeInfo? known)) { return known; }
        TypeRow row = _rows[id.Value];
        var type = new TypeInfo
        {
            Id = id,
            Kind = row.Kind,
            Name = _names[row.Name],
            ByteSize = row.ByteSize < 0 ? null : row.ByteSize,
            Target = new TypeId(row.Target),
            Encoding = row.Encoding,
            ElementCount = row.Count < 0 ? null : row.Count,
            IsReference = row.IsReference,
            DeclaredAt = row.File == 0 ? null : new SourceLocation(_files[row.File], row.Line),
            Module = _modules[row.Module],
            Members = row.Kind is TypeKind.Struct or TypeKind.Union ? [.. row.Parts.Select(Member)] : [],
            Enumerators = row.Kind == TypeKind.Enum ? [.. row.Parts.Select(part => new EnumeratorInfo(_names[part.Name], part.Value))] : [],
            Parameters = row.Kind == TypeKind.Function ? [.. row.Parts.Select(part => new TypeId(part.Type))] : [],
        };
        _types.Add(id.Value, type);
        return type;
    }

    private MemberInfo Member(TypePart part) => part.BitSize == 0
        ? new MemberInfo(_names[part.Name], new TypeId(part.Type), part.Value, null, null)
        : new MemberInfo(_names[part.Name], new TypeId(part.Type), part.Value, part.BitOffset, part.BitSize);
}
