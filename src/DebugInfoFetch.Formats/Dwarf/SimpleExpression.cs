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
    /// <summary>The value that Register had at the function's entry, plus Value (DW_OP_entry_value).</summary>
    EntryRegister,
    /// <summary>A parameter that the compiler removed (DW_OP_GNU_parameter_ref): Value is its DIE's offset in the unit.</summary>
    ParameterReference,
    /// <summary>A pointer to the object whose DIE is at Value in .debug_info, which lies in no memory (DW_OP_implicit_pointer).</summary>
    ImplicitPointer,
    /// <summary>DW_OP_piece, DW_OP_bit_piece.</summary>
    Pieces,
    /// <summary>Anything else.</summary>
    Complex,
}

/// <summary>A location expression reduced to one of the shapes that a fetch argument can say, or named as one that it cannot.</summary>
/// <param name="Register">DWARF register number; -1 when the kind has none.</param>
public readonly partial record struct SimpleExpression(ExpressionKind Kind, int Register, long Value)
{
    /// <summary>Reduces an expression. An empty <paramref name="context"/> takes the frame base to be the CFA, as gcc emits for kernels.</summary>
    public static SimpleExpression Classify(ReadOnlySpan<byte> expression, PartName part, in DwarfUnit unit, bool bigEndian, in ExpressionContext context = default)
    {
        // What most parameters have.
        if (expression.Length == 1 && (DwOp)expression[0] is >= DwOp.Reg0 and <= DwOp.Reg31) { return new(ExpressionKind.Register, expression[0] - (int)DwOp.Reg0, 0); }
        return expression.IsEmpty
            ? new(ExpressionKind.Empty, -1, 0)
            : new ExpressionEvaluator(expression, part, unit, bigEndian, context).Evaluate();
    }
}

/// <summary>What of its surroundings an expression may refer to.</summary>
/// <param name="Sections">For operations that name an address by its index; null makes them complex.</param>
/// <param name="FrameBase">DW_AT_frame_base of the function, reduced; null for the CFA.</param>
public readonly record struct ExpressionContext(DwarfSections? Sections, ListBases Bases, SimpleExpression? FrameBase = null);
