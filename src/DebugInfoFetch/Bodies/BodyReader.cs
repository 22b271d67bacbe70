using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>Makes the body of one function's copy out of its unit's DIEs and line table.</summary>
internal sealed class BodyReader
{
    private readonly ModuleDwarf _module;
    private readonly UnitTree _tree;
    private readonly BodyTypes _types;
    private readonly LocationReader _locations;

    private BodyReader(ModuleDwarf module, UnitTree tree, IKernelModel model)
    {
        _module = module;
        _tree = tree;
        _types = new BodyTypes(model, tree);
        _locations = new LocationReader(module, tree);
    }

    /// <summary>The body of the function that has code at an address; null when no DIE has.</summary>
    /// <param name="pc">An address of the file: the entry of a copy, or any in it.</param>
    public static FunctionBody? Read(ModuleDwarf module, IKernelModel model, ulong pc)
    {
        if (module.UnitAt(pc) is not { } tree) { return null; }
        foreach (int node in tree.Children(0))
        {
            if (tree.Nodes[node].Tag != DwTag.Subprogram) { continue; }
            DieValues values = tree.ValuesOf(node);
            if (tree.RangesOf(values).Exists(r => r.Contains(pc))) { return new BodyReader(module, tree, model).ReadFunction(node, values); }
        }

        return null;
    }

    /// <summary>Where calls return to, in the same unit, that the debug information says are of the function whose code begins at an address.</summary>
    public static IReadOnlyList<ulong> ReturnsOf(ModuleDwarf module, IKernelModel model, ulong entry)
    {
        if (module.UnitAt(entry) is not { } tree) { return []; }
        int[] functions = [.. tree.Children(0).Where(n => tree.Nodes[n].Tag == DwTag.Subprogram)];
        int callee = Array.Find(functions, n => tree.RangesOf(tree.ValuesOf(n)) is [var first, ..] && first.Start == entry);
        if (callee == 0) { return []; }
        // A call names the abstract function where there is one, else the function itself.
        int origin = tree.OriginOf(tree.ValuesOf(callee));
        int[] names = [tree.SectionOffset(callee), origin >= 0 ? tree.SectionOffset(origin) : -1];
        var reader = new BodyReader(module, tree, model);
        return [.. functions.SelectMany(reader.ReadCalls).Where(c => c.CalleeDie > 0 && names.Contains(c.CalleeDie)).Select(c => c.ReturnPc)];
    }

    private FunctionBody ReadFunction(int node, in DieValues values)
    {
        List<AddressRange> ranges = _tree.RangesOf(values);
        StatementRow[] rows = [.. RowsIn(ranges)];
        _locations.Enter(values, _tree.Children(node).Where(n => _tree.Nodes[n].Tag == DwTag.FormalParameter).Select(n => _tree.ValuesOf(n)), ranges, rows);
        BodyScope root = ReadScope(node, values, BodyScopeKind.Function);
        return new FunctionBody(root, rows, ReadCalls(node), _types, _tree.File, _module.PlaceOf);
    }

    private IEnumerable<StatementRow> RowsIn(List<AddressRange> ranges) => _tree.Rows
        .Where(r => !r.EndsSequence && ranges.Exists(range => range.Contains(r.Address)))
        .OrderBy(r => r.Address)
        .Select(r => new StatementRow(r.Address, _tree.FileName(r.File), r.Line, r.IsStatement));

    private BodyScope ReadScope(int node, in DieValues values, BodyScopeKind kind)
    {
        List<AddressRange> ranges = _tree.RangesOf(values);
        int origin = _tree.OriginOf(values);
        DieValues declared = origin >= 0 ? Declaration(origin) : values;
        List<BodyVariable> variables = [];
        List<BodyScope> children = [];
        var concrete = new HashSet<int>();
        foreach (int child in _tree.Children(node))
        {
            DwTag tag = _tree.Nodes[child].Tag;
            if (tag is DwTag.FormalParameter or DwTag.Variable)
            {
                DieValues variable = _tree.ValuesOf(child);
                concrete.Add(_tree.OriginOf(variable));
                if (ReadVariable(child, variable, tag == DwTag.FormalParameter) is { } read) { variables.Add(read); }
            }
            else if (tag is DwTag.LexicalBlock or DwTag.InlinedSubroutine)
            {
                DieValues scope = _tree.ValuesOf(child);
                BodyScope inner = ReadScope(child, scope, tag == DwTag.LexicalBlock ? BodyScopeKind.Block : BodyScopeKind.Inlined);
                // A block without code of its own only holds what is declared in it.
                if (inner.Ranges.Count > 0) { children.Add(inner); }
                else if (tag == DwTag.LexicalBlock) { children.AddRange(inner.Children); variables.AddRange(inner.Variables); }
            }
        }

        // What the abstract function declares and the copy does not mention is nowhere in it.
        if (origin >= 0 && kind != BodyScopeKind.Block) { AddMissing(origin, concrete, variables); }
        return new BodyScope
        {
            Kind = kind,
            Name = kind == BodyScopeKind.Block ? "" : _tree.Text(declared, DieSlot.Name),
            DeclaredAt = kind == BodyScopeKind.Block ? null : _tree.Location(declared, DieSlot.DeclFile, DieSlot.DeclLine),
            CallSite = kind == BodyScopeKind.Inlined ? _tree.Location(values, DieSlot.CallFile, DieSlot.CallLine) : null,
            Ranges = ranges,
            EntryPc = EntryOf(values, ranges),
            DieOffset = _tree.SectionOffset(node),
            Variables = InSourceOrder(variables, origin),
            Children = children,
        };
    }

