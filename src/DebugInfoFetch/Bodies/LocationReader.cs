using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>Reads the locations of a function's variables, with its frame base and its prologue in mind.</summary>
internal sealed class LocationReader(ModuleDwarf module, UnitTree tree)
{
    private readonly CallingConvention _convention = CallingConvention.Of(module.Elf.Machine);
    private ExpressionContext _context;
    private ulong _entry, _prologueEnd;
    private bool _isUntracked, _isPointee;

    /// <summary>The function that the variables read from now on are in.</summary>
    public void Enter(in DieValues function, IEnumerable<DieValues> parameters, List<AddressRange> ranges, StatementRow[] rows)
    {
        _entry = ranges.Count > 0 ? ranges[0].Start : 0;
        // As debuggers have it: the second line of the entry's range is the first behind the prologue.
        StatementRow[] own = [.. rows.Where(r => ranges.Count > 0 && ranges[0].Contains(r.Address))];
        StatementRow second = Array.Find(own, r => r.IsStatement && r.Address > _entry + _convention.EntryPadding);
        _prologueEnd = second.Address == 0 ? _entry : second.Address;
        _context = new ExpressionContext(tree.Sections, tree.Bases);
        if (function.Form(DieSlot.FrameBase).IsBlock())
        {
            _context = _context with { FrameBase = Classify(InfoBytes(Block.Decode(function.Get(DieSlot.FrameBase))), ".debug_info", Block.Decode(function.Get(DieSlot.FrameBase)).Offset) };
        }
        else if (function.Has(DieSlot.FrameBase))
        {
            // A list of frame bases (gcc before 4.4 or so): none that a place is built on.
            _context = _context with { FrameBase = new SimpleExpression(ExpressionKind.Complex, -1, 0) };
        }

        _isUntracked = parameters.Any(IsUntracked);
    }

    /// <summary><see cref="CallingConvention.ShowsUntracked"/>: registers of such a function are where the allocator put a variable at some time, not all the time.</summary>
    private bool IsUntracked(DieValues parameter)
    {
        if (!parameter.Has(DieSlot.Location) || !parameter.Form(DieSlot.Location).IsBlock()) { return false; }
        Block block = Block.Decode(parameter.Get(DieSlot.Location));
        return _convention.ShowsUntracked(Classify(InfoBytes(block), ".debug_info", block.Offset));
    }

    public VariableLocation Read(in DieValues values)
    {
        if (values.Has(DieSlot.ConstValue)) { return VariableLocation.OfConstant(ExpressionPlace.OfConstant(tree.Sections, values.Get(DieSlot.ConstValue), values.Form(DieSlot.ConstValue))); }
        if (!values.Has(DieSlot.Location)) { return VariableLocation.None; }
        if (values.Form(DieSlot.Location).IsBlock())
        {
            Block block = Block.Decode(values.Get(DieSlot.Location));
            return VariableLocation.OfWhole(new LocationRange(null, InfoBytes(block), ".debug_info", block.Offset), (r, pc) => Resolve(r, pc, isWhole: true));
        }

        List<LocationRange> ranges = [];
        LocationCursor cursor = DwarfLists.Locations(tree.Sections, tree.Unit, tree.Bases, values.Get(DieSlot.Location), values.Form(DieSlot.Location));
        string section = tree.Unit.Version >= 5 ? ".debug_loclists" : ".debug_loc";
        while (cursor.MoveNext(out LocationEntry entry))
        {
            ranges.Add(new LocationRange(entry.IsDefault ? null : entry.Range, cursor.Section.Slice(entry.Offset, entry.Length).ToArray(), section, entry.Offset));
        }

        return VariableLocation.OfList(ranges, (r, pc) => Resolve(r, pc, isWhole: false));
    }

    /// <summary>DW_AT_location of a call site's parameter: the register that it is passed in; -1 for memory.</summary>
    public int RegisterOf(in DieValues values)
        => values.Form(DieSlot.Location).IsBlock() && Classify(InfoBytes(Block.Decode(values.Get(DieSlot.Location))), ".debug_info", 0) is { Kind: ExpressionKind.Register } register ? register.Register : -1;

