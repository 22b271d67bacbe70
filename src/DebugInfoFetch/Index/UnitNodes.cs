using System.Numerics;
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
    /// <summary>A <see cref="StringReference"/>, or <see cref="StringReference.None"/>.</summary>
    public ulong Name;
    public long ByteSize;
    /// <summary>0 while not computed. See <see cref="UnitTypes"/> for the two ways to mean a type.</summary>
    public ulong ValueHash, ReferenceHash;
    public int Offset;
    public int Target;
    public int File, Line;
    /// <summary>Members, enumerators, dimensions or parameters: see <see cref="UnitNodes.PartsOf"/>.</summary>
    public int FirstPart, PartCount;
    public TypeKind Kind;
    public BaseEncoding Encoding;
    public bool IsDeclaration, IsVariadic;
    public bool ValueInProgress, ReferenceInProgress;
    /// <summary>Its parts have been moved. See <see cref="UnitNodes.AddPart"/>.</summary>
    public bool HasRoom;
}

/// <summary>
/// A part of a type: member, enumerator, array dimension or function parameter. There are tens of millions of them: the order of the fields makes it 32 bytes.
/// </summary>
internal struct PartNode
{
    /// <summary>A <see cref="StringReference"/>, or <see cref="StringReference.None"/>.</summary>
    public ulong Name;
    /// <summary>0 when nobody has computed it yet.</summary>
    public ulong NameHash;
    /// <summary>Byte offset of a member, value of an enumerator, elements of a dimension (-1 open).</summary>
    public long Value;
    public int Type;
    /// <summary>Of a bit-field, else 0.</summary>
    public short BitSize;
    /// <summary>Of a bit-field: bits beyond the bytes of <see cref="Value"/>.</summary>
    public sbyte BitsBeyond;

    public readonly long BitOffset => BitSize == 0 ? 0 : (Value * 8) + BitsBeyond;
}

internal struct FunctionNode
{
    public int Offset;
    public ulong Name, NameHash;
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
    public ulong Name, NameHash;
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

/// <summary>What the DIE is whose children are being read, and the index of its node. In one number, which a processor passes on faster than two.</summary>
internal readonly struct OpenDie(Scope scope, int index)
{
    private readonly ulong _packed = ((ulong)(uint)index << 8) | (byte)scope;

    public Scope Scope => (Scope)_packed;
    public int Index => (int)(_packed >> 8);
}

internal enum Scope : byte { Other, Type, Function, Block, Inlined }

/// <summary>What one unit's scan collected, with the map from DIE offsets to nodes. One a worker, reused.</summary>
internal sealed class UnitNodes
{
    // Deeper nesting than any compiler makes; guards the stack of open DIEs against hostile files.
    private const int MaxDepth = 1024;
    private readonly OffsetIndex _typeAt = new(), _namedAt = new();
    // Functions, parameters and variables in the order of their DIEs: there are few of them, and one index of all is made in a third of the time.
    private readonly NodeList<NamedDie> _named = new();

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
        _namedAt.Reset(unitByteSize);
        _named.Clear();
        Types.Clear();
        Parts.Clear();
        Functions.Clear();
        Parameters.Clear();
        Inlines.Clear();
        Variables.Clear();
    }

    /// <summary>Comes after the last node and before the first look-up.</summary>
    /// <param name="strings">Where the hashes of all names of parts, functions and parameters will be needed.</param>
    public void Complete(FileStrings? strings)
    {
        // In one go, so that the processor waits for many look-ups at a time: most of them are cache misses.
        if (strings is not null)
        {
            foreach (ref PartNode part in Parts.AsSpan()) { part.NameHash = strings.Hash(part.Name); }
            foreach (ref FunctionNode function in Functions.AsSpan()) { function.NameHash = strings.Hash(function.Name); }
            foreach (ref ParameterNode parameter in Parameters.AsSpan()) { parameter.NameHash = strings.Hash(parameter.Name); }
        }

        _typeAt.Complete();
        _namedAt.Complete();
    }

    /// <summary>Nodes of a kind come in the order of their offsets, which are less than the unit's size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TypeNode AddType(int offset)
    {
        _typeAt.Mark(offset);
        return ref Types.Add();
    }

    /// <summary>The parts of a type, side by side.</summary>
    public Span<PartNode> PartsOf(in TypeNode type) => Parts.AsSpan().Slice(type.FirstPart, type.PartCount);

    /// <summary>Whether the next part of all would stand behind those of a type.</summary>
    public bool CanAppendPart(in TypeNode type) => type.FirstPart + type.PartCount == Parts.Count && !type.HasRoom;

    /// <summary>
    /// A new part of a type, to be filled in. When parts of others stand behind the type's own, as when a type is declared inside it, its own are moved behind them, with
    /// room to the next power of two: however often that happens, each part is moved once or twice.
    /// </summary>
    public ref PartNode AddPart(ref TypeNode type)
    {
        if (CanAppendPart(type)) { Parts.Add(); }
        else if (!type.HasRoom || BitOperations.IsPow2(type.PartCount))
        {
            int from = type.FirstPart, room = (int)BitOperations.RoundUpToPowerOf2((uint)type.PartCount + 1);
            type.FirstPart = Parts.Count;
            for (int i = 0; i < room; i++) { Parts.Add().Name = StringReference.None; }
            Parts.AsSpan().Slice(from, type.PartCount).CopyTo(Parts.AsSpan()[type.FirstPart..]);
            type.HasRoom = true;
        }

        return ref Parts[type.FirstPart + type.PartCount++];
    }

    public int Add(in FunctionNode node)
    {
        Mark(node.Offset, DwTag.Subprogram, Functions.Count);
        return Functions.Add(node);
    }

    public int Add(in ParameterNode node)
    {
        Mark(node.Offset, DwTag.FormalParameter, Parameters.Count);
        return Parameters.Add(node);
    }

    public void Add(in VariableNode node)
    {
        Mark(node.Offset, DwTag.Variable, Variables.Count);
        Variables.Add(node);
    }

    /// <summary>Index of the type at a unit offset; -1 when no type was met there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TypeAt(int offset) => _typeAt.Find(offset);
    public int FunctionAt(int offset) => NamedAt(offset, DwTag.Subprogram);
    public int ParameterAt(int offset) => NamedAt(offset, DwTag.FormalParameter);
    public int VariableAt(int offset) => NamedAt(offset, DwTag.Variable);

    private void Mark(int offset, DwTag tag, int index)
    {
        _namedAt.Mark(offset);
        _named.Add(new NamedDie(tag, index));
    }

    private int NamedAt(int offset, DwTag tag)
    {
        int at = _namedAt.Find(offset);
        return at >= 0 && _named[at].Tag == tag ? _named[at].Index : -1;
    }

    /// <param name="Index">Of its node, in the list of its kind.</param>
    private readonly record struct NamedDie(DwTag Tag, int Index);
}
