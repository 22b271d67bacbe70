using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index.Btf;

/// <summary>The types of one BTF as rows of the kernel's <see cref="TypeTable"/>.</summary>
/// <remarks>
/// <para>
/// vmlinux's BTF has each type once, and its references are exact: rows get numbers in its order and refer to each other by these, through cycles too.
/// </para>
/// <para>
/// A module's own types are in other modules' BTF again. They are merged by content as those of DWARF are (<see cref="UnitTypes"/>): by value down
/// through members, by name behind pointers. What they use of vmlinux's is hashed by its number.
/// </para>
/// </remarks>
internal sealed class BtfTypes
{
    private const ulong ByName = 0x7265666572656e63;
    private readonly SharedTables _tables;
    private readonly BtfFile _file;
    private readonly BtfTypes? _kernel;
    private readonly int[]? _baseMap;
    private readonly int _module, _firstId, _firstRow;
    private readonly ulong[] _valueHash, _referenceHash;
    private readonly int[] _valueRow, _referenceRow;
    private readonly BtfIntegers _integers;

    private BtfTypes(SharedTables tables, BtfFile file, int module, BtfTypes? kernel, int[]? baseMap)
    {
        (_tables, _file, _module, _kernel, _baseMap, _firstId) = (tables, file, module, kernel, baseMap, file.FirstId);
        int count = file.EndId - file.FirstId;
        bool isKernel = kernel is null;
        _firstRow = isKernel ? tables.Types.Reserve(count) : 0;
        _valueHash = new ulong[isKernel ? 0 : count];
        _referenceHash = new ulong[isKernel ? 0 : count];
        _valueRow = new int[isKernel ? 0 : count];
        _referenceRow = new int[isKernel ? 0 : count];
        Graph = new BtfGraph(file, kernel?.Graph, baseMap);
        _integers = kernel?._integers ?? new BtfIntegers(file);
    }

    /// <summary>Sizes, and the proof that every walk over these types ends.</summary>
    public BtfGraph Graph { get; }

    /// <summary>Adds the types of vmlinux's BTF.</summary>
    public static BtfTypes OfKernel(SharedTables tables, BtfFile file, int module)
    {
        var types = new BtfTypes(tables, file, module, null, null);
        for (int id = file.FirstId; id < file.EndId; id++)
        {
            BtfType type = file.Type(id);
            if (HasRow(type.Kind)) { tables.Types.Put(types.Build(id, type, byReference: false) with { Id = types.Row(id, byReference: false) }); }
        }

        return types;
    }

    /// <param name="baseMap">From numbers of the distilled base to vmlinux's; null when the module's BTF is split from vmlinux's own.</param>
    public static BtfTypes OfModule(SharedTables tables, BtfFile file, int module, BtfTypes kernel, int[]? baseMap)
    {
        var types = new BtfTypes(tables, file, module, kernel, baseMap);
        for (int id = file.FirstId; id < file.EndId; id++)
        {
            BtfType type = file.Type(id);
            if (!type.HasName || type.Kind is not (BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Typedef)) { continue; }
            int row = types.Row(id, byReference: false);
            if (type.Kind != BtfKind.Typedef && !IsIncomplete(type)) { types.Definitions.Add(row); }
        }

        return types;
    }

    /// <summary>Rows of the structs, unions and enums that this module's BTF defines by name.</summary>
    public List<int> Definitions { get; } = [];

    /// <summary>The row of a type; 0 (void) for what is none.</summary>
    public int Row(int id, bool byReference)
    {
        BtfType type = Untagged(ref id);
        if (id == 0 || !HasRow(type.Kind)) { return 0; }
        if (_kernel is null) { return _firstRow + id - _firstId; }
        if (id < _firstId) { return _kernel.Row(_baseMap?[id] ?? id, byReference); }
        ref int row = ref (byReference ? ref _referenceRow[id - _firstId] : ref _valueRow[id - _firstId]);
        if (row != 0) { return row; }
        ulong hash = Hash(id, byReference);
        int found = _tables.Types.Find(hash);
        if (found < 0) { found = _tables.Types.Add(hash, Build(id, type, byReference)); }
        return row = found;
    }

