using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>
/// The one pass over a unit's DIEs: writes down types, functions, parameters, inlined copies and variables with an address, as references
/// to offsets. Nothing is looked up or merged here.
/// </summary>
internal ref struct UnitScanner
{
    private readonly DwarfSections _sections;
    private readonly DwarfUnit _unit;
    private readonly UnitNodes _nodes;
    private readonly OpenDie[] _open;
    private DieReader _reader;
    private DieValues _values;
    private int _depth;

    private UnitScanner(DwarfSections sections, in DwarfUnit unit, UnitNodes nodes, AbbreviationTable? abbreviations)
    {
        _sections = sections;
        _unit = unit;
        _nodes = nodes;
        _open = nodes.OpenDies;
        if (abbreviations is null) { (abbreviations = nodes.Abbreviations).Fill(sections, unit); }
        _reader = new DieReader(sections, unit, abbreviations);
    }

    /// <summary>Scans a unit into <paramref name="nodes"/>. Returns null, having scanned nothing, when the unit is in a language that is not C.</summary>
    /// <param name="strings">Of the unit's file, when the hashes of all parts' names will be needed: reading them in the order of the DIEs hides most of the cache misses.</param>
    /// <param name="beginning">What it may begin with, which is then not read again; needs the strings.</param>
    public static UnitHeaderValues? Scan(DwarfSections sections, in DwarfUnit unit, UnitNodes nodes, FileStrings? strings = null, UnitBeginning? beginning = null)
    {
        nodes.Reset(unit.ByteSize);
        var scanner = new UnitScanner(sections, unit, nodes, beginning?.Abbreviations);
        UnitHeaderValues header = scanner.ReadUnitDie();
        if (header.IsC)
        {
            if (beginning is not null && scanner._depth == 1) { scanner._reader.NextOffset = beginning.AddTo(nodes, sections, unit, scanner._reader.NextOffset, strings!); }
            scanner.ScanDies(header);
        }

        nodes.Complete(strings);
        return header.IsC ? header : null;
    }

    private UnitHeaderValues ReadUnitDie()
    {
        int at = _reader.NextOffset;
        Abbreviation abbreviation = _reader.ReadUnitDie(ref _values);
        if (abbreviation.Tag == DwTag.SkeletonUnit) { throw _reader.Fault(at, "split debug information (.dwo): the DWARF itself is in another file, not supported"); }
        if (abbreviation.Tag is not (DwTag.CompileUnit or DwTag.PartialUnit)) { throw _reader.Fault(at, $"unit that starts with tag 0x{(int)abbreviation.Tag:x}"); }
        var bases = new ListBases(
            _values.GetOr(DieSlot.LowPc, 0), _values.GetOr(DieSlot.AddressBase, 8), _values.GetOr(DieSlot.RangeListsBase, 0), _values.GetOr(DieSlot.LocationListsBase, 0));
        if (abbreviation.HasChildren) { Push(Scope.Other, 0); }
        return new UnitHeaderValues(
            bases, _values.GetOr(DieSlot.Language, 0), Name(DieSlot.Name), Name(DieSlot.CompilationDirectory), Name(DieSlot.Producer),
            _values.Has(DieSlot.StatementList) ? _values.Get(DieSlot.StatementList) : null);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanDies(UnitHeaderValues header)
    {
        while (_depth > 0 && !_reader.AtEnd)
        {
            OpenDie parent = _open[_depth - 1];
            if (parent.Scope == Scope.Type && ReadParts(parent.Index))
            {
                _depth--;
                continue;
            }

            int offset = _reader.NextOffset;
            Abbreviation? abbreviation = _reader.ReadAbbreviation();
            if (abbreviation is null)
            {
                _depth--;
                continue;
            }

            OpenDie child = Visit(abbreviation, offset, parent, header.Bases);
            if (abbreviation.HasChildren) { Push(child.Scope, child.Index); }
        }
    }

    private void Push(Scope scope, int index)
    {
        if (_depth == _open.Length) { throw _reader.Fault(_reader.NextOffset, $"DIEs nested more than {_open.Length} deep"); }
        _open[_depth++] = new OpenDie(scope, index);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private OpenDie Visit(Abbreviation abbreviation, int offset, OpenDie parent, in ListBases bases)
    {
        switch (abbreviation.Tag)
        {
            case DwTag.Member:
                Read(abbreviation);
                if (parent.Scope == Scope.Type) { AddMember(parent.Index); }
                return default;
            case DwTag.FormalParameter:
                // Parameters of inlined copies belong to the inline site, and are not kept yet.
                if (parent.Scope is not (Scope.Function or Scope.Type)) { _reader.Skip(abbreviation); return default; }
                Read(abbreviation);
                if (parent.Scope == Scope.Function) { AddParameter(parent.Index, offset); }
                else { AddPart(parent.Index, StringReference.None, Reference(DieSlot.Type), 0); }
                return default;
            case DwTag.InlinedSubroutine:
                Read(abbreviation);
                AddInline(bases);
                return new OpenDie(Scope.Inlined, parent.Index);
            case DwTag.LexicalBlock:
                _reader.Skip(abbreviation);
                return new OpenDie(parent.Scope == Scope.Inlined ? Scope.Inlined : Scope.Block, parent.Index);
            case DwTag.Variable:
                // Most are locals, which matter to nobody here.
                if (parent.Scope != Scope.Other && !abbreviation.HasLocationExpression) { _reader.Skip(abbreviation); return default; }
                Read(abbreviation);
                AddVariable(offset);
                return default;
            case DwTag.Subprogram:
                Read(abbreviation);
                return new OpenDie(Scope.Function, AddFunction(offset, bases));
            case DwTag.UnspecifiedParameters:
                _reader.Skip(abbreviation);
                if (parent.Scope == Scope.Function) { _nodes.Functions[parent.Index].IsVariadic = true; }
                else if (parent.Scope == Scope.Type) { _nodes.Types[parent.Index].IsVariadic = true; }
                return default;
            case DwTag.Enumerator:
                Read(abbreviation);
                if (parent.Scope == Scope.Type) { AddPart(parent.Index, Name(DieSlot.Name), 0, SignedConstant(DieSlot.ConstValue)); }
                return default;
            case DwTag.SubrangeType:
                Read(abbreviation);
                if (parent.Scope == Scope.Type) { AddPart(parent.Index, StringReference.None, 0, ElementCount()); }
                return default;
            default:
                if (KindOf(abbreviation.Tag) is { } kind)
                {
                    if (_reader.TryReadType(abbreviation, out TypeDie die)) { return new OpenDie(Scope.Type, AddType(kind, offset, die)); }
                    Read(abbreviation);
                    return new OpenDie(Scope.Type, AddType(kind, offset, Type()));
                }

                _reader.Skip(abbreviation);
                return default;
        }
    }

    /// <summary>The kind of type that a tag describes; null for what is no type.</summary>
    public static TypeKind? KindOf(DwTag tag) => (uint)tag < (uint)KindByTag.Length ? KindByTag[(int)tag] : null;

    // Asked for nearly every DIE. DWARF 5 table 7.3: all tags of types are below this.
    private static readonly TypeKind?[] KindByTag = [.. Enumerable.Range(0, 0x50).Select(tag => Kind((DwTag)tag))];

    private static TypeKind? Kind(DwTag tag) => tag switch
    {
        DwTag.BaseType => TypeKind.Base,
        DwTag.PointerType or DwTag.ReferenceType or DwTag.RvalueReferenceType => TypeKind.Pointer,
        DwTag.ConstType => TypeKind.Const,
        DwTag.VolatileType => TypeKind.Volatile,
        DwTag.RestrictType => TypeKind.Restrict,
        DwTag.AtomicType => TypeKind.Atomic,
        DwTag.ArrayType => TypeKind.Array,
        DwTag.Typedef => TypeKind.Typedef,
        DwTag.StructureType or DwTag.ClassType => TypeKind.Struct,
        DwTag.UnionType => TypeKind.Union,
        DwTag.EnumerationType => TypeKind.Enum,
        DwTag.SubroutineType => TypeKind.Function,
        DwTag.UnspecifiedType => TypeKind.Unspecified,
        _ => null,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Read(Abbreviation abbreviation) => _reader.Read(abbreviation, ref _values);

    private readonly TypeDie Type() => new(
        Name(DieSlot.Name), _values.GetOr(DieSlot.Type, 0), (long)_values.GetOr(DieSlot.ByteSize, ulong.MaxValue), (int)_values.GetOr(DieSlot.DeclFile, 0),
        (int)_values.GetOr(DieSlot.DeclLine, 0), (byte)_values.GetOr(DieSlot.Encoding, 0), _values.GetOr(DieSlot.Declaration, 0) != 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int AddType(TypeKind kind, int offset, in TypeDie die)
    {
        ref TypeNode node = ref _nodes.AddType(offset);
        node.Offset = offset;
        node.Kind = kind;
        node.IsDeclaration = die.IsDeclaration;
        node.IsVariadic = node.ValueInProgress = node.ReferenceInProgress = node.HasRoom = false;
        node.Encoding = (BaseEncoding)die.Encoding;
        node.Name = die.Name;
        node.Target = Reference(die.Type);
        node.ByteSize = die.ByteSize;
        node.File = die.File;
        node.Line = die.Line;
        node.FirstPart = _nodes.Parts.Count;
        node.PartCount = 0;
        node.ValueHash = node.ReferenceHash = 0;
        return _nodes.Types.Count - 1;
    }

    /// <summary>Takes up parts that are as simple as most. Returns whether the type has no more children.</summary>
    private bool ReadParts(int type)
    {
        ref TypeNode node = ref _nodes.Types[type];
        if (node.PartCount == 0) { node.FirstPart = _nodes.Parts.Count; }
        if (!_nodes.CanAppendPart(node)) { return false; }
        var parts = new AppendedParts(_nodes.Parts);
        bool isEnd = _reader.ReadParts(ref parts);
        node.PartCount = _nodes.Parts.Count - node.FirstPart;
        return isEnd;
    }

    private readonly struct AppendedParts(NodeList<PartNode> parts) : ITypeParts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(ulong name, int type, long value)
        {
            parts.Add() = new PartNode { Name = name, Type = type, Value = value };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddMember(int type)
    {
        long byteOffset = MemberOffset();
        short bitSize = 0;
        long bitsBeyond = 0;
        if (_values.Has(DieSlot.BitSize))
        {
            bitSize = (short)Math.Min(_values.Get(DieSlot.BitSize), (ulong)short.MaxValue);
            (byteOffset, bitsBeyond) = Math.DivRem(BitOffset(byteOffset, bitSize), 8);
        }

        AddPart(type, Name(DieSlot.Name), Reference(DieSlot.Type), byteOffset, bitSize, (sbyte)bitsBeyond);
    }

    /// <summary>DW_AT_data_member_location: a constant, or (before DWARF 3) an expression that adds one to the struct's address.</summary>
    private readonly long MemberOffset()
    {
        if (!_values.Has(DieSlot.DataMemberLocation)) { return 0; }
        DwForm form = _values.Form(DieSlot.DataMemberLocation);
        ulong value = _values.Get(DieSlot.DataMemberLocation);
        if (!form.IsBlock()) { return (long)value; }
        Block block = Block.Decode(value);
        ByteReader reader = _sections.Reader(_sections.Info.Slice(block.Offset, block.Length), ".debug_info");
        return !reader.AtEnd && (DwOp)reader.ReadByte() == DwOp.PlusUconst
            ? (long)reader.ReadUleb()
            : throw _reader.Fault(block.Offset - _unit.Offset, "member location that is no constant");
    }

    /// <summary>
    /// Bits from the struct's start. DWARF 4 and 5 say just that (DW_AT_data_bit_offset); before, DW_AT_bit_offset counted from the most
    /// significant bit of a storage unit of DW_AT_byte_size bytes (DWARF 3 §5.5.6).
    /// </summary>
    private readonly long BitOffset(long byteOffset, int bitSize)
    {
        if (_values.Has(DieSlot.DataBitOffset)) { return (long)_values.Get(DieSlot.DataBitOffset); }
        if (!_values.Has(DieSlot.BitOffset)) { return byteOffset * 8; }
        long fromMostSignificant = SignedConstant(DieSlot.BitOffset);
        if (_sections.IsBigEndian) { return (byteOffset * 8) + fromMostSignificant; }
        long storage = (long)_values.GetOr(DieSlot.ByteSize, 4);
        return (byteOffset * 8) + (storage * 8) - fromMostSignificant - bitSize;
    }

    private readonly void AddPart(int type, ulong name, int partType, long value, short bitSize = 0, sbyte bitsBeyond = 0)
        => _nodes.AddPart(ref _nodes.Types[type]) = new PartNode { Name = name, Type = partType, Value = value, BitSize = bitSize, BitsBeyond = bitsBeyond };

    /// <summary>Elements of an array's dimension: DW_AT_count or DW_AT_upper_bound + 1; -1 when open or only known at run time.</summary>
    private readonly long ElementCount()
    {
        if (_values.Form(DieSlot.Count).IsConstant()) { return SignedConstant(DieSlot.Count); }
        DwForm form = _values.Form(DieSlot.UpperBound);
        if (!form.IsConstant()) { return -1; }
        ulong bound = _values.Get(DieSlot.UpperBound);
        // gcc writes the bound of a [0] array as -1 in whatever width it chose.
        return (form == DwForm.Data4 && bound == uint.MaxValue) || bound == ulong.MaxValue ? 0 : (long)bound + 1;
    }

    /// <summary>
    /// A constant whose sign the form does not say (DW_FORM_data*): as it is written. gcc writes negative ones as sdata or as data of the
    /// type's full width, which <see cref="UnitTypes"/> narrows where the type is known.
    /// </summary>
    private readonly long SignedConstant(DieSlot slot) => _values.Has(slot) && _values.Form(slot).IsConstant() ? (long)_values.Get(slot) : 0;

    private int AddFunction(int offset, in ListBases bases)
    {
        var node = new FunctionNode
        {
            Offset = offset,
            Name = Name(DieSlot.Name),
            ReturnType = Reference(DieSlot.Type),
            Origin = Origin(),
            File = (int)_values.GetOr(DieSlot.DeclFile, 0),
            Line = (int)_values.GetOr(DieSlot.DeclLine, 0),
            IsExternal = _values.GetOr(DieSlot.External, 0) != 0,
            IsDeclaration = _values.GetOr(DieSlot.Declaration, 0) != 0,
            FirstParameter = -1,
            LastParameter = -1,
            Id = -1,
        };
        if (Code(bases) is { } range)
        {
            node.HasCode = true;
            node.EntryPc = range.Start;
            node.ByteSize = (long)(range.End - range.Start);
        }

        return _nodes.Add(node);
    }

    private readonly int Origin()
        => _values.Has(DieSlot.AbstractOrigin) ? Reference(DieSlot.AbstractOrigin) : Reference(DieSlot.Specification);

    /// <summary>The range of code that a DIE is entered at: DW_AT_low_pc/high_pc, or the first of DW_AT_ranges; DW_AT_entry_pc where it differs.</summary>
    private readonly AddressRange? Code(in ListBases bases)
    {
        AddressRange? range = null;
        if (_values.Has(DieSlot.Ranges))
        {
            range = DwarfLists.FirstRange(_sections, _unit, bases, _values.Get(DieSlot.Ranges), _values.Form(DieSlot.Ranges));
        }
        else if (_values.Has(DieSlot.LowPc))
        {
            ulong low = _values.Get(DieSlot.LowPc);
            ulong high = _values.GetOr(DieSlot.HighPc, low);
            // A high_pc of class constant is a size (DWARF 4 §2.17.2).
            range = new AddressRange(low, _values.Form(DieSlot.HighPc) is DwForm.Addr or DwForm.None ? high : low + high);
        }

        if (_values.Has(DieSlot.EntryPc))
        {
            DwForm form = _values.Form(DieSlot.EntryPc);
            ulong entry = _values.Get(DieSlot.EntryPc);
            if (form.IsConstant()) { entry += range?.Start ?? 0; }
            range = range is { } whole && whole.Contains(entry) ? new AddressRange(entry, whole.End) : new AddressRange(entry, entry);
        }

        return range;
    }

    private void AddParameter(int function, int offset)
    {
        ref FunctionNode owner = ref _nodes.Functions[function];
        int index = _nodes.Add(new ParameterNode
        {
            Offset = offset,
            Next = -1,
            Ordinal = owner.ParameterCount++,
            Name = Name(DieSlot.Name),
            Type = Reference(DieSlot.Type),
            Origin = Origin(),
            Location = _values.GetOr(DieSlot.Location, 0),
            LocationForm = _values.Form(DieSlot.Location),
            ConstValue = _values.GetOr(DieSlot.ConstValue, 0),
            ConstForm = _values.Form(DieSlot.ConstValue),
        });
        if (owner.FirstParameter < 0) { owner.FirstParameter = index; } else { _nodes.Parameters[owner.LastParameter].Next = index; }
        owner.LastParameter = index;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddInline(in ListBases bases)
    {
        if (Code(bases) is not { } range) { return; }
        _nodes.Inlines.Add(new InlineNode
        {
            Origin = Origin(),
            EntryPc = range.Start,
            CallFile = (int)_values.GetOr(DieSlot.CallFile, 0),
            CallLine = (int)_values.GetOr(DieSlot.CallLine, 0),
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddVariable(int offset)
    {
        var node = new VariableNode
        {
            Offset = offset,
            Name = Name(DieSlot.Name),
            Type = Reference(DieSlot.Type),
            Origin = Origin(),
            File = (int)_values.GetOr(DieSlot.DeclFile, 0),
            Line = (int)_values.GetOr(DieSlot.DeclLine, 0),
            IsExternal = _values.GetOr(DieSlot.External, 0) != 0,
        };
        if (_values.Form(DieSlot.Location) is DwForm.ExprLoc or DwForm.Block1 or DwForm.Block)
        {
            Block block = Block.Decode(_values.Get(DieSlot.Location));
            ReadOnlySpan<byte> expression = _sections.Info.Span.Slice(block.Offset, block.Length);
            // Only whole expressions: an address with more behind it is a thread-local or computed one.
            if (block.Length == 1 + _unit.AddressSize && (DwOp)expression[0] == DwOp.Addr)
            {
                ByteReader reader = new(expression[1..], new PartName(_sections.File.Name, ".debug_info"), _sections.IsBigEndian);
                node.Address = reader.ReadUnsigned(_unit.AddressSize);
                node.HasAddress = true;
            }
            else if (block.Length > 1 && (DwOp)expression[0] == DwOp.Addrx)
            {
                ByteReader reader = new(expression[1..], new PartName(_sections.File.Name, ".debug_info"), _sections.IsBigEndian);
                node.Address = _reader.ReadAddressAt(reader.ReadUleb());
                node.HasAddress = reader.AtEnd;
            }
        }

        // Locals matter to nobody here; declarations matter as the origin of a definition that completes them.
        if (node.HasAddress || _open[_depth - 1].Scope == Scope.Other) { _nodes.Add(node); }
    }

    private readonly ulong Name(DieSlot slot) => _values.GetOr(slot, StringReference.None);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Reference(DieSlot slot) => Reference(_values.GetOr(slot, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Reference(ulong offset) => offset < (ulong)_unit.ByteSize ? (int)offset : throw PastTheEnd(offset);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly InputFaultException PastTheEnd(ulong reference) => _reader.Fault(_reader.NextOffset, $"reference to 0x{reference:x}, past the end of its unit");
}

/// <summary>What the unit's own DIE says.</summary>
/// <param name="StatementList">Offset of the unit's line table in .debug_line.</param>
internal readonly record struct UnitHeaderValues(ListBases Bases, ulong Language, ulong Name, ulong CompilationDirectory, ulong Producer, ulong? StatementList)
{
    /// <summary>DW_LANG_C89, C, C99, C11, C17, C23 and assembler (DWARF 5 table 7.17 and later registrations); other languages have no C types.</summary>
    public bool IsC => IsLanguageC(Language);

    public static bool IsLanguageC(ulong language) => language is 0x0 or 0x1 or 0x2 or 0xc or 0x1d or 0x2c or 0x3e or 0x8001;
}
