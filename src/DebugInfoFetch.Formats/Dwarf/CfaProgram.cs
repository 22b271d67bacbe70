using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>Runs call frame instructions (DWARF 5 §6.4.2) for one column of the table: the CFA. All others are read over.</summary>
internal ref struct CfaProgram
{
    private enum Op : byte
    {
        Nop = 0x00, SetLoc = 0x01, AdvanceLoc1 = 0x02, AdvanceLoc2 = 0x03, AdvanceLoc4 = 0x04, OffsetExtended = 0x05, RestoreExtended = 0x06, Undefined = 0x07,
        SameValue = 0x08, Register = 0x09, RememberState = 0x0a, RestoreState = 0x0b, DefCfa = 0x0c, DefCfaRegister = 0x0d, DefCfaOffset = 0x0e,
        DefCfaExpression = 0x0f, Expression = 0x10, OffsetExtendedSf = 0x11, DefCfaSf = 0x12, DefCfaOffsetSf = 0x13, ValOffset = 0x14, ValOffsetSf = 0x15,
        ValExpression = 0x16, AArch64NegateRaState = 0x2d, GnuArgsSize = 0x2e, GnuNegativeOffsetExtended = 0x2f,
    }

    private const ulong MaxRegister = 1024;
    private const int MaxRemembered = 64;

    private readonly FrameDescription _description;
    private readonly ulong _pc;
    private readonly Stack<CfaRule> _remembered = new();
    private ulong _location;
    private CfaRule _rule = new(-1, 0);

    private CfaProgram(in FrameDescription description, ulong pc)
    {
        _description = description;
        _pc = pc;
        _location = description.Start;
    }

    public static CfaRule Run(in FrameEntries entries, in FrameDescription description, ulong pc)
    {
        var program = new CfaProgram(description, pc);
        program.Run(entries.Open(description.InitialInstructions));
        program.Run(entries.Open(description.Instructions));
        return program._rule;
    }

    private void Run(ByteReader reader)
    {
        while (!reader.AtEnd && Step(ref reader)) { }
    }

    /// <summary>False once the row of the program counter is complete.</summary>
    private bool Step(ref ByteReader reader)
    {
        int at = reader.Position;
        byte code = reader.ReadByte();
        switch (code & 0xc0)
        {
            case 0x40: return Advance((ulong)(code & 0x3f));
            case 0x80: reader.ReadUleb(); return true;
            case 0xc0: return true;
        }

        switch ((Op)code)
        {
            case Op.Nop or Op.AArch64NegateRaState: return true;
            case Op.SetLoc:
                if (_description.Encoding != 0) { throw reader.Fault(at, "DW_CFA_set_loc with an encoded address is not supported"); }
                _location = reader.ReadUnsigned(_description.AddressSize);
                return _location <= _pc;
            case Op.AdvanceLoc1: return Advance(reader.ReadByte());
            case Op.AdvanceLoc2: return Advance(reader.ReadUInt16());
            case Op.AdvanceLoc4: return Advance(reader.ReadUInt32());
            case Op.DefCfa: _rule = new CfaRule(ReadRegister(ref reader), (long)reader.ReadUleb()); return true;
            case Op.DefCfaSf: _rule = new CfaRule(ReadRegister(ref reader), reader.ReadSleb() * _description.DataAlignment); return true;
            case Op.DefCfaRegister: _rule = _rule with { Register = ReadRegister(ref reader) }; return true;
            case Op.DefCfaOffset: _rule = _rule with { Offset = (long)reader.ReadUleb() }; return true;
            case Op.DefCfaOffsetSf: _rule = _rule with { Offset = reader.ReadSleb() * _description.DataAlignment }; return true;
            case Op.DefCfaExpression: reader.Skip(reader.ReadUleb()); _rule = new CfaRule(-1, 0); return true;
            case Op.RememberState:
                if (_remembered.Count == MaxRemembered) { throw reader.Fault(at, "more states remembered than any compiler does"); }
                _remembered.Push(_rule);
                return true;
            case Op.RestoreState:
                if (!_remembered.TryPop(out _rule)) { throw reader.Fault(at, "restores a state that was not remembered"); }
                return true;
            case Op.RestoreExtended or Op.Undefined or Op.SameValue or Op.GnuArgsSize: reader.ReadUleb(); return true;
            case Op.OffsetExtended or Op.Register or Op.ValOffset or Op.GnuNegativeOffsetExtended: reader.ReadUleb(); reader.ReadUleb(); return true;
            case Op.OffsetExtendedSf or Op.ValOffsetSf: reader.ReadUleb(); reader.ReadSleb(); return true;
            case Op.Expression or Op.ValExpression: reader.ReadUleb(); reader.Skip(reader.ReadUleb()); return true;
            default: throw reader.Fault(at, $"unknown call frame instruction 0x{code:x}");
        }
    }

    private bool Advance(ulong delta)
    {
        _location += delta * _description.CodeAlignment;
        return _location <= _pc;
    }

    private static int ReadRegister(ref ByteReader reader)
    {
        int at = reader.Position;
        ulong register = reader.ReadUleb();
        return register <= MaxRegister ? (int)register : throw reader.Fault(at, $"register number {register}");
    }
}
