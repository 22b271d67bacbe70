namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>vmlinux and modules of one kernel, as readelf and llvm-dwarfdump show them.</summary>
public sealed class DebugFiles
{
    private readonly Dictionary<string, (ElfSymbols Elf, DwarfFunctions Dwarf)> _files;

    /// <param name="modules">Besides vmlinux, as the kernel spells them.</param>
    /// <param name="functions">Names in the source of those that will be asked for.</param>
    public DebugFiles(DebianKernel kernel, IEnumerable<string> modules, IReadOnlyCollection<string> functions)
    {
        HashSet<string> names = [.. functions];
        _files = modules.Prepend("vmlinux").ToDictionary(file => file, file =>
        {
            var elf = new ElfSymbols(file, kernel.DebugFile(file));
            // Code of several names is described under one of them.
            IEnumerable<string> others = elf.Code.GroupBy(symbol => (symbol.Section, symbol.Address)).Where(code => code.Count() > 1 && code.Any(symbol => names.Contains(symbol.BaseName)))
                .SelectMany(code => code.Select(symbol => symbol.BaseName));
            return (elf, new DwarfFunctions(kernel.DebugFile(file), functions.Concat(others)));
        });
    }

    /// <summary>The names of the files.</summary>
    public IReadOnlyCollection<string> Names => _files.Keys;

    public ElfSymbols Elf(string file) => _files[file].Elf;

    public DwarfFunctions Dwarf(string file) => _files[file].Dwarf;

    /// <summary>The symbols of that name that are marked as functions, as most of assembly is not.</summary>
    public IEnumerable<FunctionSymbol> Find(string file, string symbol) => _files[file].Elf.Code.Where(function => function.Name == symbol);

    /// <summary>The parameters of the DIE that starts at the symbol, under its own or another name of the same code; null when there is none.</summary>
    public IReadOnlyDictionary<string, DwarfEvidence>? Parameters(FunctionSymbol symbol)
        => Dwarf(symbol.File).Parameters(symbol) ?? Elf(symbol.File).OtherNames(symbol).Select(Dwarf(symbol.File).Parameters).FirstOrDefault(parameters => parameters is not null);

    /// <summary>How many functions of that name the source defines, inlined ones included; one of a header that several files compiled is one.</summary>
    public int Definitions(string function) => _files.Values.SelectMany(file => file.Dwarf.Declarations(function)).Distinct().Count();

    /// <summary>The inline tables show copies in other functions and none with code of its own.</summary>
    public bool IsInlinedEverywhere(string function)
        => _files.Values.Any(file => file.Dwarf.IsInlined(function)) && !_files.Values.Any(file => file.Dwarf.HasCode(function));
}
