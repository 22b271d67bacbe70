using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>The inside of functions. Places are as the cache keeps them: vmlinux: link-time addresses; modules: bytes from the section's start.</summary>
public interface IBodies
{
    /// <summary>The body of the function that has code at a place; null when the debug information has none there.</summary>
    /// <param name="module">As <see cref="IKernelModel.Modules"/> names it.</param>
    /// <exception cref="ModuleFileException">The debug file is not to be had.</exception>
    FunctionBody? At(string module, string section, ulong address);

    /// <summary>What instruction stands at a place, and whether the kernel rewrites it.</summary>
    /// <param name="symbol">Where the symbol starts that the place is in.</param>
    CodePlace CodeAt(string module, string section, ulong symbol, ulong address);

    /// <summary>The call instruction that ends at a return address; null when the file cannot tell.</summary>
    /// <param name="symbol">Where the symbol starts that the call is in.</param>
    CallInstruction? CallBefore(string module, string section, ulong symbol, ulong returnAddress);

    /// <summary>Calls of a function from its own unit: all there are of what is local to a file.</summary>
    /// <param name="address">The function's first instruction.</param>
    IReadOnlyList<(FunctionBody Caller, CallSite Call)> CallsOf(string module, string section, ulong address);

    /// <summary>Every row of the line tables of units whose source file is that one, with the places of their code.</summary>
    /// <param name="file">Relative to the source tree's root, in full.</param>
    IReadOnlyList<FileStatement> StatementsOf(string module, string file);
}

/// <param name="Address">Of the call instruction, in the caller's section.</param>
/// <param name="Target">What it calls, in <paramref name="TargetSection"/>; null for a call through a pointer.</param>
public sealed record CallInstruction(ulong Address, string TargetSection, ulong? Target);

/// <param name="IsBoundary">Whether an instruction begins there; null when the file has no code to tell.</param>
/// <param name="Before">Where the instruction begins that the place is inside of.</param>
/// <param name="After">Where the next one begins.</param>
/// <param name="Patch">What the kernel rewrites there, or an int3; null for plain code.</param>
/// <param name="PatchStart">Where that begins.</param>
public sealed record CodePlace(bool? IsBoundary, ulong Before, ulong After, PatchKind? Patch, ulong PatchStart);

/// <summary>A row of the line table with the place of its code.</summary>
/// <param name="Pc">The same place as an address of a <see cref="FunctionBody"/>.</param>
public readonly record struct FileStatement(string Section, ulong Address, ulong Pc, int Line, bool IsStatement);

/// <summary>Bodies read from the files that a kernel was indexed from, a unit at a time.</summary>
public sealed class KernelBodies(IKernelModel model, ModuleFiles files) : IBodies
{
    private readonly Dictionary<string, (ModuleDwarf Dwarf, PatchedCode Patched)> _modules = new(StringComparer.Ordinal);

    public FunctionBody? At(string module, string section, ulong address)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        return BodyReader.Read(dwarf, model, dwarf.AddressOf(section, address));
    }

    public CodePlace CodeAt(string module, string section, ulong symbol, ulong address)
    {
        (ModuleDwarf dwarf, PatchedCode patched) = Open(module);
        ulong pc = dwarf.AddressOf(section, address), shift = pc - address;
        InstructionPlace at = InstructionMap.At(dwarf.Elf, symbol + shift, pc);
        var place = new CodePlace(at.IsBoundary, at.Before - shift, at.After - shift, null, 0);
        if (patched.At(pc) is { } patch) { return place with { Patch = patch.Kind, PatchStart = patch.Start - shift }; }
        return InstructionMap.IsBreakpoint(dwarf.Elf, pc) ? place with { Patch = PatchKind.Breakpoint, PatchStart = address } : place;
    }

    public CallInstruction? CallBefore(string module, string section, ulong symbol, ulong returnAddress)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        ulong end = dwarf.AddressOf(section, returnAddress), shift = end - returnAddress;
        if (InstructionMap.Ending(dwarf.Elf, symbol + shift, end) is not { } call) { return null; }
        ulong? target = InstructionMap.CallTarget(dwarf.Elf, dwarf.Symbols, call, end);
        return target is { } at && dwarf.PlaceOf(at) is { Section.Length: > 0 } place
            ? new CallInstruction(call - shift, place.Section, place.Address)
            : new CallInstruction(call - shift, "", null);
    }

    public IReadOnlyList<(FunctionBody Caller, CallSite Call)> CallsOf(string module, string section, ulong address)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        return BodyReader.ReadCallers(dwarf, model, dwarf.AddressOf(section, address));
    }

    public IReadOnlyList<FileStatement> StatementsOf(string module, string file)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        List<FileStatement> found = [];
        foreach (UnitTree tree in dwarf.UnitsOf(file))
        {
            var isFile = new Dictionary<int, bool>();
            foreach (Formats.Dwarf.LineRow row in tree.Rows)
            {
                if (!isFile.TryGetValue(row.File, out bool matches)) { isFile.Add(row.File, matches = tree.FileName(row.File) == file); }
                if (row.EndsSequence || !matches) { continue; }
                (string section, ulong address) = dwarf.PlaceOf(row.Address);
                if (section.Length > 0) { found.Add(new FileStatement(section, address, row.Address, row.Line, row.IsStatement)); }
            }
        }

        return found;
    }

    private (ModuleDwarf Dwarf, PatchedCode Patched) Open(string module)
    {
        if (_modules.TryGetValue(module, out var open)) { return open; }
        var dwarf = new ModuleDwarf(files.Open(module).Elf);
        var patched = new PatchedCode(dwarf.Elf, dwarf.Symbols, name => model.Symbols(name).FirstOrDefault(s => s.Module == module)?.Address);
        _modules.Add(module, (dwarf, patched));
        return (dwarf, patched);
    }
}
