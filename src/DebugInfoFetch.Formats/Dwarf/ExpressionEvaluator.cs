using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>
/// Runs a location expression (DWARF 5 §2.5, §2.6) on symbols in the place of values: a term is a constant, an address of the file, or a register, the CFA or an
/// entry value plus a constant. What does not stay such a term makes the whole complex; nothing is ever half read.
/// </summary>
internal ref struct ExpressionEvaluator
{
    // gcc and clang stay far below; what goes deeper is complex.
    private const int StackSize = 8;
    private const ulong MaxRegister = 1024;

    private enum Base : byte { Unknown, Constant, Register, Cfa, Address, EntryRegister, ParameterReference }

    private readonly record struct Term(Base Base, int Register, long Value);

    [InlineArray(StackSize)]
    private struct Stack { private Term _first; }

    private readonly PartName _part;
    private readonly DwarfUnit _unit;
    private readonly ExpressionContext _context;
    private ByteReader _reader;
    private Stack _stack;
    private int _depth;
    private bool _isComplex;

    public ExpressionEvaluator(ReadOnlySpan<byte> expression, PartName part, in DwarfUnit unit, bool bigEndian, in ExpressionContext context)
    {
        _reader = new ByteReader(expression, part, bigEndian);
        _part = part;
        _unit = unit;
        _context = context;
    }

    private static SimpleExpression Complex => new(ExpressionKind.Complex, -1, 0);

    public SimpleExpression Evaluate()
    {
        // A whole location by itself (DWARF 5 §2.6.1.1): anything behind it but a piece is against the standard.
        SimpleExpression? whole = null;
        while (!_reader.AtEnd)
        {
            int at = _reader.Position;
            var op = (DwOp)_reader.ReadByte();
            if (op is DwOp.Piece or DwOp.BitPiece) { return new(ExpressionKind.Pieces, -1, 0); }
            if (whole is not null) { return Complex; }
            switch (op)
            {
                case >= DwOp.Reg0 and <= DwOp.Reg31: whole = new(ExpressionKind.Register, op - DwOp.Reg0, 0); break;
                case DwOp.Regx: whole = new(ExpressionKind.Register, ReadRegister(), 0); break;
                case DwOp.StackValue: whole = AsValue(); break;
                case DwOp.ImplicitValue: whole = ReadImplicitValue(); break;
                case DwOp.ImplicitPointer or DwOp.GnuImplicitPointer: whole = ReadImplicitPointer(); break;
                default:
                    // An operation that is not known: how many bytes it takes isn't either.
                    if (!Step(op)) { return Complex; }
                    break;
            }

            if (_reader.Position == at) { return Complex; }
        }

        return whole ?? AsLocation();
    }

    private bool Step(DwOp op)
    {
        switch (op)
        {
            case >= DwOp.Lit0 and <= DwOp.Lit31: Push(Base.Constant, op - DwOp.Lit0); return true;
            case DwOp.Const1u: Push(Base.Constant, _reader.ReadByte()); return true;
            case DwOp.Const1s: Push(Base.Constant, (sbyte)_reader.ReadByte()); return true;
            case DwOp.Const2u: Push(Base.Constant, _reader.ReadUInt16()); return true;
            case DwOp.Const2s: Push(Base.Constant, (short)_reader.ReadUInt16()); return true;
            case DwOp.Const4u: Push(Base.Constant, _reader.ReadUInt32()); return true;
            case DwOp.Const4s: Push(Base.Constant, (int)_reader.ReadUInt32()); return true;
            case DwOp.Const8u or DwOp.Const8s: Push(Base.Constant, (long)_reader.ReadUInt64()); return true;
            case DwOp.Constu: Push(Base.Constant, (long)_reader.ReadUleb()); return true;
            case DwOp.Consts: Push(Base.Constant, _reader.ReadSleb()); return true;
            case DwOp.Constx or DwOp.GnuConstIndex: PushIndexed(Base.Constant); return true;
            case DwOp.Addr: Push(Base.Address, (long)_reader.ReadUnsigned(_unit.AddressSize)); return true;
            case DwOp.Addrx or DwOp.GnuAddrIndex: PushIndexed(Base.Address); return true;
            case >= DwOp.Breg0 and <= DwOp.Breg31: Push(new Term(Base.Register, op - DwOp.Breg0, _reader.ReadSleb())); return true;
            case DwOp.Bregx: Push(new Term(Base.Register, ReadRegister(), _reader.ReadSleb())); return true;
            case DwOp.Fbreg: PushFrameBase(_reader.ReadSleb()); return true;
            case DwOp.CallFrameCfa: Push(Base.Cfa, 0); return true;
            case DwOp.EntryValue or DwOp.GnuEntryValue: PushEntryValue(); return true;
            case DwOp.GnuParameterRef: Push(Base.ParameterReference, _reader.ReadUInt32()); return true;
            case DwOp.PlusUconst: Push(Add(Pop(), (long)_reader.ReadUleb())); return true;
            case DwOp.Nop: return true;
            case DwOp.Dup: Pick(0); return true;
            case DwOp.Over: Pick(1); return true;
            case DwOp.Pick: Pick(_reader.ReadByte()); return true;
            case DwOp.Drop: Pop(); return true;
            case DwOp.Swap: (Term top, Term below) = (Pop(), Pop()); Push(top); Push(below); return true;
            case DwOp.Neg or DwOp.Not or DwOp.Abs: Push(Unary(op, Pop())); return true;
            case DwOp.Deref: Pop(); Push(default); return true;
            case DwOp.DerefSize: _reader.Skip(1); Pop(); Push(default); return true;
            case DwOp.Plus or DwOp.Minus or DwOp.And or DwOp.Or or DwOp.Xor or DwOp.Mul or DwOp.Shl or DwOp.Shr or DwOp.Shra or DwOp.Div or DwOp.Mod
                or (>= DwOp.Eq and <= DwOp.Ne):
                Term second = Pop();
                Push(Binary(op, Pop(), second));
                return true;
            default: return StepTyped(op);
        }
    }

    /// <summary>Typed operations (DWARF 5 §2.5.1.7) and others that no fetch argument can say: read over, so that what follows is understood.</summary>
    private bool StepTyped(DwOp op)
    {
        switch (op)
        {
            case DwOp.Convert or DwOp.GnuConvert or DwOp.Reinterpret or DwOp.GnuReinterpret: _reader.ReadUleb(); Pop(); Push(default); return true;
            case DwOp.RegvalType or DwOp.GnuRegvalType: _reader.ReadUleb(); _reader.ReadUleb(); Push(default); return true;
            case DwOp.DerefType or DwOp.GnuDerefType: _reader.Skip(1); _reader.ReadUleb(); Pop(); Push(default); return true;
            case DwOp.ConstType or DwOp.GnuConstType: _reader.ReadUleb(); _reader.Skip(_reader.ReadByte()); Push(default); return true;
            case DwOp.GnuVariableValue: _reader.Skip(_unit.OffsetSize); Push(default); return true;
            case DwOp.PushObjectAddress: Push(default); return true;
            case DwOp.FormTlsAddress or DwOp.GnuPushTlsAddress: Pop(); Push(default); return true;
            default: return false;
        }
    }

    private void Push(Base kind, long value) => Push(new Term(kind, -1, value));

    private void Push(Term term)
    {
        if (_depth == StackSize) { _isComplex = true; } else { _stack[_depth++] = term; }
    }

    private Term Pop()
    {
        if (_depth > 0) { return _stack[--_depth]; }
        _isComplex = true;
        return default;
    }

    private void Pick(int below)
    {
        if (below < _depth) { Push(_stack[_depth - 1 - below]); } else { _isComplex = true; }
    }

    private int ReadRegister()
    {
        int at = _reader.Position;
        ulong register = _reader.ReadUleb();
        return register <= MaxRegister ? (int)register : throw _reader.Fault(at, $"register number {register}");
    }

    private void PushIndexed(Base kind)
    {
        ulong index = _reader.ReadUleb();
        if (_context.Sections is { } sections) { Push(kind, (long)DwarfLists.Indexed(sections, _unit, _context.Bases, index)); }
        else { Push(default); }
    }

    private void PushFrameBase(long offset) => Push(_context.FrameBase switch
    {
        null or { Kind: ExpressionKind.FrameMemory, Value: 0 } => new Term(Base.Cfa, -1, offset),
        // DW_OP_reg6 as a frame base means the address that the register holds (DWARF 5 §3.3.5).
        { Kind: ExpressionKind.Register } register => new Term(Base.Register, register.Register, offset),
        { Kind: ExpressionKind.Memory } memory => new Term(Base.Register, memory.Register, memory.Value + offset),
        _ => default,
    });

    private void PushEntryValue()
    {
        ReadOnlySpan<byte> inner = _reader.ReadBytes(_reader.ReadUleb());
        // An entry value of an entry value says nothing new, and a hostile file could nest them without end.
        if (!inner.IsEmpty && (DwOp)inner[0] is DwOp.EntryValue or DwOp.GnuEntryValue) { Push(default); return; }
        SimpleExpression value = SimpleExpression.Classify(inner, _part, _unit, _reader.IsBigEndian, _context);
        Push(value.Kind switch
        {
            ExpressionKind.Register => new Term(Base.EntryRegister, value.Register, 0),
            ExpressionKind.ParameterReference => new Term(Base.ParameterReference, -1, value.Value),
            _ => default,
        });
    }

    private static Term Add(Term term, long value)
        => term.Base is Base.Unknown or Base.ParameterReference ? default : term with { Value = unchecked(term.Value + value) };

    private static Term Unary(DwOp op, Term term) => term.Base != Base.Constant ? default : term with
    {
        Value = op switch { DwOp.Neg => unchecked(-term.Value), DwOp.Not => ~term.Value, _ => term.Value < 0 ? unchecked(-term.Value) : term.Value },
    };

    private static Term Binary(DwOp op, Term left, Term right)
    {
        if (op == DwOp.Plus && right.Base == Base.Constant) { return Add(left, right.Value); }
        if (op == DwOp.Plus && left.Base == Base.Constant) { return Add(right, left.Value); }
        if (op == DwOp.Minus && right.Base == Base.Constant) { return Add(left, unchecked(-right.Value)); }
        if (left.Base != Base.Constant || right.Base != Base.Constant) { return default; }
        (long a, long b) = (left.Value, right.Value);
        long? folded = op switch
        {
            DwOp.And => a & b,
            DwOp.Or => a | b,
            DwOp.Xor => a ^ b,
            DwOp.Mul => unchecked(a * b),
            DwOp.Shl => b is >= 0 and < 64 ? a << (int)b : 0,
            DwOp.Shr => b is >= 0 and < 64 ? (long)((ulong)a >> (int)b) : 0,
            DwOp.Shra => b is >= 0 and < 64 ? a >> (int)b : a >> 63,
            // Nobody means a division by zero, nor the one quotient that does not fit.
            DwOp.Div => b is 0 or -1 ? null : a / b,
            DwOp.Mod => b == 0 ? null : (long)((ulong)a % (ulong)b),
            DwOp.Eq => a == b ? 1 : 0,
            DwOp.Ne => a != b ? 1 : 0,
            DwOp.Ge => a >= b ? 1 : 0,
            DwOp.Gt => a > b ? 1 : 0,
            DwOp.Le => a <= b ? 1 : 0,
            DwOp.Lt => a < b ? 1 : 0,
            _ => null,
        };
        return folded is { } value ? new Term(Base.Constant, -1, value) : default;
    }

    private SimpleExpression ReadImplicitValue()
    {
        ulong length = _reader.ReadUleb();
        if (length is 1 or 2 or 4 or 8) { return new(ExpressionKind.Constant, -1, (long)_reader.ReadUnsigned((int)length)); }
        _reader.Skip(length);
        return Complex;
    }

    private SimpleExpression ReadImplicitPointer()
    {
        // In DWARF 2 the reference has the size of an address, as DW_FORM_ref_addr has there.
        ulong target = _reader.ReadUnsigned(_unit.Version <= 2 ? _unit.AddressSize : _unit.OffsetSize);
        return _reader.ReadSleb() == 0 ? new(ExpressionKind.ImplicitPointer, -1, (long)target) : Complex;
    }

    /// <summary>The top of the stack is the address at which the value lies (DWARF 5 §2.6.1.1.2).</summary>
    private SimpleExpression AsLocation()
    {
        Term top = Pop();
        if (_isComplex) { return Complex; }
        return top.Base switch
        {
            Base.Register => new(ExpressionKind.Memory, top.Register, top.Value),
            Base.Cfa => new(ExpressionKind.FrameMemory, -1, top.Value),
            Base.Address => new(ExpressionKind.AddressMemory, -1, top.Value),
            // A parameter reference stands for the value whatever follows it, for there is no memory that it could be in.
            Base.ParameterReference => new(ExpressionKind.ParameterReference, -1, top.Value),
            // A number as an address is never meant literally in kernels; one that a register held at the entry is gone.
            _ => Complex,
        };
    }

    /// <summary>DW_OP_stack_value: the top of the stack is the value itself (DWARF 5 §2.6.1.1.3).</summary>
    private SimpleExpression AsValue()
    {
        Term top = Pop();
        if (_isComplex) { return Complex; }
        return top.Base switch
        {
            Base.Register when top.Value == 0 => new(ExpressionKind.Register, top.Register, 0),
            Base.Register => new(ExpressionKind.RegisterPlus, top.Register, top.Value),
            Base.Cfa => new(ExpressionKind.FrameAddress, -1, top.Value),
            Base.Address => new(ExpressionKind.AddressConstant, -1, top.Value),
            Base.Constant => new(ExpressionKind.Constant, -1, top.Value),
            Base.EntryRegister => new(ExpressionKind.EntryRegister, top.Register, top.Value),
            Base.ParameterReference => new(ExpressionKind.ParameterReference, -1, top.Value),
            _ => Complex,
        };
    }
}