    /// <summary>Attributes of types (<c>__rcu</c>, <c>__user</c>) say nothing about layouts.</summary>
    private BtfType Untagged(ref int id)
    {
        BtfType type = _file.Type(id);
        for (; type.Kind == BtfKind.TypeTag; type = _file.Type(id)) { id = type.Target; }
        return type;
    }

    private static bool HasRow(BtfKind kind) => kind is >= BtfKind.Int and <= BtfKind.Restrict or BtfKind.FunctionPrototype or BtfKind.Float or BtfKind.Enum64;

    /// <summary>Named only: a forward; also an enum that the file only named (pahole writes it as one without values).</summary>
    private static bool IsIncomplete(in BtfType type) => type.Kind == BtfKind.Forward || (type is { Kind: BtfKind.Enum or BtfKind.Enum64, Count: 0, HasName: true });

    private static TypeKind KindOf(in BtfType type) => type.Kind switch
    {
        BtfKind.Int or BtfKind.Float => TypeKind.Base,
        BtfKind.Pointer => TypeKind.Pointer,
        BtfKind.Array => TypeKind.Array,
        BtfKind.Struct => TypeKind.Struct,
        BtfKind.Union => TypeKind.Union,
        BtfKind.Forward => type.KindFlag ? TypeKind.Union : TypeKind.Struct,
        BtfKind.Enum or BtfKind.Enum64 => TypeKind.Enum,
        BtfKind.Typedef => TypeKind.Typedef,
        BtfKind.Volatile => TypeKind.Volatile,
        BtfKind.Const => TypeKind.Const,
        BtfKind.Restrict => TypeKind.Restrict,
        _ => TypeKind.Function,
    };

    private int Name(int offset) => offset == 0 ? 0 : _tables.Names.Intern(_file.Name(offset));

    private TypeRow Build(int id, in BtfType type, bool byReference)
    {
        TypeKind kind = KindOf(type);
        var row = new TypeRow(0, kind, Name(type.NameOffset), -1, 0, BaseEncoding.None, -1, false, 0, 0, _module, []);
        if (IsIncomplete(type) || (byReference && BtfGraph.IsTagged(type))) { return row with { IsReference = true }; }
        switch (type.Kind)
        {
            case BtfKind.Int:
                return row with { ByteSize = type.ByteSize, Encoding = BtfIntegers.EncodingOf(type) };
            case BtfKind.Float:
                return row with { ByteSize = type.ByteSize, Encoding = BaseEncoding.Float };
            case BtfKind.Pointer:
                return row with { ByteSize = 8, Target = Row(type.Target, byReference: true) };
            case BtfKind.Array:
                // BTF has the number 0 for [] and for [0]: both are of open bound here, as flexible members are.
                BtfArray array = BtfFile.Array(type);
                return row with { ByteSize = array.ElementCount == 0 ? -1 : Graph.SizeOf(id), Count = array.ElementCount == 0 ? -1 : array.ElementCount, Target = Row(array.Element, byReference) };
            case BtfKind.Struct or BtfKind.Union:
                return row with { ByteSize = type.ByteSize, Parts = Members(type) };
            case BtfKind.Enum or BtfKind.Enum64:
                return row with { ByteSize = type.ByteSize, Target = Underlying(type), Parts = Enumerators(type) };
            case BtfKind.FunctionPrototype:
                return row with { Target = Row(type.Target, byReference: true), Parts = Parameters(type) };
            default:
                return row with { ByteSize = Graph.SizeOf(id), Target = Row(type.Target, byReference) };
        }
    }

    private TypePart[] Members(in BtfType type)
    {
        var parts = new TypePart[type.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            BtfMember member = BtfFile.Member(type, i);
            parts[i] = new TypePart(Name(member.NameOffset), Row(member.Type, byReference: false), member.BitOffset / 8, member.BitSize == 0 ? 0 : member.BitOffset, member.BitSize);
        }

        return parts;
    }

    private TypePart[] Enumerators(in BtfType type)
    {
        var parts = new TypePart[type.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            BtfEnumerator enumerator = BtfFile.Enumerator(type, i);
            parts[i] = new TypePart(Name(enumerator.NameOffset), 0, enumerator.Value, 0, 0);
        }

        return parts;
    }

