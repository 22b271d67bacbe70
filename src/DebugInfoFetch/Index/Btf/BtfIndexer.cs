using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Btf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Formats.Image;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Index.Btf;

/// <summary>
/// Indexes a kernel from its BTF and its symbols, without debug information, into an <see cref="IIndexSink"/>: vmlinux first, then modules, from any
/// number of threads. Call <see cref="Finish"/> after the last.
/// </summary>
public sealed class BtfIndexer(IIndexSink sink)
{
    private const string Vmlinux = "vmlinux", BtfSection = ".BTF", BaseSection = ".BTF.base";
    // Names and types that may wait for the sink before a module's thread takes the time to hand them over.
    private const int DrainAbove = 8192;

    private readonly Lock _sinking = new();
    private readonly SharedTables _tables = new();
    private readonly Dictionary<int, List<int>> _unitsOfType = [];
    private readonly Lock _definitions = new();
    private BtfFile? _kernelFile;
    private BtfTypes? _kernelTypes;
    private Lazy<BtfNames>? _kernelNames;
    private int _nextSymbol, _nextModule = 1, _nextUnit;

    /// <summary>Indexes vmlinux from a boot image.</summary>
    /// <param name="typesAreThere">Called as soon as modules may be indexed.</param>
    /// <exception cref="InputFaultException">Damaged.</exception>
    public ModuleInfo IndexKernel(string path, KernelImage image, Action? typesAreThere = null)
        => IndexKernel(path, image.Btf, image.File, image.Symbols, image.Names, typesAreThere);

    /// <summary>Indexes a vmlinux that has BTF and a symbol table of its own.</summary>
    /// <exception cref="InputFaultException">Damaged, or without BTF.</exception>
    public ModuleInfo IndexKernel(string path, ElfFile file) => IndexKernel(path, BtfOf(file), file, file.ReadSymbols(), file.SymbolNames());

    /// <summary>Indexes only the types of a kernel or, after it, of a module: files of <c>/sys/kernel/btf</c>, which tell no symbols.</summary>
    /// <exception cref="InputFaultException">Damaged.</exception>
    public ModuleInfo IndexTypes(string name, string path, ReadOnlyMemory<byte> btf)
    {
        int module = Interlocked.Increment(ref _nextModule) - 1, unit = Interlocked.Increment(ref _nextUnit) - 1;
        BtfTypes types;
        if (name == Vmlinux)
        {
            types = OpenKernel(BtfFile.Parse(path, BtfSection, btf), module);
            NoteDefinitions(_kernelFile!, types, unit);
        }
        else
        {
            types = BtfTypes.OfModule(_tables, BtfFile.Parse(path, BtfSection, btf, _kernelFile ?? throw NoKernel(path)), module, _kernelTypes!, null);
            NoteDefinitions(types, unit);
        }

        return Write(new ModuleRow(module, name, "", path, [], [], unit), [], [], unit);
    }

    /// <summary>Indexes a module; may be called from several threads at once.</summary>
    /// <exception cref="InputFaultException">Damaged, without BTF, or of another kernel; then nothing of it is left.</exception>
    public ModuleInfo IndexModule(string name, string path, ElfFile file)
    {
        if (_kernelFile is not { } kernel || _kernelTypes is not { } kernelTypes) { throw NoKernel(path); }
        int[]? map = null;
        BtfFile basis = kernel;
        if (file.Find(BaseSection) is { HasBytes: true } distilled)
        {
            basis = BtfFile.Parse(file.Name, BaseSection, file.Content(distilled));
            map = BtfDistilledBase.Map(basis, _kernelNames!.Value);
        }

        BtfFile btf = BtfFile.Parse(file.Name, BtfSection, BtfOf(file), basis);
        ElfSymbol[] elfSymbols = file.ReadSymbols();
        int module = Interlocked.Increment(ref _nextModule) - 1, unit = Interlocked.Increment(ref _nextUnit) - 1;
        BtfTypes types = BtfTypes.OfModule(_tables, btf, module, kernelTypes, map);
        NoteDefinitions(types, unit);
        ModuleSymbols symbols = ModuleSymbols.Read(file, elfSymbols, _tables.Names, Allocate);
        List<EntryRow> entries = new BtfFunctions(_tables, btf, types, symbols, new ArgumentPassing(btf, kernel, map, file.Machine), module, unit).Add();
        return Write(new ModuleRow(module, name, file.BuildId(), path, symbols.Sections, symbols.Rows, unit), entries, [], unit);
    }

    /// <summary>Writes what is known only after the last file: which modules mean which of several types of one name.</summary>
    public void Finish()
    {
        DrainTables();
        foreach (int type in _tables.Types.Ambiguous())
        {
            if (!_unitsOfType.TryGetValue(type, out List<int>? units)) { continue; }
            units.Sort();
            sink.AddTypeUnits(type, units.ToArray());
        }
    }