    /// <summary>DW_AT_call_value: the value itself, not a location, as it can be computed at the call (DWARF 5 §3.4.2).</summary>
    public LocatedPlace CallValue(in DieValues values, ulong returnPc)
    {
        if (!values.Form(DieSlot.CallValue).IsBlock()) { return new LocatedPlace(ArgumentPlace.OptimizedOut, "no DW_AT_call_value"); }
        Block block = Block.Decode(values.Get(DieSlot.CallValue));
        // An expression's value is what DW_OP_stack_value makes of it.
        byte[] expression = [.. InfoBytes(block), (byte)DwOp.StackValue];
        SimpleExpression simple = Classify(expression, ".debug_info", block.Offset);
        return new LocatedPlace(ExpressionPlace.Of(simple, expression, FrameAt(returnPc - 1), isEntry: false),
            $"DW_AT_call_value at .debug_info+0x{block.Offset:x}: {SimpleExpression.Describe(expression.AsSpan(0, expression.Length - 1))}");
    }

    private ArgumentPlace Resolve(LocationRange range, ulong pc, bool isWhole)
    {
        SimpleExpression simple = Classify(range.Expression, range.Section, range.Offset);
        if (isWhole && _isUntracked && simple.Kind is (ExpressionKind.Register or ExpressionKind.RegisterPlus or ExpressionKind.Memory))
        {
            return new ArgumentPlace(PlaceKind.Unsupported, Expression: range.Expression);
        }

        if (isWhole && pc >= _entry && pc < _prologueEnd && !HoldsInPrologue(simple))
        {
            return new ArgumentPlace(PlaceKind.Later, Value: (long)(_prologueEnd - pc));
        }

        return simple.Kind == ExpressionKind.ImplicitPointer
            ? PointerTo((ulong)simple.Value, range.Expression, pc)
            : ExpressionPlace.Of(simple, range.Expression, FrameAt(pc), isEntry: pc == _entry);
    }

    /// <summary>DW_OP_implicit_pointer (DWARF 5 §2.6.1.1.4): the address of a variable, told by the variable's own place at that address.</summary>
    /// <param name="die">Of the variable, in .debug_info.</param>
    private ArgumentPlace PointerTo(ulong die, byte[] expression, ulong pc)
    {
        var unsupported = new ArgumentPlace(PlaceKind.Unsupported, Expression: expression);
        ulong start = (ulong)tree.Unit.Offset;
        // A pointer to such a pointer says no more, and a damaged file has rings of them.
        if (_isPointee || die < start || die >= (ulong)tree.Unit.End) { return unsupported; }
        DieValues variable = tree.ValuesOf(tree.At(die - start));
        try
        {
            _isPointee = true;
            ArgumentPlace place = Read(variable).PlaceAt(pc).Place;
            return place.Kind switch
            {
                PlaceKind.Memory => new ArgumentPlace(PlaceKind.Computed, place.Register, place.Value),
                PlaceKind.AtAddress => new ArgumentPlace(PlaceKind.AddressConstant, Value: place.Value),
                PlaceKind.Register or PlaceKind.Constant or PlaceKind.Computed or PlaceKind.AddressConstant => new ArgumentPlace(PlaceKind.ImplicitPointer, Expression: expression) { Pointee = place },
                _ => unsupported,
            };
        }
        finally { _isPointee = false; }
    }

    /// <summary>A single expression claims all of the function, but is written for what is behind the prologue (KPROBES.md §4.2).</summary>
    private bool HoldsInPrologue(in SimpleExpression simple) => simple.Kind switch
    {
        ExpressionKind.Register or ExpressionKind.RegisterPlus or ExpressionKind.Memory => _convention.IsArgumentRegister(simple.Register),
        ExpressionKind.FrameMemory or ExpressionKind.FrameAddress => simple.Value >= 0,
        ExpressionKind.Pieces => false,
        _ => true,
    };

    private FrameAddress FrameAt(ulong pc)
        => module.Frames.CfaAt(pc) is { Register: >= 0 } rule ? new FrameAddress(rule.Register, rule.Offset) : FrameAddress.Unknown;

    private byte[] InfoBytes(Block block) => tree.Sections.Info.Slice(block.Offset, block.Length).ToArray();

    private SimpleExpression Classify(byte[] expression, string section, int offset)
        => SimpleExpression.Classify(expression, new PartName(tree.Sections.File.Name, section, offset), tree.Unit, tree.Sections.IsBigEndian, _context);
}
