using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// A type's DIE as the scan met it. References are offsets from the unit's start; 0 is "none" (void). There are tens of millions of them in a kernel with
/// its modules: the order of the fields makes it 64 bytes.
/// </summary>
internal struct TypeNode
{
    /// <summary>StringReference, or <see cref="UnitNodes.NoName"/>.</summary>
    public ulong Name;
    public long ByteSize;
    /// <summary>0 while not computed. See <see cref="UnitTypes"/> for the two ways to mean a type.</summary>
    public ulong ValueHash, ReferenceHash;
    public int Offset;
    public int Target;
    public int File, Line;
    /// <summary>Members, enumerators, dimensions or parameters: indexes into <see cref="UnitNodes.Parts"/>, -1 when none.</summary>
    public int FirstPart, LastPart;
    public TypeKind Kind;
    public BaseEncoding Encoding;
    public bool IsDeclaration, IsVariadic;
    public bool ValueInProgress, ReferenceInProgress;
}

/// <summary>A part of a type: member, enumerator, array dimension or function parameter.</summary>
internal struct PartNode
{
    public int Next;
    public int Type;
    public ulong Name;
    /// <summary>Byte offset of a member, value of an enumerator, elements of a dimension (-1 open).</summary>
    public long Value;
    public int BitSize;
    /// <summary>Of a bit-field: bits beyond the bytes of <see cref="Value"/>. There are tens of millions of parts, so that their size is time.</summary>
    public sbyte BitsBeyond;

    public readonly long BitOffset => BitSize == 0 ? 0 : (Value * 8) + BitsBeyond;
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
        Add() = item;
        return Count - 1;
    }

    /// <summary>A new item to be filled in; its fields are those of an earlier unit's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Add()
    {
        if (Count == _items.Length) { Array.Resize(ref _items, Count * 2); }
        return ref _items[Count++];
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
    private readonly OffsetIndex _typeAt = new(), _functionAt = new(), _parameterAt = new(), _variableAt = new();

    /// <summary>The scan's own stack and table, kept to be used again.</summary>
    public OpenDie[] OpenDies { get; } = new OpenDie[MaxDepth];
    public AbbreviationTable Abbreviations { get; } = new();

    public NodeList<TypeNode> Types { get; } = new();
    public NodeList<PartNode> Parts { get; } = new();
    public NodeList<FunctionNode> Functions { get; } = new();
    public NodeList<ParameterNode> Parameters { get; } = new();
    public NodeList<InlineNode> Inlines { get; } = new();
    public NodeList<VariableNode> Variables { get; } = new();

    public void Reset(int unitByteSize)
    {
        _typeAt.Reset(unitByteSize);
        _functionAt.Reset(unitByteSize);
        _parameterAt.Reset(unitByteSize);
        _variableAt.Reset(unitByteSize);
        Types.Clear();
        Parts.Clear();
        Functions.Clear();
        Parameters.Clear();
        Inlines.Clear();
        Variables.Clear();
    }

    /// <summary>Comes after the last node and before the first look-up.</summary>
    public void Complete()
    {
        _typeAt.Complete();
        _functionAt.Complete();
        _parameterAt.Complete();
        _variableAt.Complete();
    }

    /// <summary>Nodes of a kind come in the order of their offsets, which are less than the unit's size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TypeNode AddType(int offset)
    {
        _typeAt.Mark(offset);
        return ref Types.Add();
    }

    public int Add(in FunctionNode node)
    {
        _functionAt.Mark(node.Offset);
        return Functions.Add(node);
    }

    public int Add(in ParameterNode node)
    {
        _parameterAt.Mark(node.Offset);
        return Parameters.Add(node);
    }

    public void Add(in VariableNode node)
    {
        _variableAt.Mark(node.Offset);
        Variables.Add(node);
    }

    /// <summary>Index of the type at a unit offset; -1 when no type was met there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TypeAt(int offset) => _typeAt.Find(offset);
    public int FunctionAt(int offset) => _functionAt.Find(offset);
    public int ParameterAt(int offset) => _parameterAt.Find(offset);
    public int VariableAt(int offset) => _variableAt.Find(offset);
}
