using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Dwarf;

/// <summary>A row of the line number table (DWARF 5 §6.2.2).</summary>
/// <param name="File">Number in the table's file list: <see cref="LineTableFiles.Name"/>.</param>
/// <param name="Line">0: of no line of the source.</param>
/// <param name="IsStatement">A recommended place for a breakpoint.</param>
/// <param name="EndsSequence">The first address behind a sequence; of no line.</param>
/// <param name="View">Which of several rows of one address it is, from 0, as gcc's location lists count them.</param>
public readonly record struct LineRow(ulong Address, int File, int Line, int Column, bool IsStatement, bool EndsSequence, int View);

/// <summary>Runs a unit's line number program (DWARF 5 §6.2.5, DWARF 2 to 4 §6.2.5).</summary>
public ref struct LineProgram
{
    private enum Standard : byte
    {
        Extended = 0, Copy = 1, AdvancePc = 2, AdvanceLine = 3, SetFile = 4, SetColumn = 5, NegateStatement = 6, SetBasicBlock = 7, ConstAddPc = 8,
        FixedAdvancePc = 9, SetPrologueEnd = 10, SetEpilogueBegin = 11, SetIsa = 12,
    }

    private enum Extended : byte { EndSequence = 1, SetAddress = 2, DefineFile = 3, SetDiscriminator = 4 }

    private readonly LineTableHeader _header;
    private readonly List<LineRow> _rows = [];
    private ByteReader _reader;
    private ulong _address;
    private ulong _operation;
    private int _file, _line, _column, _view;
    private bool _isStatement;

    private LineProgram(ByteReader reader, LineTableHeader header)
    {
        _reader = reader;
        _header = header;
        _reader.Position = header.Program;
        Reset();
    }

    /// <summary>All rows of a unit's table, sequence after sequence, in the program's order.</summary>
    /// <param name="offset">DW_AT_stmt_list: offset of the table in .debug_line.</param>
    public static List<LineRow> Run(DwarfSections sections, ulong offset)
    {
        ByteReader reader = sections.Reader(sections.Line, ".debug_line");
        LineTableHeader header = LineTableHeader.Read(ref reader, offset);
        if (header.LineRange == 0) { throw reader.Fault((long)offset, "line_range is 0"); }
        var program = new LineProgram(reader, header);
        while (program._reader.Position < header.End) { program.Step(); }
        return program._rows;
    }

    private void Reset()
    {
        (_address, _operation, _file, _line, _column, _view, _isStatement) = (0, 0, 1, 1, 0, 0, _header.DefaultIsStatement);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step()
    {
        byte opcode = _reader.ReadByte();
        if (opcode >= _header.OpcodeBase)
        {
            int adjusted = opcode - _header.OpcodeBase;
            Advance((ulong)(adjusted / _header.LineRange));
            _line += _header.LineBase + (adjusted % _header.LineRange);
            Append(false);
            return;
        }

        switch ((Standard)opcode)
        {
            case Standard.Extended: StepExtended(); break;
            case Standard.Copy: Append(false); break;
            case Standard.AdvancePc: Advance(_reader.ReadUleb()); break;
            case Standard.AdvanceLine: _line = unchecked(_line + (int)_reader.ReadSleb()); break;
            case Standard.SetFile: _file = (int)Math.Min(_reader.ReadUleb(), int.MaxValue); break;
            case Standard.SetColumn: _column = (int)Math.Min(_reader.ReadUleb(), int.MaxValue); break;
            case Standard.NegateStatement: _isStatement = !_isStatement; break;
            case Standard.SetBasicBlock or Standard.SetPrologueEnd or Standard.SetEpilogueBegin: break;
            case Standard.ConstAddPc: Advance((ulong)((255 - _header.OpcodeBase) / _header.LineRange)); break;
            // Counts views on: gas uses it where the next address is not known to differ.
            case Standard.FixedAdvancePc: _address += _reader.ReadUInt16(); _operation = 0; break;
            case Standard.SetIsa: _reader.ReadUleb(); break;
            default:
                // An opcode of a later standard: the header says how many operands to step over.
                for (int i = 0; i < _header.OperandCount(opcode); i++) { _reader.ReadUleb(); }
                break;
        }
    }

    private void StepExtended()
    {
        int at = _reader.Position;
        ulong length = _reader.ReadUleb();
        if (length == 0 || length > (ulong)(_header.End - _reader.Position)) { throw _reader.Fault(at, $"extended opcode of {length} bytes does not fit the table"); }
        int end = _reader.Position + (int)length;
        switch ((Extended)_reader.ReadByte())
        {
            case Extended.EndSequence:
                Append(true);
                Reset();
                break;
            case Extended.SetAddress:
                _address = _reader.ReadUnsigned((int)length - 1);
                (_operation, _view) = (0, 0);
                break;
            default: break;
        }

        _reader.Position = end;
    }

    private void Advance(ulong operations)
    {
        ulong bytes = operations * _header.MinimumInstructionLength;
        if (_header.MaximumOperations > 1)
        {
            // VLIW machines (DWARF 5 §6.2.5.1).
            bytes = _header.MinimumInstructionLength * ((_operation + operations) / _header.MaximumOperations);
            _operation = (_operation + operations) % _header.MaximumOperations;
        }

        if (bytes != 0) { _view = 0; }
        _address = unchecked(_address + bytes);
    }

    private void Append(bool endsSequence) => _rows.Add(new LineRow(_address, _file, _line, _column, _isStatement, endsSequence, _view++));
}
