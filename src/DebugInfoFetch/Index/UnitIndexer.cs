using System.Runtime.CompilerServices;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index;

/// <summary>What the units of one module contributed, per worker. Rows of types and functions go to their tables at once.</summary>
internal sealed class ModuleParts
{
    public RowChunks<UnitRow> Units { get; } = new();
    public RowChunks<EntryRow> Entries { get; } = new();
    public RowChunks<InlineRow> Inlines { get; } = new();
    public RowChunks<VariableRow> Variables { get; } = new();
    public int UnitCount { get; private set; }
    public string Compiler { get; set; } = "";

    public void AddUnit(UnitRow unit)
    {
        Units.Add(unit);
        UnitCount++;
    }

    /// <summary>What all workers have of a module.</summary>
    public static ModuleContent Join(int module, ModuleParts[] parts)
        => new(module, All(parts, p => p.Units), All(parts, p => p.Entries), All(parts, p => p.Inlines), All(parts, p => p.Variables));

    private static T[] All<T>(ModuleParts[] parts, Func<ModuleParts, RowChunks<T>> rows)
    {
        var all = new T[parts.Sum(part => rows(part).Count)];
        int at = 0;
        foreach (RowChunks<T> some in parts.Select(rows))
        {
            some.CopyTo(all.AsSpan(at));
            at += some.Count;
        }

        return all;
    }

    /// <summary>Hands over the rows so far, but for inline sites, which are grouped by function over the whole module.</summary>
    public ModuleContent TakeRows(int module)
    {
        var content = new ModuleContent(module, Units.ToArray(), Entries.ToArray(), [], Variables.ToArray());
        Units.Clear();
        Entries.Clear();
        Variables.Clear();
        return content;
    }
}

/// <summary>The tables that all workers share.</summary>
internal sealed class SharedTables
{
    public NameTable Names { get; } = new();
    public FileTable Files { get; } = new();
    public TypeTable Types { get; } = new();
    public FunctionTable Functions { get; } = new();

    /// <summary>About how many rows wait for the sink.</summary>
    public int PendingCount => Names.PendingCount + Types.PendingCount;
}

/// <summary>
/// Indexes units one after the other: scan, merge types and functions, place parameters. One a worker; its buffers are reused.
/// </summary>
internal sealed class UnitIndexer
{
    private readonly SharedTables _tables;
    private readonly UnitNodes _nodes = new();
    private readonly UnitFiles _files;
    private readonly UnitTypes _types;
    private readonly UnitBeginnings _beginnings = new();
    private FileStrings _strings = null!;
    private DwarfSections _sections = null!;
    private Task<ModuleSymbols> _reading = null!;
    private ModuleSymbols _symbols = null!;
    private EntryPlaces _places = null!;
    private int _module;

    public UnitIndexer(SharedTables tables)
    {
        _tables = tables;
        Strings = new FileStrings(tables.Names);
        _files = new UnitFiles(tables.Files);
        _types = new UnitTypes(tables.Types, _nodes);
    }

    /// <summary>This worker's table of strings, for the file that it is the first to open.</summary>
    public FileStrings Strings { get; }

    /// <summary>The units in which this worker met a type's definition.</summary>
    public TypeUnitLog TypeUnits { get; } = new();

    /// <param name="symbols">May still be read: they are waited for when the first place of a function is to be told.</param>
    public void Open(DwarfSections sections, FileStrings strings, Task<ModuleSymbols> symbols, int module)
    {
        _sections = sections;
        _strings = strings;
        _reading = symbols;
        _places = new EntryPlaces(sections);
        _module = module;
    }

    public void Index(in DwarfUnit unit, int unitId, ModuleParts parts)
    {
        if (UnitScanner.Scan(_sections, unit, _nodes, _strings, _beginnings.Find(_sections, unit)) is not { } header)
        {
            return;
        }

        _files.Open(_sections, header, _strings);
        _types.Open(_strings, _files, _module);
        ReadOnlySpan<byte> name = _strings.Bytes(header.Name);
        parts.AddUnit(new UnitRow(unitId, _files.Id(name)));
        if (parts.Compiler.Length == 0 && header.Language != 0x8001) { parts.Compiler = CompilerName(header.Producer); }
        MergeTypes(unitId);
        _beginnings.Keep(_sections, unit, name, _strings, _nodes);
        MergeFunctions();
        _symbols = _reading.GetAwaiter().GetResult();
        foreach (ref readonly FunctionNode function in _nodes.Functions.AsSpan())
        {
            if (function.HasCode) { AddEntry(unit, unitId, header.Bases, function, parts); }
        }

        AddInlines(unitId, parts);
        AddVariables(unitId, parts);
    }

