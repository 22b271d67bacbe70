using System.Globalization;
using System.Text;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

public readonly partial record struct SimpleExpression
{
    private const int MaxDescribedDepth = 4;

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
            case DwOp.Constx or DwOp.GnuConstIndex: text.Append(culture, $"DW_OP_constx {reader.ReadUleb()}"); return true;
            case DwOp.Convert or DwOp.GnuConvert: text.Append(culture, $"DW_OP_convert 0x{reader.ReadUleb():x}"); return true;
            case DwOp.Reinterpret or DwOp.GnuReinterpret: text.Append(culture, $"DW_OP_reinterpret 0x{reader.ReadUleb():x}"); return true;
            case DwOp.RegvalType or DwOp.GnuRegvalType: text.Append(culture, $"DW_OP_regval_type {reader.ReadUleb()} 0x{reader.ReadUleb():x}"); return true;
            case DwOp.DerefType or DwOp.GnuDerefType: text.Append(culture, $"DW_OP_deref_type {reader.ReadByte()} 0x{reader.ReadUleb():x}"); return true;
            case DwOp.DerefSize: text.Append(culture, $"DW_OP_deref_size {reader.ReadByte()}"); return true;
            case DwOp.Pick: text.Append(culture, $"DW_OP_pick {reader.ReadByte()}"); return true;
            case DwOp.ConstType or DwOp.GnuConstType:
                text.Append(culture, $"DW_OP_const_type 0x{reader.ReadUleb():x} ").Append(Convert.ToHexStringLower(reader.ReadBytes(reader.ReadByte())));
                return true;
            case DwOp.GnuVariableValue: text.Append(culture, $"DW_OP_GNU_variable_value 0x{reader.ReadUInt32():x}"); return true;
            case DwOp.Addrx or DwOp.GnuAddrIndex: text.Append(culture, $"DW_OP_addrx {reader.ReadUleb()}"); return true;
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
