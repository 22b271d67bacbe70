using System.Globalization;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>What a simple location expression says (DWARF 5 §2.6).</summary>
public enum ExpressionKind : byte
{
    /// <summary>No bytes: optimized out (DWARF 5 §2.6.1.1.4).</summary>
    Empty,
    /// <summary>The value is in <see cref="SimpleExpression.Register"/>.</summary>
    Register,
    /// <summary>The value is in memory at Register + Value.</summary>
    Memory,
    /// <summary>The value is in memory at CFA + Value.</summary>
    FrameMemory,
    /// <summary>The value is in memory at the address Value.</summary>
    AddressMemory,
    /// <summary>The value is Register + Value.</summary>
    RegisterPlus,
    /// <summary>The value is CFA + Value: the address of something on the stack.</summary>
    FrameAddress,
    /// <summary>The value is the constant Value.</summary>
    Constant,
    /// <summary>The value is the address Value.</summary>
    AddressConstant,
    /// <summary>The value that Register had at the function's entry (DW_OP_entry_value).</summary>
    EntryRegister,
    /// <summary>A parameter that the compiler removed (DW_OP_GNU_parameter_ref).</summary>
    ParameterReference,
    /// <summary>DW_OP_piece, DW_OP_bit_piece.</summary>
    Pieces,
    /// <summary>Anything else.</summary>
    Complex,
}

