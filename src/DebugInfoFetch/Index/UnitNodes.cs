using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>A type's DIE as the scan met it. References are offsets from the unit's start; 0 is "none" (void).</summary>
internal struct TypeNode
{
    public int Offset;
    public TypeKind Kind;
    public bool IsDeclaration;
    public bool IsVariadic;
    public BaseEncoding Encoding;
    /// <summary>StringReference, or <see cref="UnitNodes.NoName"/>.</summary>
    public ulong Name;
    public int Target;
    public long ByteSize;
    public int File, Line;
    /// <summary>Members, enumerators, dimensions or parameters: indexes into <see cref="UnitNodes.Parts"/>, -1 when none.</summary>
    public int FirstPart, LastPart;
    /// <summary>0 while not computed. See <see cref="UnitTypes"/> for the two ways to mean a type.</summary>
    public ulong ValueHash, ReferenceHash;
    /// <summary>The same within the file: see <see cref="UnitTypes"/>.</summary>
    public ulong FileValueHash, FileReferenceHash;
    public bool InProgress;
}

/// <summary>A part of a type: member, enumerator, array dimension or function parameter.</summary>
internal struct PartNode
{
    public int Next;
    public ulong Name;
    public int Type;
    /// <summary>Byte offset of a member, value of an enumerator, elements of a dimension (-1 open).</summary>
    public long Value;
    public long BitOffset;
    public int BitSize;
}

internal struct FunctionNode
{
    public int Offset;
    public ulong Name;
    public int ReturnType;
    /// <summary>DW_AT_abstract_origin or DW_AT_specification.</summary>
    public int Origin;
    public int File, Line;
    public bool IsExternal, IsDeclaration, IsVariadic, HasCode;
    public ulong EntryPc;
    public long ByteSize;
    public int FirstParameter, LastParameter, ParameterCount;
    /// <summary>Number in the <see cref="FunctionTable"/>; -1 while not looked up.</summary>
    public int Id;
}

internal struct ParameterNode
{
    public int Offset, Next, Ordinal;
    public ulong Name;
    public int Type;
    public int Origin;
    public ulong Location, ConstValue;
    public DwForm LocationForm, ConstForm;
}

internal struct InlineNode
{
    public int Origin;
    public ulong EntryPc;
    public int CallFile, CallLine;
}

internal struct VariableNode
{
    public ulong Name;
    public int Type, Origin, Offset;
    public ulong Address;
    public int File, Line;
    public bool IsExternal, HasAddress;
}

/// <summary>A list of structs that hands out references and is reused from unit to unit.</summary>
internal sealed class NodeList<T> where T : struct
{
    private T[] _items = new T[1024];
    public int Count { get; private set; }
    public ref T this[int index] => ref _items[index];

    public int Add(in T item)
    {
        if (Count == _items.Length) { Array.Resize(ref _items, Count * 2); }
        _items[Count] = item;
        return Count++;
    }

    public Span<T> AsSpan() => _items.AsSpan(0, Count);

    public void Clear() => Count = 0;
}

/// <summary>What the DIE is whose children are being read, and the index of its node.</summary>
internal readonly record struct OpenDie(Scope Scope, int Index);

internal enum Scope : byte { Other, Type, Function, Block, Inlined }

/// <summary>What one unit's scan collected, with the map from DIE offsets to nodes. One a worker, reused.</summary>
internal sealed class UnitNodes
{
    public const ulong NoName = ulong.MaxValue;
    // Deeper nesting than any compiler makes; guards the stack of open DIEs against hostile files.
    private const int MaxDepth = 1024;
    private int[] _nodeAt = [];

    /// <summary>The scan's own stack and table, kept to be used again.</summary>
    public OpenDie[] OpenDies { get; } = new OpenDie[MaxDepth];
    public AbbreviationTable Abbreviations { get; } = new();

    public NodeList<TypeNode> Types { get; } = new();
    public NodeList<PartNode> Parts { get; } = new();
    public NodeList<FunctionNode> Functions { get; } = new();
    public NodeList<ParameterNode> Parameters { get; } = new();
    public NodeList<InlineNode> Inlines { get; } = new();
    public NodeList<VariableNode> Variables { get; } = new();

    private enum NodeClass { Type = 0, Function = 1, Parameter = 2, Variable = 3 }

    public void Reset(int unitByteSize)
    {
        for (int i = 0; i < Types.Count; i++) { _nodeAt[Types[i].Offset] = 0; }
        for (int i = 0; i < Functions.Count; i++) { _nodeAt[Functions[i].Offset] = 0; }
        for (int i = 0; i < Parameters.Count; i++) { _nodeAt[Parameters[i].Offset] = 0; }
        for (int i = 0; i < Variables.Count; i++) { _nodeAt[Variables[i].Offset] = 0; }
        if (_nodeAt.Length < unitByteSize) { _nodeAt = new int[Math.Max(unitByteSize, _nodeAt.Length * 2)]; }
        Types.Clear();
        Parts.Clear();
        Functions.Clear();
        Parameters.Clear();
        Inlines.Clear();
        Variables.Clear();
    }

    public int Add(in TypeNode node) => Register(node.Offset, Types.Add(node), NodeClass.Type);
    public int Add(in FunctionNode node) => Register(node.Offset, Functions.Add(node), NodeClass.Function);
    public int Add(in ParameterNode node) => Register(node.Offset, Parameters.Add(node), NodeClass.Parameter);
    public int Add(in VariableNode node) => Register(node.Offset, Variables.Add(node), NodeClass.Variable);

    /// <summary>Index of the type at a unit offset; -1 when no type was met there.</summary>
    public int TypeAt(int offset) => At(offset, NodeClass.Type);
    public int FunctionAt(int offset) => At(offset, NodeClass.Function);
    public int ParameterAt(int offset) => At(offset, NodeClass.Parameter);
    public int VariableAt(int offset) => At(offset, NodeClass.Variable);

    private int Register(int offset, int index, NodeClass kind)
    {
        _nodeAt[offset] = (index << 2 | (int)kind) + 1;
        return index;
    }

    private int At(int offset, NodeClass kind)
    {
        if ((uint)offset >= (uint)_nodeAt.Length) { return -1; }
        int node = _nodeAt[offset] - 1;
        return node >= 0 && (node & 3) == (int)kind ? node >> 2 : -1;
    }
}