    /// <summary>DW_AT_producer without its command line: <c>GNU C11 12.2.0</c>.</summary>
    private string CompilerName(ulong producer)
    {
        string text = PartName.Printable(_strings.Bytes(producer));
        int options = text.IndexOf(" -", StringComparison.Ordinal);
        return options < 0 ? text : text[..options];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MergeTypes(int unitId)
    {
        TypeUnits.BeginUnit(unitId);
        for (int i = 0; i < _nodes.Types.Count; i++)
        {
            ref TypeNode node = ref _nodes.Types[i];
            if (!UnitTypes.IsNamedDefinition(node)) { continue; }
            int id = _types.EnsureNext(i);
            if (node.Kind != TypeKind.Typedef) { TypeUnits.Add(id); }
        }
    }

    private void MergeFunctions()
    {
        CompleteDeclarations();
        for (int i = 0; i < _nodes.Functions.Count; i++)
        {
            ref FunctionNode node = ref _nodes.Functions[i];
            if (node.Name != StringReference.None && !node.IsDeclaration) { node.Id = FunctionId(node); }
        }

        // Concrete instances take name and prototype from their abstract one.
        for (int i = 0; i < _nodes.Functions.Count; i++)
        {
            ref FunctionNode node = ref _nodes.Functions[i];
            if (node.Id < 0 && node.HasCode && _nodes.FunctionAt(node.Origin) is >= 0 and int origin)
            {
                if (_nodes.Functions[origin].Id < 0 && _nodes.Functions[origin].Name != StringReference.None)
                {
                    _nodes.Functions[origin].Id = FunctionId(_nodes.Functions[origin]);
                }

                node.Id = _nodes.Functions[origin].Id;
            }
        }
    }

    /// <summary>
    /// A definition with DW_AT_specification takes from the declaration what it does not say itself (DWARF 5 §2.13.2); its parameters are its own.
    /// </summary>
    private void CompleteDeclarations()
    {
        foreach (ref FunctionNode node in _nodes.Functions.AsSpan())
        {
            if (node.Name != StringReference.None || _nodes.FunctionAt(node.Origin) is not (>= 0 and int index)) { continue; }
            ref FunctionNode declaration = ref _nodes.Functions[index];
            if (!declaration.IsDeclaration || declaration.Name == StringReference.None) { continue; }
            (node.Name, node.NameHash) = (declaration.Name, declaration.NameHash);
            node.Origin = 0;
            node.IsExternal |= declaration.IsExternal;
            if (node.ReturnType == 0) { node.ReturnType = declaration.ReturnType; }
            if (node.File == 0) { node.File = declaration.File; }
            if (node.Line == 0) { node.Line = declaration.Line; }
        }
    }

    private int FunctionId(in FunctionNode node)
    {
        int file = _files.Id(node.File);
        ulong hash = HashOf(node, file);
        int id = _tables.Functions.Find(hash);
        return id >= 0 ? id : AddFunction(node, hash, file);
    }

    /// <summary>Name, place and prototype.</summary>
    private ulong HashOf(in FunctionNode node, int file)
    {
        ulong hash = ContentHash.Mix(node.NameHash, ((ulong)(uint)file << 32) | (uint)node.Line);
        hash = ContentHash.Mix(hash, _types.Hash(node.ReturnType, byReference: false) + (node.IsVariadic ? 2u : 0u) + (node.IsExternal ? 1u : 0u));
        for (int at = node.FirstParameter; at >= 0; at = _nodes.Parameters[at].Next)
        {
            ref ParameterNode parameter = ref _nodes.Parameters[at];
            hash = ContentHash.Mix(hash, parameter.NameHash, _types.Hash(parameter.Type, byReference: false));
        }

        return hash;
    }

    private int AddFunction(in FunctionNode node, ulong hash, int file)
    {
        int ordinal = 0;
        var parameters = new (int, int)[node.ParameterCount];
        for (int at = node.FirstParameter; at >= 0; at = _nodes.Parameters[at].Next)
        {
            ref ParameterNode parameter = ref _nodes.Parameters[at];
            parameters[ordinal++] = (_strings.Id(parameter.Name), _types.Id(parameter.Type, byReference: false));
        }

        return _tables.Functions.Add(hash, new FunctionRow(
            0, _strings.Id(node.Name), _types.Id(node.ReturnType, byReference: false), file, node.Line, node.IsExternal, node.IsVariadic, parameters));
    }

    private void AddEntry(in DwarfUnit unit, int unitId, in ListBases bases, in FunctionNode function, ModuleParts parts)
    {
        if (function.Id < 0) { return; }
        ref FunctionNode source = ref Source(function);
        int symbol = _symbols.EntryRow(function.EntryPc, _strings.Id(source.Name));
        // A symbol that has no compiler suffix keeps its calling convention; see EntryPlaces.
        bool isClone = symbol < 0 || _symbols[symbol].Suffix != SuffixKind.None;
        var places = new ArgumentPlace[source.ParameterCount];
        Array.Fill(places, ArgumentPlace.OptimizedOut);
        bool ownsParameters = function.Offset == source.Offset, isUntracked = false;
        for (int at = function.FirstParameter; at >= 0 && !isUntracked; at = _nodes.Parameters[at].Next) { isUntracked = _places.IsUntracked(unit, bases, _nodes.Parameters[at]); }
        for (int at = function.FirstParameter; at >= 0; at = _nodes.Parameters[at].Next)
        {
            ref ParameterNode parameter = ref _nodes.Parameters[at];
            // Children of a clone stand in any order: the abstract parameter says which one it is.
            int origin = ownsParameters ? at : _nodes.ParameterAt(parameter.Origin);
            if (origin < 0) { continue; }
            int ordinal = _nodes.Parameters[origin].Ordinal;
            if (ordinal < places.Length) { places[ordinal] = _places.At(unit, bases, function.EntryPc, parameter, isClone ? -1 : IntegerOrdinal(source, ordinal), isUntracked); }
        }

        // What a probe at the symbol stands on is the symbol's address, also where the DIE counts from a few bytes on.
        (int section, ulong address) = symbol < 0 ? _symbols.LocateCode(function.EntryPc) : (_symbols[symbol].Section, _symbols[symbol].Address);
        if (section < 0) { return; }
        parts.Entries.Add(new EntryRow(function.Id, unitId, section, address, function.ByteSize, symbol < 0 ? -1 : _symbols[symbol].Id, places));
    }

    private ref FunctionNode Source(in FunctionNode function)
    {
        int origin = function.FirstParameter < 0 || function.Name == StringReference.None ? _nodes.FunctionAt(function.Origin) : -1;
        return ref _nodes.Functions[origin >= 0 ? origin : _nodes.FunctionAt(function.Offset)];
    }

    /// <summary>The parameter's number among the argument registers; -1 when a parameter up to it may take more or less than one register.</summary>
    private int IntegerOrdinal(in FunctionNode source, int ordinal)
    {
        if (!IsOneRegister(source.ReturnType) && source.ReturnType != 0) { return -1; }
        int at = source.FirstParameter;
        for (int i = 0; i <= ordinal; i++)
        {
            if (at < 0 || !IsOneRegister(_nodes.Parameters[at].Type)) { return -1; }
            at = _nodes.Parameters[at].Next;
        }

        return ordinal;
    }

    private bool IsOneRegister(int typeOffset)
    {
        for (int guard = 0; guard < 32; guard++)
        {
            int index = _nodes.TypeAt(typeOffset);
            if (index < 0) { return false; }
            ref TypeNode node = ref _nodes.Types[index];
            switch (node.Kind)
            {
                case TypeKind.Pointer or TypeKind.Enum: return true;
                case TypeKind.Base: return node.ByteSize <= 8 && node.Encoding is not (BaseEncoding.Float or BaseEncoding.ComplexFloat);
                case TypeKind.Typedef or TypeKind.Const or TypeKind.Volatile or TypeKind.Restrict or TypeKind.Atomic: typeOffset = node.Target; break;
                default: return false;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddInlines(int unitId, ModuleParts parts)
    {
        foreach (ref readonly InlineNode inline in _nodes.Inlines.AsSpan())
        {
            int origin = _nodes.FunctionAt(inline.Origin);
            if (origin < 0 || _nodes.Functions[origin].Id < 0) { continue; }
            int symbol = _symbols.ContainingRow(inline.EntryPc);
            (int section, ulong address) = _symbols.LocateCode(inline.EntryPc);
            if (section < 0) { continue; }
            parts.Inlines.Add(new InlineRow(
                _nodes.Functions[origin].Id, unitId, symbol < 0 ? -1 : _symbols[symbol].Id,
                symbol < 0 ? 0 : (int)(address - _symbols[symbol].Address), _files.Id(inline.CallFile), inline.CallLine));
        }
    }

    private void AddVariables(int unitId, ModuleParts parts)
    {
        foreach (ref readonly VariableNode variable in _nodes.Variables.AsSpan())
        {
            if (!variable.HasAddress) { continue; }
            VariableNode named = variable;
            int origin = _nodes.VariableAt(variable.Origin);
            if (origin >= 0)
            {
                ref VariableNode declaration = ref _nodes.Variables[origin];
                if (named.Name == StringReference.None) { named.Name = declaration.Name; named.File = declaration.File; named.Line = declaration.Line; }
                if (named.Type == 0) { named.Type = declaration.Type; }
                named.IsExternal |= declaration.IsExternal;
            }

            (int section, ulong address) = _symbols.Locate(variable.Address);
            if (named.Name == StringReference.None || section < 0) { continue; }
            parts.Variables.Add(new VariableRow(
                _strings.Id(named.Name), _types.Id(named.Type, byReference: false), unitId, _files.Id(named.File), named.Line, named.IsExternal, section, address));
        }
    }
}
