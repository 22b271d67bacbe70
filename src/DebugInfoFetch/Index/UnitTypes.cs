using System.Runtime.CompilerServices;
using System.Text;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// Turns the type DIEs of a unit into numbers of the kernel's <see cref="TypeTable"/>.
/// <para>
/// A type can be meant in two ways. <em>By value</em> its whole layout is meant, down through members, arrays and typedefs. <em>By
/// reference</em>, behind a pointer or in a prototype, a named struct, union or enum is meant by its name only; that is what keeps hashing free of
/// cycles, since in C every cycle of types passes through a pointer to a named type. What has no name is always meant by value.
/// </para>
/// <para>
/// Each type is hashed once, by content. Units repeat the types of the headers that they include, so that nearly every one is found.
/// </para>
/// </summary>
internal sealed class UnitTypes(TypeTable table, UnitNodes nodes)
{
    // Types nested deeper than this by value exist in no C program; a hostile file could make them.
    private const int MaxDepth = 256;
    private Definition[] _definitions = new Definition[1 << 12];
    private int _before;
    private FileStrings _strings = null!;
    private UnitFiles _files = null!;
    private int _module;

    /// <summary>A type by its number: which content it was met with, and which type came behind it.</summary>
    private struct Definition
    {
        public ulong Hash;
        public int Next;
    }

    /// <summary>Starts on another unit.</summary>
    public void Open(FileStrings strings, UnitFiles files, int module)
    {
        _before = 0;
        _strings = strings;
        _files = files;
        _module = module;
    }

    /// <summary>The number of the type at a unit offset; 0 (void) for offset 0.</summary>
    public int Id(int offset, bool byReference)
    {
        int node = offset == 0 ? -1 : nodes.TypeAt(offset);
        return node < 0 ? 0 : Ensure(node, byReference, 0);
    }

    /// <summary>A hash of the type at a unit offset; 1 for offset 0 (void).</summary>
    public ulong Hash(int offset, bool byReference) => HashOf(offset, byReference, 0);

    /// <summary>A named definition, which is looked up for its own sake and not only as part of another type.</summary>
    public static bool IsNamedDefinition(in TypeNode node)
        => node.Kind is TypeKind.Struct or TypeKind.Union or TypeKind.Enum or TypeKind.Typedef && node.Name != StringReference.None && !node.IsDeclaration;

    public int Ensure(int node, bool byReference) => Ensure(node, byReference, 0);

    /// <summary>
    /// The number of a named definition, one behind the other in the order of the unit. Units include the same headers in the same order: what came behind the
    /// last one before is tried first, which spares a look into a large table.
    /// </summary>
    public int EnsureNext(int node)
    {
        ulong hash = HashNode(node, byReference: false, 0);
        int id = _definitions[_before].Next;
        if (id == 0 || _definitions[id].Hash != hash)
        {
            id = Ensure(node, byReference: false, 0);
            if (id >= _definitions.Length) { Array.Resize(ref _definitions, Math.Max(id + 1, _definitions.Length * 2)); }
            _definitions[id].Hash = hash;
            _definitions[_before].Next = id;
        }

        _before = id;
        return id;
    }

    private static bool IsTagged(TypeKind kind) => kind is TypeKind.Struct or TypeKind.Union or TypeKind.Enum;