    private ModuleInfo IndexKernel(
        string path, ReadOnlyMemory<byte> btf, ElfFile file, ElfSymbol[] elfSymbols, ReadOnlyMemory<byte> names, Action? typesAreThere = null)
    {
        int module = Interlocked.Increment(ref _nextModule) - 1, unit = Interlocked.Increment(ref _nextUnit) - 1;
        BtfFile parsed = BtfFile.Parse(file.Name, BtfSection, btf);
        // Modules need only the types; the symbols are read beside them.
        Task<ModuleSymbols> reading = Task.Run(() => ModuleSymbols.Read(file, elfSymbols, _tables.Names, Allocate, names));
        BtfTypes types = OpenKernel(parsed, module);
        NoteDefinitions(parsed, types, unit);
        typesAreThere?.Invoke();
        ModuleSymbols symbols = reading.GetAwaiter().GetResult();
        List<EntryRow> entries = new BtfFunctions(_tables, parsed, types, symbols, new ArgumentPassing(parsed, parsed, null, file.Machine), module, unit).Add();
        var row = new ModuleRow(module, Vmlinux, file.BuildId(), path, symbols.Sections, symbols.Rows, unit);
        return Write(row, entries, Variables(parsed, types, file, symbols, unit), unit);
    }

    private BtfTypes OpenKernel(BtfFile file, int module)
    {
        if (_kernelFile is not null) { throw new InputFaultException("two kernels' BTF at once: give one vmlinux, and modules of it"); }
        _kernelFile = file;
        _kernelNames = new Lazy<BtfNames>(() => new BtfNames(file));
        return _kernelTypes = BtfTypes.OfKernel(_tables, file, module);
    }

    private ModuleInfo Write(ModuleRow row, List<EntryRow> entries, List<VariableRow> variables, int unit)
    {
        lock (_sinking)
        {
            if (_tables.PendingCount > DrainAbove || row.Name == Vmlinux) { DrainTables(); }
            sink.AddModule(row);
            sink.AddModuleContent(new ModuleContent(row.Id, [new UnitRow(unit, 0)], [.. entries], [], [.. variables]));
            sink.CompleteModule(row.Id, "", 1);
        }

        return new ModuleInfo(row.Name, row.BuildId, row.Path, true, 1);
    }

    /// <summary>Per-CPU variables, which are all that vmlinux's BTF lists of most kernels.</summary>
    private List<VariableRow> Variables(BtfFile file, BtfTypes types, ElfFile elf, ModuleSymbols symbols, int unit)
    {
        var rows = new List<VariableRow>();
        for (int id = file.FirstId; id < file.EndId; id++)
        {
            BtfType section = file.Type(id);
            if (section.Kind != BtfKind.DataSection || elf.Find(file.NameText(section.NameOffset)) is not { IsAllocated: true } place) { continue; }
            for (int i = 0; i < section.Count; i++)
            {
                BtfSectionVariable variable = BtfFile.SectionVariable(section, i);
                BtfType named = file.Type(variable.Variable);
                if (named.Kind != BtfKind.Variable || variable.Offset >= (ulong)place.ByteSize) { continue; }
                (int number, ulong address) = symbols.Locate(place.Address + variable.Offset);
                if (number < 0) { continue; }
                rows.Add(new VariableRow(_tables.Names.Intern(file.Name(named.NameOffset)), types.Row(named.Target, byReference: false), unit, 0, 0, BtfFile.Linkage(named) != 0, number, address));
            }
        }

        return rows;
    }

    private void NoteDefinitions(BtfFile kernel, BtfTypes types, int unit)
    {
        for (int id = kernel.FirstId; id < kernel.EndId; id++)
        {
            BtfType type = kernel.Type(id);
            if (type.HasName && type.Kind is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64) { _unitsOfType.Add(types.Row(id, byReference: false), [unit]); }
        }
    }

    private void NoteDefinitions(BtfTypes types, int unit)
    {
        lock (_definitions)
        {
            foreach (int type in types.Definitions)
            {
                if (!_unitsOfType.TryGetValue(type, out List<int>? units)) { _unitsOfType.Add(type, units = []); }
                if (units.Count == 0 || units[^1] != unit) { units.Add(unit); }
            }
        }
    }

    private int Allocate(int count) => Interlocked.Add(ref _nextSymbol, count) - count;

    private void DrainTables()
    {
        _tables.Names.Drain(sink);
        _tables.Files.Drain(sink);
        _tables.Types.Drain(sink);
        _tables.Functions.Drain(sink);
    }

    private static ReadOnlyMemory<byte> BtfOf(ElfFile file)
        => file.Find(BtfSection) is { HasBytes: true } section
            ? file.Content(section)
            : throw new InputFaultException($"{file.Name}: no BTF (built without CONFIG_DEBUG_INFO_BTF, or stripped of it): needs debuginfo");

    private static InputFaultException NoKernel(string path)
        => new($"{path}: no debug information (DWARF), and a module's BTF says nothing without vmlinux's, from which it is split: give that too");
}
