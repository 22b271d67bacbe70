using System.Text;
using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Btf;

/// <param name="BitSize">With <paramref name="BitOffset"/> of a bit-field; 0 for what is none.</param>
public readonly record struct MemberOf(string Name, int Type, long BitOffset, int BitSize = 0);

/// <summary>Assembles BTF, type by type; each call returns the type's number. Well-formed unless a call says otherwise.</summary>
public sealed class BtfBuilder
{
    private readonly ByteBuilder _types;
    private readonly ByteBuilder _strings = new();
    private readonly Dictionary<string, int> _offsets = [];
    private readonly BtfBuilder? _base;
    private readonly int _firstString;
    private int _next;

    /// <param name="basis">What this BTF is split from; nothing may be added to it any more.</param>
    public BtfBuilder(bool bigEndian = false, BtfBuilder? basis = null)
    {
        _types = new ByteBuilder(bigEndian);
        _base = basis;
        _next = basis?._next ?? 1;
        _firstString = basis is null ? 0 : basis._firstString + basis._strings.Length;
        if (basis is null) { Name(""); }
    }

    public int Int(string name, int byteSize, int encoding = 0, int? bits = null, int bitOffset = 0)
        => Record(name, BtfKind.Int, 0, (uint)byteSize, b => b.U32(((uint)encoding << 24) | ((uint)bitOffset << 16) | (uint)(bits ?? byteSize * 8)));

    public int Pointer(int target) => Record("", BtfKind.Pointer, 0, (uint)target);
    public int Typedef(string name, int target) => Record(name, BtfKind.Typedef, 0, (uint)target);
    public int Const(int target) => Record("", BtfKind.Const, 0, (uint)target);
    public int TypeTag(string name, int target) => Record(name, BtfKind.TypeTag, 0, (uint)target);
    public int Float(string name, int byteSize) => Record(name, BtfKind.Float, 0, (uint)byteSize);
    public int Forward(string name, bool isUnion = false) => Record(name, BtfKind.Forward, 0, 0, flag: isUnion);
    public int Array(int element, uint count) => Record("", BtfKind.Array, 0, 0, b => b.U32((uint)element).U32((uint)element).U32(count));

    public int Struct(string name, int byteSize, params MemberOf[] members) => Aggregate(BtfKind.Struct, name, byteSize, members);
    public int Union(string name, int byteSize, params MemberOf[] members) => Aggregate(BtfKind.Union, name, byteSize, members);

    public int Enum(string name, bool isSigned, params (string Name, int Value)[] values)
        => Record(name, BtfKind.Enum, values.Length, 4, b =>
        {
            foreach ((string text, int value) in values) { b.U32((uint)Name(text)).U32((uint)value); }
        }, isSigned);

    public int Enum64(string name, bool isSigned, params (string Name, long Value)[] values)
        => Record(name, BtfKind.Enum64, values.Length, 8, b =>
        {
            foreach ((string text, long value) in values) { b.U32((uint)Name(text)).U32((uint)value).U32((uint)(value >> 32)); }
        }, isSigned);

    /// <param name="parameters">A last one of no name and type 0 is <c>...</c>.</param>
    public int Prototype(int returns, params (string Name, int Type)[] parameters)
        => Record("", BtfKind.FunctionPrototype, parameters.Length, (uint)returns, b =>
        {
            foreach ((string text, int type) in parameters) { b.U32((uint)Name(text)).U32((uint)type); }
        });

    public int Function(string name, int returns, params (string Name, int Type)[] parameters)
    {
        int prototype = Prototype(returns, parameters);
        return Record(name, BtfKind.Function, 0, (uint)prototype);
    }

    public int Variable(string name, int type) => Record(name, BtfKind.Variable, 0, (uint)type, b => b.U32(1));

    public int Section(string name, int byteSize, params (int Variable, int Offset, int ByteSize)[] variables)
        => Record(name, BtfKind.DataSection, variables.Length, (uint)byteSize, b =>
        {
            foreach ((int variable, int offset, int size) in variables) { b.U32((uint)variable).U32((uint)offset).U32((uint)size); }
        });

    /// <summary>A record as it stands, for what no encoder writes.</summary>
    public int Raw(uint name, uint info, uint sizeOrType, params uint[] words)
    {
        _types.U32(name).U32(info).U32(sizeOrType);
        foreach (uint word in words) { _types.U32(word); }
        return _next++;
    }

    public byte[] Build()
    {
        byte[] types = _types.ToArray(), strings = _strings.ToArray();
        return new ByteBuilder(_types.IsBigEndian).U16(0xeb9f).U8(1).U8(0).U32(24).U32(0).U32((ulong)types.Length).U32((ulong)types.Length).U32((ulong)strings.Length)
            .Bytes(types).Bytes(strings).ToArray();
    }

    private int Aggregate(BtfKind kind, string name, int byteSize, MemberOf[] members)
    {
        bool hasBits = members.Any(m => m.BitSize != 0);
        return Record(name, kind, members.Length, (uint)byteSize, b =>
        {
            foreach (MemberOf member in members)
            {
                b.U32((uint)Name(member.Name)).U32((uint)member.Type).U32(hasBits ? ((uint)member.BitSize << 24) | (uint)member.BitOffset : (uint)member.BitOffset);
            }
        }, hasBits);
    }

    private int Record(string name, BtfKind kind, int count, uint sizeOrType, Action<ByteBuilder>? parts = null, bool flag = false)
    {
        _types.U32((uint)Name(name)).U32(((flag ? 1u : 0) << 31) | ((uint)kind << 24) | (uint)count).U32(sizeOrType);
        parts?.Invoke(_types);
        return _next++;
    }

    private int Name(string text)
    {
        if (_base is not null && (text.Length == 0 || _base._offsets.ContainsKey(text))) { return _base.Name(text); }
        if (_offsets.TryGetValue(text, out int offset)) { return offset; }
        offset = _firstString + _strings.Length;
        _offsets.Add(text, offset);
        _strings.Bytes(Encoding.UTF8.GetBytes(text)).U8(0);
        return offset;
    }
}
