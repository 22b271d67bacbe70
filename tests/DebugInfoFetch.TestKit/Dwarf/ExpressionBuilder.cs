using DebugInfoFetch.TestKit.Elf;

namespace DebugInfoFetch.TestKit.Dwarf;

/// <summary>A DWARF expression operation by operation (DWARF 5 §7.7.1).</summary>
public sealed class ExpressionBuilder(bool bigEndian = false)
{
    private readonly ByteBuilder _bytes = new(bigEndian);

    /// <summary>DW_OP_reg0 to reg31.</summary>
    public ExpressionBuilder Reg(int number) => Op(0x50 + number);
    public ExpressionBuilder Regx(ulong number) => Op(0x90).Then(b => b.Uleb(number));
    public ExpressionBuilder Breg(int number, long offset) => Op(0x70 + number).Then(b => b.Sleb(offset));
    public ExpressionBuilder Fbreg(long offset) => Op(0x91).Then(b => b.Sleb(offset));
    public ExpressionBuilder CallFrameCfa() => Op(0x9c);
    public ExpressionBuilder Addr(ulong address) => Op(0x03).Then(b => b.U64(address));
    public ExpressionBuilder Addrx(ulong index) => Op(0xa1).Then(b => b.Uleb(index));
    public ExpressionBuilder Lit(int value) => Op(0x30 + value);
    public ExpressionBuilder Const1s(long value) => Op(0x09).Then(b => b.U8((ulong)value));
    public ExpressionBuilder Const4u(ulong value) => Op(0x0c).Then(b => b.U32(value));
    public ExpressionBuilder Constu(ulong value) => Op(0x10).Then(b => b.Uleb(value));
    public ExpressionBuilder Consts(long value) => Op(0x11).Then(b => b.Sleb(value));
    public ExpressionBuilder PlusUconst(ulong value) => Op(0x23).Then(b => b.Uleb(value));
    public ExpressionBuilder Deref() => Op(0x06);
    public ExpressionBuilder Plus() => Op(0x22);
    public ExpressionBuilder StackValue() => Op(0x9f);
    public ExpressionBuilder Piece(ulong bytes) => Op(0x93).Then(b => b.Uleb(bytes));
    public ExpressionBuilder ImplicitValue(params byte[] value) => Op(0x9e).Then(b => b.Uleb((ulong)value.Length).Bytes(value));

    public ExpressionBuilder EntryValue(Func<ExpressionBuilder, ExpressionBuilder> inner)
    {
        byte[] bytes = inner(new ExpressionBuilder(_bytes.IsBigEndian)).ToArray();
        return Op(0xa3).Then(b => b.Uleb((ulong)bytes.Length).Bytes(bytes));
    }

    /// <summary>DW_OP_GNU_parameter_ref: a DIE of the unit by its offset.</summary>
    public ExpressionBuilder ParameterRef(uint unitOffset) => Op(0xfa).Then(b => b.U32(unitOffset));

    public ExpressionBuilder Raw(params byte[] bytes) => Then(b => b.Bytes(bytes));

    public byte[] ToArray() => _bytes.ToArray();

    private ExpressionBuilder Op(int code) => Then(b => b.U8((ulong)code));

    private ExpressionBuilder Then(Action<ByteBuilder> write)
    {
        write(_bytes);
        return this;
    }
}