    /// <summary>The DIE that has the name: an out-of-line copy's abstract origin may itself complete a declaration.</summary>
    private DieValues Declaration(int node)
    {
        DieValues values = _tree.ValuesOf(node);
        for (int steps = 0; steps < 4 && !values.Has(DieSlot.Name) && _tree.OriginOf(values) is >= 0 and int next; steps++) { values = _tree.ValuesOf(next); }
        return values;
    }

    private BodyVariable? ReadVariable(int node, in DieValues values, bool isParameter)
    {
        int origin = _tree.OriginOf(values);
        DieValues declared = origin >= 0 ? Declaration(origin) : values;
        // extern int x; inside a function: a declaration of what is elsewhere.
        if (values.Has(DieSlot.Declaration) || declared.Has(DieSlot.Declaration)) { return null; }
        return new BodyVariable(_tree.Text(declared, DieSlot.Name), isParameter, _types.Of(declared), _tree.Location(declared, DieSlot.DeclFile, DieSlot.DeclLine),
            _tree.SectionOffset(node), _locations.Read(values.Has(DieSlot.Location) || values.Has(DieSlot.ConstValue) ? values : declared));
    }

    private void AddMissing(int origin, HashSet<int> concrete, List<BodyVariable> variables)
    {
        foreach (int child in _tree.Children(origin))
        {
            DwTag tag = _tree.Nodes[child].Tag;
            if (tag is not (DwTag.FormalParameter or DwTag.Variable) || concrete.Contains(child)) { continue; }
            if (ReadVariable(child, _tree.ValuesOf(child), tag == DwTag.FormalParameter) is { } missing) { variables.Add(missing); }
        }
    }

    /// <summary>Parameters first, by the abstract function's order: a clone's own order puts the survivors first (KPROBES.md §4.2).</summary>
    private BodyVariable[] InSourceOrder(List<BodyVariable> variables, int origin)
    {
        if (origin < 0) { return [.. variables.Where(v => v.IsParameter), .. variables.Where(v => !v.IsParameter)]; }
        string[] order = [.. _tree.Children(origin).Where(c => _tree.Nodes[c].Tag == DwTag.FormalParameter).Select(c => _tree.Text(_tree.ValuesOf(c), DieSlot.Name))];
        return [.. variables.Where(v => v.IsParameter).OrderBy(v => Array.IndexOf(order, v.Name)), .. variables.Where(v => !v.IsParameter)];
    }

    private static ulong EntryOf(in DieValues values, List<AddressRange> ranges)
    {
        ulong start = ranges.Count > 0 ? ranges[0].Start : values.GetOr(DieSlot.LowPc, 0);
        if (!values.Has(DieSlot.EntryPc)) { return start; }
        ulong entry = values.Get(DieSlot.EntryPc);
        // A constant counts from the DIE's base address (DWARF 5 §2.18).
        return values.Form(DieSlot.EntryPc) is DwForm.Addr or DwForm.Addrx or (>= DwForm.Addrx1 and <= DwForm.Addrx4) ? entry : values.GetOr(DieSlot.LowPc, start) + entry;
    }

    private List<CallSite> ReadCalls(int function)
    {
        List<CallSite> calls = [];
        for (int node = function + 1; node < _tree.Nodes[function].Next; node++)
        {
            if (_tree.Nodes[node].Tag is not (DwTag.CallSite or DwTag.GnuCallSite)) { continue; }
            DieValues values = _tree.ValuesOf(node);
            // DW_TAG_GNU_call_site has the return address in DW_AT_low_pc, and the callee in DW_AT_abstract_origin.
            ulong returnPc = values.Has(DieSlot.CallReturnPc) ? values.Get(DieSlot.CallReturnPc) : values.GetOr(DieSlot.LowPc, 0);
            if (returnPc == 0) { continue; }
            int callee = values.Has(DieSlot.CallOrigin) ? _tree.At(values.Get(DieSlot.CallOrigin)) : _tree.OriginOf(values);
            calls.Add(new CallSite(returnPc, callee >= 0 ? _tree.Text(Declaration(callee), DieSlot.Name) : "", callee >= 0 ? _tree.SectionOffset(callee) : 0,
                [.. ReadArguments(node, returnPc)]));
        }

        return calls;
    }

    private IEnumerable<CallArgument> ReadArguments(int call, ulong returnPc)
    {
        foreach (int node in _tree.Children(call))
        {
            if (_tree.Nodes[node].Tag is not (DwTag.CallSiteParameter or DwTag.GnuCallSiteParameter)) { continue; }
            DieValues values = _tree.ValuesOf(node);
            string parameter = values.Has(DieSlot.CallParameter) ? _tree.Text(Declaration(_tree.At(values.Get(DieSlot.CallParameter))), DieSlot.Name) : "";
            yield return new CallArgument(parameter, _locations.RegisterOf(values), _locations.CallValue(values, returnPc));
        }
    }
}