/// <summary>A location expression reduced to one of the shapes that a fetch argument can say, or named as one that it cannot.</summary>
/// <param name="Register">DWARF register number; -1 when the kind has none.</param>
public readonly record struct SimpleExpression(ExpressionKind Kind, int Register, long Value)
{
    /// <summary>Classifies an expression. The frame base is taken to be the CFA, as gcc and clang emit for kernels (DW_OP_call_frame_cfa).</summary>
    public static SimpleExpression Classify(ReadOnlySpan<byte> expression, PartName part, in DwarfUnit unit, bool bigEndian)
    {
        if (expression.IsEmpty) { return new(ExpressionKind.Empty, -1, 0); }
        var reader = new ByteReader(expression, part, bigEndian);
        SimpleExpression first = ReadFirst(ref reader, part, unit, bigEndian);
        if (reader.AtEnd || first.Kind is ExpressionKind.Complex) { return AsLocation(first); }
        var next = (DwOp)reader.ReadByte();
        if (next == DwOp.PlusUconst && first.Kind is ExpressionKind.Memory or ExpressionKind.FrameMemory or ExpressionKind.AddressMemory or ExpressionKind.Constant)
        {
            first = first with { Value = first.Value + (long)reader.ReadUleb() };
            if (reader.AtEnd) { return AsLocation(first); }
            next = (DwOp)reader.ReadByte();
        }

        if (next is DwOp.Piece or DwOp.BitPiece) { return new(ExpressionKind.Pieces, -1, 0); }
        if (next != DwOp.StackValue || !reader.AtEnd)
        {
            return HasPieces(ref reader, expression) ? new(ExpressionKind.Pieces, -1, 0) : new(ExpressionKind.Complex, -1, 0);
        }

        // DW_OP_stack_value: what would have been an address is the value itself (DWARF 5 §2.6.1.1.3).
        return first.Kind switch
        {
            ExpressionKind.Memory when first.Value == 0 => new(ExpressionKind.Register, first.Register, 0),
            ExpressionKind.Memory => first with { Kind = ExpressionKind.RegisterPlus },
            ExpressionKind.FrameMemory => first with { Kind = ExpressionKind.FrameAddress },
            ExpressionKind.AddressMemory => first with { Kind = ExpressionKind.AddressConstant },
            ExpressionKind.Constant or ExpressionKind.EntryRegister or ExpressionKind.ParameterReference => first,
            _ => new(ExpressionKind.Complex, -1, 0),
        };
    }

    /// <summary>A single constant operation is an address when nothing follows it, and in kernels that is never meant literally.</summary>
    private static SimpleExpression AsLocation(SimpleExpression first)
        => first.Kind is ExpressionKind.Constant && first.Register != ImplicitValueMark ? new(ExpressionKind.Complex, -1, 0) : first with { Register = Math.Max(first.Register, -1) };

    private const int MaxDescribedDepth = 4;

    // DW_OP_implicit_value is a whole location by itself, unlike a constant that needs DW_OP_stack_value after it.
    private const int ImplicitValueMark = -2;

    private static SimpleExpression ReadFirst(ref ByteReader reader, PartName part, in DwarfUnit unit, bool bigEndian)
    {
        var op = (DwOp)reader.ReadByte();
        switch (op)
        {
            case >= DwOp.Reg0 and <= DwOp.Reg31: return new(ExpressionKind.Register, op - DwOp.Reg0, 0);
            case DwOp.Regx: return new(ExpressionKind.Register, RegisterNumber(ref reader), 0);
            case >= DwOp.Breg0 and <= DwOp.Breg31: return new(ExpressionKind.Memory, op - DwOp.Breg0, reader.ReadSleb());
            case DwOp.Bregx: return new(ExpressionKind.Memory, RegisterNumber(ref reader), reader.ReadSleb());
            case DwOp.Fbreg: return new(ExpressionKind.FrameMemory, -1, reader.ReadSleb());
            case DwOp.CallFrameCfa: return new(ExpressionKind.FrameMemory, -1, 0);
            case DwOp.Addr: return new(ExpressionKind.AddressMemory, -1, (long)reader.ReadUnsigned(unit.AddressSize));
            case >= DwOp.Lit0 and <= DwOp.Lit31: return new(ExpressionKind.Constant, -1, op - DwOp.Lit0);
            case DwOp.Const1u: return new(ExpressionKind.Constant, -1, reader.ReadByte());
            case DwOp.Const1s: return new(ExpressionKind.Constant, -1, (sbyte)reader.ReadByte());
            case DwOp.Const2u: return new(ExpressionKind.Constant, -1, reader.ReadUInt16());
            case DwOp.Const2s: return new(ExpressionKind.Constant, -1, (short)reader.ReadUInt16());
            case DwOp.Const4u: return new(ExpressionKind.Constant, -1, reader.ReadUInt32());
            case DwOp.Const4s: return new(ExpressionKind.Constant, -1, (int)reader.ReadUInt32());
            case DwOp.Const8u or DwOp.Const8s: return new(ExpressionKind.Constant, -1, (long)reader.ReadUInt64());
            case DwOp.Constu: return new(ExpressionKind.Constant, -1, (long)reader.ReadUleb());
            case DwOp.Consts: return new(ExpressionKind.Constant, -1, reader.ReadSleb());
            case DwOp.ImplicitValue: return ReadImplicitValue(ref reader);
            case DwOp.EntryValue or DwOp.GnuEntryValue: return ReadEntryValue(ref reader, part, unit, bigEndian);
            case DwOp.GnuParameterRef:
                reader.Skip(4);
                return new(ExpressionKind.ParameterReference, -1, 0);
            case DwOp.Piece or DwOp.BitPiece: return new(ExpressionKind.Pieces, -1, 0);
            default: return new(ExpressionKind.Complex, -1, 0);
        }
    }

    private static int RegisterNumber(ref ByteReader reader)
    {
        int at = reader.Position;
        ulong register = reader.ReadUleb();
        return register <= 1024 ? (int)register : throw reader.Fault(at, $"register number {register}");
    }

    private static SimpleExpression ReadImplicitValue(ref ByteReader reader)
    {
        ulong length = reader.ReadUleb();
        if (length is not (1 or 2 or 4 or 8))
        {
            reader.Skip(length);
            return new(ExpressionKind.Complex, -1, 0);
        }

        return new(ExpressionKind.Constant, ImplicitValueMark, (long)reader.ReadUnsigned((int)length));
    }

    private static SimpleExpression ReadEntryValue(ref ByteReader reader, PartName part, in DwarfUnit unit, bool bigEndian)
    {
        ReadOnlySpan<byte> inner = reader.ReadBytes(reader.ReadUleb());
        // An entry value of an entry value says nothing new, and a hostile file could nest them without end.
        if (!inner.IsEmpty && (DwOp)inner[0] is DwOp.EntryValue or DwOp.GnuEntryValue) { return new(ExpressionKind.Complex, -1, 0); }
        SimpleExpression value = Classify(inner, part, unit, bigEndian);
        return value.Kind == ExpressionKind.Register ? new(ExpressionKind.EntryRegister, value.Register, 0)
            : value.Kind == ExpressionKind.ParameterReference ? value
            : new(ExpressionKind.Complex, -1, 0);
    }

    private static bool HasPieces(ref ByteReader reader, ReadOnlySpan<byte> expression)
        => expression.Length > 2 && Describe(expression, 8, reader.IsBigEndian).Contains("piece", StringComparison.Ordinal);

    /// <summary>An expression as text (<c>DW_OP_breg5 +8; DW_OP_stack_value</c>), for people. Unknown operations end it with their bytes.</summary>
    public static string Describe(ReadOnlySpan<byte> expression, int addressSize = 8, bool bigEndian = false) => Describe(expression, addressSize, bigEndian, 0);

    private static string Describe(ReadOnlySpan<byte> expression, int addressSize, bool bigEndian, int depth)
    {
        if (depth > MaxDescribedDepth) { return $"0x{Convert.ToHexStringLower(expression[..Math.Min(expression.Length, 16)])}..."; }
        var text = new StringBuilder();
        var reader = new ByteReader(expression, new PartName("expression", "byte"), bigEndian);
        try
        {
            while (!reader.AtEnd)
            {
                if (text.Length > 0) { text.Append("; "); }
                if (!DescribeOne(ref reader, text, addressSize, depth)) { break; }
            }
        }
        catch (InputFaultException) { text.Append(" (truncated)"); }
        return text.ToString();
    }

    private static bool DescribeOne(ref ByteReader reader, StringBuilder text, int addressSize, int depth)
    {
        int start = reader.Position;
        var op = (DwOp)reader.ReadByte();
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (op)
        {
            case >= DwOp.Lit0 and <= DwOp.Lit31: text.Append(culture, $"DW_OP_lit{op - DwOp.Lit0}"); return true;
            case >= DwOp.Reg0 and <= DwOp.Reg31: text.Append(culture, $"DW_OP_reg{op - DwOp.Reg0}"); return true;
            case >= DwOp.Breg0 and <= DwOp.Breg31: text.Append(culture, $"DW_OP_breg{op - DwOp.Breg0} {reader.ReadSleb():+0;-0;+0}"); return true;
            case DwOp.Addr: text.Append(culture, $"DW_OP_addr 0x{reader.ReadUnsigned(addressSize):x}"); return true;
            case DwOp.Const1u: text.Append(culture, $"DW_OP_const1u {reader.ReadByte()}"); return true;
            case DwOp.Const1s: text.Append(culture, $"DW_OP_const1s {(sbyte)reader.ReadByte()}"); return true;
            case DwOp.Const2u: text.Append(culture, $"DW_OP_const2u {reader.ReadUInt16()}"); return true;
            case DwOp.Const2s: text.Append(culture, $"DW_OP_const2s {(short)reader.ReadUInt16()}"); return true;
            case DwOp.Const4u: text.Append(culture, $"DW_OP_const4u {reader.ReadUInt32()}"); return true;
            case DwOp.Const4s: text.Append(culture, $"DW_OP_const4s {(int)reader.ReadUInt32()}"); return true;
            case DwOp.Const8u: text.Append(culture, $"DW_OP_const8u {reader.ReadUInt64()}"); return true;
            case DwOp.Const8s: text.Append(culture, $"DW_OP_const8s {(long)reader.ReadUInt64()}"); return true;
            case DwOp.Constu: text.Append(culture, $"DW_OP_constu {reader.ReadUleb()}"); return true;
            case DwOp.Consts: text.Append(culture, $"DW_OP_consts {reader.ReadSleb()}"); return true;
            case DwOp.PlusUconst: text.Append(culture, $"DW_OP_plus_uconst {reader.ReadUleb()}"); return true;
            case DwOp.Fbreg: text.Append(culture, $"DW_OP_fbreg {reader.ReadSleb():+0;-0;+0}"); return true;
            case DwOp.Regx: text.Append(culture, $"DW_OP_regx {reader.ReadUleb()}"); return true;
            case DwOp.Bregx: text.Append(culture, $"DW_OP_bregx {reader.ReadUleb()} {reader.ReadSleb():+0;-0;+0}"); return true;
            case DwOp.Piece: text.Append(culture, $"DW_OP_piece {reader.ReadUleb()}"); return true;
            case DwOp.BitPiece: text.Append(culture, $"DW_OP_bit_piece {reader.ReadUleb()} {reader.ReadUleb()}"); return true;
            case DwOp.Addrx: text.Append(culture, $"DW_OP_addrx {reader.ReadUleb()}"); return true;
            case DwOp.GnuParameterRef: text.Append(culture, $"DW_OP_GNU_parameter_ref 0x{reader.ReadUInt32():x}"); return true;
            case DwOp.ImplicitValue: text.Append("DW_OP_implicit_value ").Append(Convert.ToHexStringLower(reader.ReadBytes(reader.ReadUleb()))); return true;
            case DwOp.EntryValue or DwOp.GnuEntryValue:
                text.Append("DW_OP_entry_value(").Append(Describe(reader.ReadBytes(reader.ReadUleb()), addressSize, reader.IsBigEndian, depth + 1)).Append(')');
                return true;
            case DwOp.ImplicitPointer or DwOp.GnuImplicitPointer:
                text.Append(culture, $"DW_OP_implicit_pointer 0x{reader.ReadUInt32():x} {reader.ReadSleb():+0;-0;+0}");
                return true;
        }

        if (PlainOperations.TryGetValue((byte)op, out string? name)) { text.Append(name); return true; }
        reader.Position = start;
        text.Append("0x").Append(Convert.ToHexStringLower(reader.ReadBytes((ulong)(reader.Length - start))));
        return false;
    }

    /// <summary>Operations without operands (DWARF 5 §7.7.1).</summary>
    private static readonly Dictionary<byte, string> PlainOperations = new()
    {
        [0x06] = "DW_OP_deref", [0x12] = "DW_OP_dup", [0x13] = "DW_OP_drop", [0x14] = "DW_OP_over", [0x16] = "DW_OP_swap", [0x19] = "DW_OP_abs",
        [0x1a] = "DW_OP_and", [0x1b] = "DW_OP_div", [0x1c] = "DW_OP_minus", [0x1d] = "DW_OP_mod", [0x1e] = "DW_OP_mul", [0x1f] = "DW_OP_neg",
        [0x20] = "DW_OP_not", [0x21] = "DW_OP_or", [0x22] = "DW_OP_plus", [0x24] = "DW_OP_shl", [0x25] = "DW_OP_shr", [0x26] = "DW_OP_shra",
        [0x27] = "DW_OP_xor", [0x29] = "DW_OP_eq", [0x2a] = "DW_OP_ge", [0x2b] = "DW_OP_gt", [0x2c] = "DW_OP_le", [0x2d] = "DW_OP_lt",
        [0x2e] = "DW_OP_ne", [0x96] = "DW_OP_nop", [0x9c] = "DW_OP_call_frame_cfa", [0x9f] = "DW_OP_stack_value",
    };
}