    private TypePart[] Parameters(in BtfType type)
    {
        int count = type.Count;
        // A last one without a type is "...".
        if (count > 0 && BtfFile.Parameter(type, count - 1).Type == 0) { count--; }
        var parts = new TypePart[count];
        for (int i = 0; i < count; i++) { parts[i] = new TypePart(0, Row(BtfFile.Parameter(type, i).Type, byReference: true), 0, 0, 0); }
        return parts;
    }

    /// <summary>BTF does not have an enum's underlying type; its size and sign are those of one.</summary>
    private int Underlying(in BtfType type)
    {
        bool isSigned = type.KindFlag;
        for (int i = 0; !isSigned && i < type.Count; i++) { isSigned = BtfFile.Enumerator(type, i).Value < 0; }
        int id = _integers.Find(type.ByteSize, isSigned);
        return id == 0 ? 0 : (_kernel ?? this).Row(id, byReference: false);
    }

    /// <summary>Of the module's own types by content, of vmlinux's by number. <see cref="BtfGraph"/> has shown that this ends.</summary>
    private ulong Hash(int id, bool byReference)
    {
        BtfType type = Untagged(ref id);
        if (!HasRow(type.Kind)) { return 1; }
        if (id < _firstId) { return ContentHash.Mix(0x6b65726e656c, (ulong)Row(id, byReference)); }
        ref ulong known = ref (byReference ? ref _referenceHash[id - _firstId] : ref _valueHash[id - _firstId]);
        if (known != 0) { return known; }
        ulong hash = ContentHash.Mix((ulong)KindOf(type) + 1, ContentHash.Of(_file.Name(type.NameOffset)));
        hash = IsIncomplete(type) || (byReference && BtfGraph.IsTagged(type)) ? ContentHash.Mix(hash, ByName) : HashContent(hash, type, byReference);
        return known = hash == 0 ? 1 : hash;
    }

    private ulong HashContent(ulong hash, in BtfType type, bool byReference)
    {
        switch (type.Kind)
        {
            case BtfKind.Int:
                return ContentHash.Mix(hash, ((ulong)type.ByteSize << 8) | (ulong)BtfIntegers.EncodingOf(type));
            case BtfKind.Float:
                return ContentHash.Mix(hash, ((ulong)type.ByteSize << 8) | (ulong)BaseEncoding.Float);
            case BtfKind.Pointer:
                return ContentHash.Mix(hash, Hash(type.Target, byReference: true));
            case BtfKind.Array:
                BtfArray array = BtfFile.Array(type);
                return ContentHash.Mix(ContentHash.Mix(hash, array.ElementCount), Hash(array.Element, byReference));
            case BtfKind.FunctionPrototype:
                hash = ContentHash.Mix(hash, Hash(type.Target, byReference: true));
                for (int i = 0; i < type.Count; i++) { hash = ContentHash.Mix(hash, Hash(BtfFile.Parameter(type, i).Type, byReference: true)); }
                return hash;
            case BtfKind.Enum or BtfKind.Enum64:
                hash = ContentHash.Mix(hash, ((ulong)type.ByteSize << 1) | (type.KindFlag ? 1u : 0));
                for (int i = 0; i < type.Count; i++)
                {
                    BtfEnumerator enumerator = BtfFile.Enumerator(type, i);
                    hash = ContentHash.Mix(ContentHash.Mix(hash, ContentHash.Of(_file.Name(enumerator.NameOffset))), (ulong)enumerator.Value);
                }

                return hash;
            case BtfKind.Struct or BtfKind.Union:
                hash = ContentHash.Mix(hash, (ulong)type.ByteSize);
                for (int i = 0; i < type.Count; i++)
                {
                    BtfMember member = BtfFile.Member(type, i);
                    hash = ContentHash.Mix(ContentHash.Mix(hash, ContentHash.Of(_file.Name(member.NameOffset))), ((ulong)member.BitOffset << 8) ^ (ulong)member.BitSize);
                    hash = ContentHash.Mix(hash, Hash(member.Type, byReference: false));
                }

                return hash;
            default:
                return ContentHash.Mix(hash, Hash(type.Target, byReference));
        }
    }
}