    private static bool IsByName(in TypeNode node, bool byReference)
        => IsTagged(node.Kind) && node.Name != StringReference.None && (byReference || node.IsDeclaration);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong HashNode(int index, bool byReference, int depth)
    {
        ref TypeNode node = ref nodes.Types[index];
        // What these refer to is always meant by reference: there is one way to mean them.
        if (node.Kind is TypeKind.Pointer or TypeKind.Function or TypeKind.Base) { byReference = false; }
        ref ulong known = ref byReference ? ref node.ReferenceHash : ref node.ValueHash;
        if (known != 0) { return known; }
        ulong hash = ContentHash.Mix((ulong)node.Kind + 1, _strings.Hash(node.Name));
        // A name needs no look at the content, which may just be in progress: "struct s { struct s *next; }".
        if (IsByName(node, byReference)) { hash = ContentHash.Mix(hash, 0x7265666572656e63); }
        // A cycle by value cannot be C; cut it where it closes, so that hostile input terminates.
        else if ((byReference ? node.ReferenceInProgress : node.ValueInProgress) || depth > MaxDepth) { return ContentHash.Mix((ulong)node.Kind, _strings.Hash(node.Name)) | 1; }
        else
        {
            // Each way to mean it for itself: what points at the typedef that it is being reached through closes no cycle.
            ref bool isInProgress = ref byReference ? ref node.ReferenceInProgress : ref node.ValueInProgress;
            isInProgress = true;
            hash = HashContent(hash, node, byReference, depth + 1);
            isInProgress = false;
        }

        known = hash == 0 ? 1 : hash;
        return known;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong HashContent(ulong hash, in TypeNode node, bool byReference, int depth)
    {
        switch (node.Kind)
        {
            case TypeKind.Base or TypeKind.Unspecified:
                return ContentHash.Mix(hash, ((ulong)node.ByteSize << 8) | (ulong)node.Encoding);
            case TypeKind.Pointer:
                return ContentHash.Mix(hash, HashOf(node.Target, true, depth));
            case TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic or TypeKind.Typedef:
                return ContentHash.Mix(hash, HashOf(node.Target, byReference, depth));
            case TypeKind.Array:
                foreach (ref readonly PartNode dimension in nodes.PartsOf(node)) { hash = ContentHash.Mix(hash, (ulong)dimension.Value); }
                return ContentHash.Mix(hash, HashOf(node.Target, byReference, depth));
            case TypeKind.Function:
                hash = ContentHash.Mix(hash, HashOf(node.Target, true, depth) + (node.IsVariadic ? 1u : 0u));
                foreach (ref readonly PartNode parameter in nodes.PartsOf(node)) { hash = ContentHash.Mix(hash, HashOf(parameter.Type, true, depth)); }
                return hash;
            case TypeKind.Enum:
                hash = ContentHash.Mix(hash, ((ulong)node.ByteSize << 1) | 1);
                hash = ContentHash.Mix(hash, HashOf(node.Target, false, depth));
                foreach (ref readonly PartNode enumerator in nodes.PartsOf(node)) { hash = ContentHash.Mix(hash, NameHash(enumerator), (ulong)enumerator.Value); }
                return hash;
            default:
                hash = ContentHash.Mix(hash, (ulong)node.ByteSize);
                foreach (ref readonly PartNode member in nodes.PartsOf(node))
                {
                    ulong place = ((ulong)member.Value << 20) ^ ((ulong)member.BitOffset << 8) ^ (ulong)member.BitSize;
                    hash = ContentHash.Mix(hash, NameHash(member), HashOf(member.Type, false, depth), place);
                }

                return hash;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong NameHash(in PartNode part) => part.NameHash != 0 ? part.NameHash : _strings.Hash(part.Name);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong HashOf(int offset, bool byReference, int depth)
    {
        int node = offset == 0 ? -1 : nodes.TypeAt(offset);
        if (node < 0) { return 1; }
        ref readonly TypeNode known = ref nodes.Types[node];
        // Nearly all are known by then; what HashNode would look at first.
        ulong hash = byReference ? known.ReferenceHash : known.ValueHash;
        return hash != 0 ? hash : HashNode(node, byReference, depth);
    }

    private int Ensure(int index, bool byReference, int depth)
    {
        ulong hash = HashNode(index, byReference, 0);
        int id = table.Find(hash);
        return id >= 0 ? id : Create(index, hash, byReference, depth);
    }

    private int EnsureOf(int offset, bool byReference, int depth)
    {
        int node = offset == 0 ? -1 : nodes.TypeAt(offset);
        return node < 0 || depth > MaxDepth ? 0 : Ensure(node, byReference, depth + 1);
    }

    private int Create(int index, ulong hash, bool byReference, int depth)
    {
        TypeNode node = nodes.Types[index];
        if (node.Kind == TypeKind.Array) { return CreateArray(node, hash, byReference, depth); }
        int name = _strings.Id(node.Name), file = _files.Id(node.File);
        if (IsByName(node, byReference))
        {
            return table.Add(hash, new TypeRow(0, node.Kind, name, -1, 0, BaseEncoding.None, -1, true, 0, 0, _module, []));
        }

        bool targetByReference = byReference || node.Kind is TypeKind.Pointer or TypeKind.Function;
        int target = EnsureOf(node.Target, targetByReference, depth);
        long size = node.Kind switch
        {
            TypeKind.Pointer => node.ByteSize >= 0 ? node.ByteSize : 8,
            TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic or TypeKind.Typedef => table.ByteSize(target),
            _ => node.ByteSize,
        };
        var row = new TypeRow(0, node.Kind, name, size, target, node.Encoding, -1, node.IsDeclaration, file, node.Line, _module, Parts(node, depth));
        return table.Add(hash, row);
    }

    private TypePart[] Parts(in TypeNode node, int depth)
    {
        Span<PartNode> met = nodes.PartsOf(node);
        var parts = new TypePart[met.Length];
        bool isFunction = node.Kind == TypeKind.Function;
        bool isSigned = node.Kind == TypeKind.Enum && nodes.TypeAt(node.Target) is >= 0 and int underlying
            && nodes.Types[underlying].Encoding is BaseEncoding.Signed or BaseEncoding.SignedChar;
        for (int i = 0; i < parts.Length; i++)
        {
            ref readonly PartNode part = ref met[i];
            long value = node.Kind == TypeKind.Enum ? Narrow(part.Value, node.ByteSize, isSigned) : part.Value;
            parts[i] = new TypePart(_strings.Id(part.Name), EnsureOf(part.Type, isFunction, depth), value, part.BitOffset, part.BitSize);
        }

        return parts;
    }

    /// <summary>
    /// A negative enumerator is written as sdata, or as data of the enum's width or more, whose sign the form does not say: the underlying type does.
    /// </summary>
    private static long Narrow(long value, long byteSize, bool isSigned) => (byteSize, isSigned) switch
    {
        (1, true) => (sbyte)value,
        (2, true) => (short)value,
        (4, true) => (int)value,
        (4, false) when value > uint.MaxValue => (int)value,
        _ => value,
    };

    /// <summary>Each dimension becomes an array of its own, the last one innermost.</summary>
    private int CreateArray(in TypeNode node, ulong hash, bool byReference, int depth)
    {
        var counts = new List<long>();
        foreach (ref readonly PartNode dimension in nodes.PartsOf(node)) { counts.Add(dimension.Value); }
        if (counts.Count == 0) { counts.Add(-1); }
        int element = EnsureOf(node.Target, byReference, depth);
        for (int i = counts.Count - 1; i >= 0; i--)
        {
            long elementSize = table.ByteSize(element);
            long size = elementSize < 0 || counts[i] < 0 || (elementSize > 0 && counts[i] > long.MaxValue / elementSize) ? -1 : elementSize * counts[i];
            var row = new TypeRow(0, TypeKind.Array, 0, size, element, BaseEncoding.None, counts[i], false, 0, 0, _module, []);
            // The outermost dimension is the type itself; inner ones are types that no DIE has.
            element = table.Add(i == 0 ? hash : ContentHash.Mix(hash, (ulong)i), row);
        }

        return element;
    }
}

/// <summary>The numbers of a unit's files in the <see cref="FileTable"/>, looked up when first used. One a worker.</summary>
internal sealed class UnitFiles(FileTable files)
{
    // By the hash of what a name is made of: units include the same headers, whose names need not be made each time.
    private readonly HashIndex _known = new(1 << 12);
    private LineTableFiles _names = LineTableFiles.None;
    private int[] _ids = [];
    private string _directory = "";
    private ulong _directoryHash;

    /// <summary>Starts on another unit.</summary>
    public void Open(DwarfSections sections, UnitHeaderValues header, FileStrings strings)
    {
        _names = header.StatementList is { } table ? LineTableFiles.Read(sections, table) : LineTableFiles.None;
        ReadOnlySpan<byte> compilationDirectory = strings.Bytes(header.CompilationDirectory);
        ulong hash = ContentHash.Of(compilationDirectory);
        if (hash != _directoryHash) { (_directory, _directoryHash) = (Encoding.UTF8.GetString(compilationDirectory), hash); }
        if (_ids.Length < _names.Count) { _ids = new int[Math.Max(_names.Count, 256)]; }
        Array.Fill(_ids, -1, 0, _names.Count);
    }

    /// <summary>By DW_AT_decl_file's number; 0 when the unit has no such file.</summary>
    public int Id(int number)
    {
        if ((uint)number >= (uint)_names.Count) { return 0; }
        ref int id = ref _ids[number];
        if (id < 0) { id = Find(number); }
        return id;
    }

    /// <summary>The number of a name that is not in the unit's table, such as the unit's own.</summary>
    public int Id(ReadOnlySpan<byte> name) => files.Intern(FileTable.Normalize(Encoding.UTF8.GetString(name), _directory));

    private int Find(int number)
    {
        _names.Parts(number, out ReadOnlySpan<byte> directory, out ReadOnlySpan<byte> name);
        ulong hash = ContentHash.Mix(_directoryHash, ContentHash.Of(directory), ContentHash.Of(name));
        int id = _known.Find(hash);
        if (id < 0) { _known.Add(hash, id = files.Intern(FileTable.Normalize(_names.Name(number), _directory))); }
        return id;
    }
}
