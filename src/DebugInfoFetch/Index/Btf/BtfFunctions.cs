using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index.Btf;

/// <summary>
/// The functions of one BTF as rows, and of those whose symbol proves it the places of their arguments.
/// </summary>
/// <remarks>
/// The encoder lists a compiler's clone under the name in the source and with the prototype there, whatever became of its parameters, and of several
/// static functions of one name it keeps what it met first. So a prototype holds for code only if the BTF has the name once and the symbol table
/// has exactly one function of it, without a suffix; cold parts, which are no functions, aside.
/// </remarks>
internal sealed class BtfFunctions
{
    private const int None = -1, Ambiguous = -2;
    private readonly SharedTables _tables;
    private readonly BtfFile _file;
    private readonly BtfTypes _types;
    private readonly ModuleSymbols _symbols;
    private readonly int _module, _unit;
    private readonly ArgumentPassing _passing;

    public BtfFunctions(SharedTables tables, BtfFile file, BtfTypes types, ModuleSymbols symbols, ArgumentPassing passing, int module, int unit)
        => (_tables, _file, _types, _symbols, _passing, _module, _unit) = (tables, file, types, symbols, passing, module, unit);

    /// <summary>Adds all functions; returns the copies whose arguments are known.</summary>
    public List<EntryRow> Add()
    {
        var ids = new Dictionary<int, int>();
        for (int id = _file.FirstId; id < _file.EndId; id++)
        {
            BtfType type = _file.Type(id);
            if (type.Kind != BtfKind.Function || !type.HasName) { continue; }
            int name = _tables.Names.Intern(_file.Name(type.NameOffset));
            if (!ids.TryAdd(name, id)) { ids[name] = Ambiguous; }
            if (ids[name] == Ambiguous) { AddFunction(id, type, name); }
        }

        SymbolRow[] rows = _symbols.Rows;
        Dictionary<int, int> symbolOf = SymbolsByBaseName(rows, ids);
        var entries = new List<EntryRow>();
        foreach ((int name, int id) in ids)
        {
            if (id == Ambiguous) { continue; }
            BtfType type = _file.Type(id), prototype = _file.Type(type.Target);
            int function = AddFunction(id, type, name), count = ParameterCount(prototype);
            if (symbolOf[name] is not (>= 0 and int row) || rows[row].Suffix != SuffixKind.None) { continue; }
            SymbolRow symbol = rows[row];
            entries.Add(new EntryRow(function, _unit, symbol.Section, symbol.Address, symbol.ByteSize, symbol.Id, _passing.PlacesOf(prototype, count)));
        }

        return entries;
    }

    /// <summary>For each name the only symbol of code that has it as its base name.</summary>
    private static Dictionary<int, int> SymbolsByBaseName(SymbolRow[] rows, Dictionary<int, int> names)
    {
        var found = new Dictionary<int, int>(names.Count);
        foreach (int name in names.Keys) { found.Add(name, None); }
        for (int i = 0; i < rows.Length; i++)
        {
            if ((rows[i].Flags & SymbolFlags.Text) == 0 || rows[i].Suffix == SuffixKind.Cold || !found.TryGetValue(rows[i].BaseName, out int other)) { continue; }
            found[rows[i].BaseName] = other == None ? i : Ambiguous;
        }

        return found;
    }

    private int AddFunction(int id, in BtfType type, int name)
    {
        BtfType prototype = _file.Type(type.Target);
        var parameters = new (int, int)[ParameterCount(prototype)];
        for (int i = 0; i < parameters.Length; i++)
        {
            BtfParameter parameter = BtfFile.Parameter(prototype, i);
            parameters[i] = (parameter.NameOffset == 0 ? 0 : _tables.Names.Intern(_file.Name(parameter.NameOffset)), _types.Row(parameter.Type, byReference: false));
        }

        // One a module: which of them have the same source BTF does not say.
        ulong hash = ContentHash.Mix(ContentHash.Mix(0x66756e6374696f6e, (ulong)(uint)_module), (ulong)(uint)id);
        return _tables.Functions.Add(hash, new FunctionRow(
            0, name, _types.Row(prototype.Target, byReference: false), 0, 0, type.Count == 1, parameters.Length < prototype.Count, parameters));
    }

    /// <summary>Without the last one of a variadic prototype, which has no type.</summary>
    private static int ParameterCount(in BtfType prototype)
        => prototype.Count > 0 && BtfFile.Parameter(prototype, prototype.Count - 1).Type == 0 ? prototype.Count - 1 : prototype.Count;
}
