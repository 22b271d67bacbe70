using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>
/// A kernel's model with the types of one unit added, under negative numbers: those of local variables are not in the cache as such. A struct that has
/// a name is a reference, and its definition the cache's.
/// </summary>
internal sealed class BodyTypes(IKernelModel model, UnitTree tree) : IKernelModel
{
    private readonly List<int> _nodes = [];
    private readonly Dictionary<int, TypeId> _ids = [];
    private readonly Dictionary<TypeId, TypeInfo> _read = [];

    public KernelInfo Kernel => model.Kernel;
    public IReadOnlyList<ModuleInfo> Modules => model.Modules;

    /// <summary>The number of DW_AT_type's target.</summary>
    public TypeId Of(in DieValues values) => values.Has(DieSlot.Type) ? Of(tree.At(values.Get(DieSlot.Type))) : TypeId.Void;

    public TypeInfo Type(TypeId id)
    {
        if (id.Value >= 0) { return model.Type(id); }
        if (_read.TryGetValue(id, out TypeInfo? type)) { return type; }
        // Stands in while it is read: an array of itself, which only a damaged file has, ends there.
        _read[id] = new TypeInfo { Id = id, Kind = TypeKind.Unspecified };
        return _read[id] = Read(id, _nodes[-id.Value - 1]);
    }

    public IReadOnlyList<TypeInfo> Definitions(TypeKind kind, string name) => model.Definitions(kind, name);
    public IReadOnlySet<UnitId> UnitsOf(TypeId id) => id.Value < 0 ? new HashSet<UnitId>() : model.UnitsOf(id);
    public IEnumerable<TypeInfo> AllStructs() => model.AllStructs();
    public IReadOnlyList<FunctionInfo> Functions(string name) => model.Functions(name);
    public FunctionInfo Function(FunctionId id) => model.Function(id);
    public IReadOnlyList<EntryInfo> Entries(FunctionId id) => model.Entries(id);
    public IReadOnlyList<InlineSiteInfo> InlineSites(FunctionId id) => model.InlineSites(id);
    public IReadOnlyList<SymbolInfo> Symbols(string name) => model.Symbols(name);
    public IReadOnlyList<SymbolInfo> SymbolsByBaseName(string baseName) => model.SymbolsByBaseName(baseName);
    public IEnumerable<SymbolInfo> SymbolsMatching(string glob) => model.SymbolsMatching(glob);
    public IReadOnlyList<SymbolInfo> SymbolsInSection(string module, string section) => model.SymbolsInSection(module, section);
    public IReadOnlyList<VariableInfo> Variables(string name) => model.Variables(name);
    public IReadOnlyList<(string Module, string File)> UnitFiles(string tail) => model.UnitFiles(tail);
    public IReadOnlyList<string> SimilarNames(NameKind kind, string name, int limit) => model.SimilarNames(kind, name, limit);

    private TypeId Of(int node)
    {
        if (_ids.TryGetValue(node, out TypeId id)) { return id; }
        _nodes.Add(node);
        _ids.Add(node, id = new TypeId(-_nodes.Count));
        return id;
    }

    private TypeInfo Read(TypeId id, int node)
    {
        DieValues values = tree.ValuesOf(node);
        TypeKind kind = UnitScanner.KindOf(tree.Nodes[node].Tag) ?? TypeKind.Unspecified;
        var type = new TypeInfo
        {
            Id = id,
            Kind = kind,
            Name = tree.Text(values, DieSlot.Name),
            ByteSize = values.Has(DieSlot.ByteSize) ? (long)values.Get(DieSlot.ByteSize) : kind == TypeKind.Pointer ? tree.Unit.AddressSize : null,
            Encoding = (BaseEncoding)values.GetOr(DieSlot.Encoding, 0),
            Target = Of(values),
            DeclaredAt = tree.Location(values, DieSlot.DeclFile, DieSlot.DeclLine),
        };
        return kind switch
        {
            TypeKind.Array => WithElements(type, [.. tree.Children(node).Where(c => tree.Nodes[c].Tag == DwTag.SubrangeType)], 0),
            TypeKind.Struct or TypeKind.Union when type.Name.Length > 0 => type with { IsReference = true },
            TypeKind.Struct or TypeKind.Union => type with { Members = [.. tree.Children(node).Where(c => tree.Nodes[c].Tag == DwTag.Member).Select(Member)] },
            _ => type,
        };
    }

    /// <summary>Each dimension is an array of its own; those behind the first get numbers of their own subranges.</summary>
    private TypeInfo WithElements(TypeInfo array, int[] ranges, int dimension)
    {
        TypeId element = array.Target;
        if (dimension + 1 < ranges.Length)
        {
            element = Of(ranges[dimension + 1]);
            _read[element] = WithElements(array with { Id = element }, ranges, dimension + 1);
        }

        long? count = dimension < ranges.Length ? CountOf(tree.ValuesOf(ranges[dimension])) : null;
        long? size = count is { } n && SizeOf(element) is { } bytes && (bytes == 0 || n <= long.MaxValue / bytes) ? n * bytes : null;
        return array with { Target = element, ElementCount = count, ByteSize = size };
    }

    private static long? CountOf(in DieValues values)
    {
        if (values.Has(DieSlot.Count) && values.Form(DieSlot.Count).IsConstant()) { return (long)values.Get(DieSlot.Count); }
        if (!values.Has(DieSlot.UpperBound) || !values.Form(DieSlot.UpperBound).IsConstant()) { return null; }
        ulong bound = values.Get(DieSlot.UpperBound);
        // gcc writes the bound of a [0] array as -1 in whatever width it chose.
        return (values.Form(DieSlot.UpperBound) == DwForm.Data4 && bound == uint.MaxValue) || bound == ulong.MaxValue ? 0 : (long)bound + 1;
    }

    private long? SizeOf(TypeId id)
    {
        for (int depth = 0; depth < 64 && !id.IsVoid; depth++)
        {
            TypeInfo type = Type(id);
            if (type.ByteSize is { } size) { return size; }
            if (type.Kind is not (TypeKind.Typedef or TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic)) { return null; }
            id = type.Target;
        }

        return null;
    }

    private MemberInfo Member(int node)
    {
        DieValues values = tree.ValuesOf(node);
        long offset = (long)values.GetOr(DieSlot.DataMemberLocation, 0);
        string name = tree.Text(values, DieSlot.Name);
        if (!values.Has(DieSlot.BitSize)) { return new MemberInfo(name, Of(values), offset, null, null); }
        long width = (long)values.Get(DieSlot.BitSize);
        // DWARF 4 counts from the storage unit's most significant bit (DWARF 4 §5.5.6); DWARF 5 from the struct's start.
        long storage = (long)values.GetOr(DieSlot.ByteSize, (ulong)(SizeOf(Of(values)) ?? 0)) * 8;
        long bit = values.Has(DieSlot.DataBitOffset) ? (long)values.Get(DieSlot.DataBitOffset)
            : tree.Sections.IsBigEndian ? (offset * 8) + (long)values.GetOr(DieSlot.BitOffset, 0)
            : (offset * 8) + storage - (long)values.GetOr(DieSlot.BitOffset, 0) - width;
        return new MemberInfo(name, Of(values), bit / 8, bit, (int)width);
    }
}
