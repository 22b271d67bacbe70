using DebugInfoFetch.Formats.Btf;

namespace DebugInfoFetch.Index.Btf;

/// <summary>
/// How types hold each other. In C every cycle of types passes through a pointer to a struct, union or enum that has a tag; a file could say anything.
/// Here that is checked once, so that whoever walks the types later comes to an end.
/// </summary>
internal sealed class BtfGraph
{
    // Deeper than any program's types; guards this process's stack.
    private const int MaxDepth = 512;
    private readonly BtfFile _file;
    private readonly BtfGraph? _kernel;
    private readonly int[]? _baseMap;
    private readonly State[] _states;
    private readonly long[] _sizes;

    private enum State : byte { New, Open, Done }

    /// <exception cref="Formats.Binary.InputFaultException">A cycle that C cannot have, or absurd nesting.</exception>
    public BtfGraph(BtfFile file, BtfGraph? kernel, int[]? baseMap)
    {
        (_file, _kernel, _baseMap) = (file, kernel, baseMap);
        _states = new State[file.EndId - file.FirstId];
        _sizes = new long[_states.Length];
        for (int id = file.FirstId; id < file.EndId; id++) { Visit(id, 0); }
    }

    /// <summary>A struct, union or enum with a name, or one that is only named: what C can mean before it is defined.</summary>
    public static bool IsTagged(in BtfType type)
        => type.HasName && type.Kind is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Forward;

    /// <summary>Bytes; -1 for what has no size.</summary>
    public long SizeOf(int id)
    {
        if (id == 0) { return -1; }
        return id < _file.FirstId ? _kernel?.SizeOf(_baseMap?[id] ?? id) ?? -1 : _sizes[id - _file.FirstId];
    }

    private void Visit(int id, int depth)
    {
        if (id < _file.FirstId) { return; }
        ref State state = ref _states[id - _file.FirstId];
        if (state == State.Done) { return; }
        BtfType type = _file.Type(id);
        if (state == State.Open || depth > MaxDepth) { throw BtfFile.Fault(type, state == State.Open ? $"type {id} holds itself: damaged" : $"types nested more than {MaxDepth} deep: damaged"); }
        state = State.Open;
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                for (int i = 0; i < type.Count; i++) { Visit(BtfFile.Member(type, i).Type, depth + 1); }
                break;
            case BtfKind.Array:
                Visit(BtfFile.Array(type).Element, depth + 1);
                break;
            case BtfKind.Pointer or BtfKind.Function or BtfKind.Variable:
                Point(type.Target, depth + 1);
                break;
            case BtfKind.FunctionPrototype:
                Point(type.Target, depth + 1);
                for (int i = 0; i < type.Count; i++) { Point(BtfFile.Parameter(type, i).Type, depth + 1); }
                break;
            case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag:
                Visit(type.Target, depth + 1);
                break;
            default:
                break;
        }

        _states[id - _file.FirstId] = State.Done;
        _sizes[id - _file.FirstId] = Measure(type);
    }

    /// <summary>Follows a pointer, also to a typedef or qualifier of what has a tag, but not into that.</summary>
    private void Point(int id, int depth)
    {
        int end = id;
        BtfType type = _file.Type(end);
        for (int step = 0; step < MaxDepth && type.Kind is BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag; step++)
        {
            end = type.Target;
            type = _file.Type(end);
        }

        if (!IsTagged(type)) { Visit(id, depth); }
    }

    private long Measure(in BtfType type)
    {
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Float or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64:
                return type.ByteSize;
            case BtfKind.Pointer:
                return 8;
            case BtfKind.Array:
                BtfArray array = BtfFile.Array(type);
                long element = SizeOf(array.Element);
                return element < 0 || (element > 0 && array.ElementCount > long.MaxValue / element) ? -1 : element * array.ElementCount;
            case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag:
                return SizeOf(type.Target);
            default:
                return -1;
        }
    }
}
