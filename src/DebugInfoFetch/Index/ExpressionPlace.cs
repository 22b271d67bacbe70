using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>The canonical frame address (DWARF 5 §6.4) as code at some address can tell it: a register plus bytes.</summary>
/// <param name="Register">DWARF register number; -1 when it cannot be told so.</param>
internal readonly record struct FrameAddress(int Register, long Offset)
{
    public static FrameAddress Unknown { get; } = new(-1, 0);
}

/// <summary>From what a DWARF expression or constant says to a place.</summary>
internal static class ExpressionPlace
{
    private static readonly ArgumentPlace[] Registers = MakeRegisters();

    /// <param name="frame">The CFA where the program counter is.</param>
    /// <param name="isEntry">At the function's first instruction, where an entry value is the register itself.</param>
    public static ArgumentPlace Of(in SimpleExpression simple, ReadOnlySpan<byte> expression, FrameAddress frame, bool isEntry) => simple.Kind switch
    {
        ExpressionKind.Empty => ArgumentPlace.OptimizedOut,
        ExpressionKind.Register => Register(simple.Register),
        ExpressionKind.EntryRegister when !isEntry => new ArgumentPlace(PlaceKind.AtEntryOnly, simple.Register, simple.Value, expression.ToArray()),
        ExpressionKind.EntryRegister when simple.Value == 0 => Register(simple.Register),
        ExpressionKind.EntryRegister => new ArgumentPlace(PlaceKind.Computed, simple.Register, simple.Value),
        ExpressionKind.Memory => new ArgumentPlace(PlaceKind.Memory, simple.Register, simple.Value),
        ExpressionKind.FrameMemory when frame.Register >= 0 => new ArgumentPlace(PlaceKind.Memory, frame.Register, simple.Value + frame.Offset),
        ExpressionKind.AddressMemory => new ArgumentPlace(PlaceKind.AtAddress, Value: simple.Value),
        ExpressionKind.RegisterPlus => new ArgumentPlace(PlaceKind.Computed, simple.Register, simple.Value),
        ExpressionKind.FrameAddress when frame.Register >= 0 => new ArgumentPlace(PlaceKind.Computed, frame.Register, simple.Value + frame.Offset),
        ExpressionKind.Constant => new ArgumentPlace(PlaceKind.Constant, Value: simple.Value),
        ExpressionKind.AddressConstant => new ArgumentPlace(PlaceKind.AddressConstant, Value: simple.Value),
        ExpressionKind.ParameterReference => new ArgumentPlace(PlaceKind.Removed, Expression: expression.ToArray()),
        ExpressionKind.Pieces => new ArgumentPlace(PlaceKind.InPieces, Expression: expression.ToArray()),
        _ => new ArgumentPlace(PlaceKind.Unsupported, Expression: expression.ToArray()),
    };

    /// <summary>DW_AT_const_value: a number, or a block that holds one.</summary>
    public static ArgumentPlace OfConstant(DwarfSections sections, ulong value, DwForm form)
    {
        if (form.IsBlock() || form == DwForm.Data16)
        {
            Block block = Block.Decode(value);
            ReadOnlySpan<byte> bytes = sections.Info.Span.Slice(block.Offset, block.Length);
            if (bytes.Length is not (1 or 2 or 4 or 8)) { return new ArgumentPlace(PlaceKind.Unsupported, Expression: bytes.ToArray()); }
            var reader = new ByteReader(bytes, new PartName(sections.File.Name, ".debug_info"), sections.IsBigEndian);
            return new ArgumentPlace(PlaceKind.Constant, Value: (long)reader.ReadUnsigned(bytes.Length));
        }

        return form is DwForm.Strp or DwForm.String or DwForm.LineStrp
            ? new ArgumentPlace(PlaceKind.Unsupported)
            : new ArgumentPlace(PlaceKind.Constant, Value: (long)value);
    }

    public static ArgumentPlace Register(int number)
        => (uint)number < (uint)Registers.Length ? Registers[number] : new ArgumentPlace(PlaceKind.Register, number);

    private static ArgumentPlace[] MakeRegisters()
    {
        var places = new ArgumentPlace[64];
        for (int i = 0; i < places.Length; i++) { places[i] = new ArgumentPlace(PlaceKind.Register, i); }
        return places;
    }
}
