using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// Says where a parameter is at its function's first instruction, from DW_AT_location or DW_AT_const_value of the concrete instance.
/// <para>
/// Two liberties are taken, both safe because nothing but ENDBR, BTI and the (patched-out) ftrace call stands there: a location list whose first
/// range starts within those instructions is taken to hold at the entry too, if it names a register that carries arguments; and an entry value is
/// the register itself at the entry.
/// </para>
/// </summary>
internal sealed class EntryPlaces
{
    private readonly DwarfSections _sections;
    private readonly PartName _part;
    private readonly CallingConvention _convention;

    public EntryPlaces(DwarfSections sections)
    {
        _sections = sections;
        _part = new PartName(sections.File.Name, ".debug_info");
        _convention = CallingConvention.Of(sections.File.Machine);
    }

    /// <param name="integerOrdinal">
    /// The parameter's place among the argument registers when all parameters before it take exactly one each and the function is no
    /// compiler's clone; -1 otherwise.
    /// </param>
    /// <param name="isUntracked"><see cref="IsUntracked"/> of any parameter of the function.</param>
    public ArgumentPlace At(in DwarfUnit unit, in ListBases bases, ulong entryPc, in ParameterNode parameter, int integerOrdinal, bool isUntracked)
    {
        if (parameter.ConstForm != DwForm.None) { return ExpressionPlace.OfConstant(_sections, parameter.ConstValue, parameter.ConstForm); }
        switch (parameter.LocationForm)
        {
            case DwForm.None:
                return ArgumentPlace.OptimizedOut;
            case var form when form.IsBlock():
                Block block = Block.Decode(parameter.Location);
                return WholeFunction(unit, bases, block, integerOrdinal, isUntracked);
            default:
                return FromList(unit, bases, entryPc, parameter);
        }
    }

    /// <summary>
    /// A single expression claims to hold in the whole function, but compilers write the place that the value has <em>after</em> the
    /// prologue (KPROBES.md §4.2). What does hold at the entry: the incoming stack, fixed addresses, constants, and argument registers unless the
    /// calling convention names another one, or a sibling shows that the function's variables were not tracked (<see cref="IsUntracked"/>).
    /// </summary>
    private ArgumentPlace WholeFunction(in DwarfUnit unit, in ListBases bases, Block block, int integerOrdinal, bool isUntracked)
    {
        ReadOnlySpan<byte> expression = _sections.Info.Span.Slice(block.Offset, block.Length);
        SimpleExpression simple = Classify(expression, unit, bases, ".debug_info", block.Offset);
        bool holds = simple.Kind switch
        {
            ExpressionKind.Register => integerOrdinal < 0 && !isUntracked && _convention.IsArgumentRegister(simple.Register),
            ExpressionKind.RegisterPlus or ExpressionKind.Memory => !isUntracked && _convention.IsArgumentRegister(simple.Register),
            ExpressionKind.FrameMemory or ExpressionKind.FrameAddress => simple.Value >= 0,
            _ => true,
        };
        if (holds) { return ToPlace(simple, expression); }
        // By the calling convention, where nothing can have changed it.
        return integerOrdinal >= 0 && integerOrdinal < _convention.ArgumentRegisters.Length
            ? ExpressionPlace.Register(_convention.ArgumentRegisters[integerOrdinal])
            : new ArgumentPlace(PlaceKind.Unsupported, Expression: expression.ToArray());
    }

    /// <summary>Whether a parameter's single expression shows that nothing tracked the function's variables: <see cref="CallingConvention.ShowsUntracked"/>.</summary>
    public bool IsUntracked(in DwarfUnit unit, in ListBases bases, in ParameterNode parameter)
    {
        if (!parameter.LocationForm.IsBlock()) { return false; }
        Block block = Block.Decode(parameter.Location);
        SimpleExpression simple = Classify(_sections.Info.Span.Slice(block.Offset, block.Length), unit, bases, ".debug_info", block.Offset);
        return _convention.ShowsUntracked(simple);
    }

    private ArgumentPlace FromList(in DwarfUnit unit, in ListBases bases, ulong entryPc, in ParameterNode parameter)
    {
        LocationCursor cursor = DwarfLists.Locations(_sections, unit, bases, parameter.Location, parameter.LocationForm);
        string list = unit.Version >= 5 ? ".debug_loclists" : ".debug_loc";
        ArgumentPlace? otherwise = null;
        ulong first = ulong.MaxValue;
        ArgumentPlace? atFirst = null;
        while (cursor.MoveNext(out LocationEntry entry))
        {
            ReadOnlySpan<byte> expression = cursor.Section.Slice(entry.Offset, entry.Length);
            if (entry.IsDefault) { otherwise = ToPlace(Classify(expression, unit, bases, list, entry.Offset), expression); }
            else if (entry.Range.Contains(entryPc)) { return ToPlace(Classify(expression, unit, bases, list, entry.Offset), expression); }
            else if (!entry.Range.IsEmpty && entry.Range.Start > entryPc && entry.Range.Start < first)
            {
                first = entry.Range.Start;
                atFirst = ToPlace(Classify(expression, unit, bases, list, entry.Offset), expression);
            }
        }

        if (otherwise is not null) { return otherwise; }
        if (atFirst is null) { return ArgumentPlace.OptimizedOut; }
        bool unchanged = first - entryPc <= _convention.EntryPadding
            && atFirst.Kind == PlaceKind.Register && _convention.IsArgumentRegister(atFirst.Register);
        return unchanged ? atFirst : new ArgumentPlace(PlaceKind.Later, Value: (long)(first - entryPc));
    }

    /// <summary>What an expression says. A damaged one is reported where it lies in its section.</summary>
    private SimpleExpression Classify(ReadOnlySpan<byte> expression, in DwarfUnit unit, in ListBases bases, string section, int offset)
    {
        try { return SimpleExpression.Classify(expression, _part, unit, _sections.IsBigEndian, new ExpressionContext(_sections, bases)); }
        catch (InputFaultException e)
        {
            string bytes = Convert.ToHexStringLower(expression[..Math.Min(expression.Length, 16)]);
            throw new InputFaultException(InputFaultException.At(_sections.File.Name, section, offset, $"damaged location expression 0x{bytes}").Message, e);
        }
    }

    private ArgumentPlace ToPlace(in SimpleExpression simple, ReadOnlySpan<byte> expression)
        => ExpressionPlace.Of(simple, expression, new FrameAddress(_convention.StackPointer, _convention.CfaAtEntry), isEntry: true);
}

/// <summary>What an architecture's psABI fixes at a function's first instruction. Registers by their DWARF numbers.</summary>
/// <param name="ArgumentRegisters">Of integers and pointers, in order.</param>
/// <param name="CfaAtEntry">Canonical frame address minus stack pointer, in bytes: what the call instruction has pushed.</param>
/// <param name="EntryPadding">Bytes of ENDBR/BTI and ftrace call at the entry, at most.</param>
internal sealed record CallingConvention(int[] ArgumentRegisters, int StackPointer, int CfaAtEntry, ulong EntryPadding)
{
    public bool IsArgumentRegister(int register) => Array.IndexOf(ArgumentRegisters, register) >= 0;

    /// <summary>
    /// Whether a parameter is said to be, for the whole function, in a register that no argument comes in: then gcc did not track variables there
    /// (wireguard's <c>mix_dh</c>), and its single expressions are what the register allocator chose, argument registers included.
    /// </summary>
    /// <param name="whole">The parameter's single expression.</param>
    public bool ShowsUntracked(in SimpleExpression whole) => whole.Kind == ExpressionKind.Register && !IsArgumentRegister(whole.Register);

    public static CallingConvention Of(ElfMachine machine) => machine switch
    {
        // psABI x86-64 §3.2.3 and figure 3.36: rdi rsi rdx rcx r8 r9. ENDBR64 (4) and call __fentry__ (5).
        ElfMachine.X86_64 => new([5, 4, 1, 2, 8, 9], 7, 8, 9),
        // AAPCS64 §6.8.2: x0-x7. BTI, and two patchable NOPs.
        ElfMachine.AArch64 => new([0, 1, 2, 3, 4, 5, 6, 7], 31, 0, 12),
        // s390x ELF ABI: r2-r6; the CFA is the stack pointer + 160. brcl 0 for ftrace.
        ElfMachine.S390 => new([2, 3, 4, 5, 6], 15, 160, 6),
        // Power ELFv2: r3-r10. Global entry (2 instructions), mflr and two NOPs of ftrace.
        ElfMachine.PowerPc64 => new([3, 4, 5, 6, 7, 8, 9, 10], 1, 0, 8),
        // RISC-V calling convention: a0-a7 are x10-x17. Patchable NOPs (8 bytes).
        ElfMachine.RiscV => new([10, 11, 12, 13, 14, 15, 16, 17], 2, 0, 16),
        _ => new([], -1, 0, 0),
    };
}
