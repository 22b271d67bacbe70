using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>The inside of functions. Places are as the cache keeps them: vmlinux: link-time addresses; modules: bytes from the section's start.</summary>
public interface IBodies
{
    /// <summary>Whether a module's debug file is on this machine: asking about its functions fetches nothing.</summary>
    bool IsAtHand(string module);

    /// <summary>The body of the function that has code at a place; null when the debug information has none there.</summary>
    /// <param name="module">As <see cref="IKernelModel.Modules"/> names it.</param>
    /// <exception cref="ModuleFileException">The debug file is not to be had.</exception>
    FunctionBody? At(string module, string section, ulong address);

    /// <summary>What instruction stands at a place, and whether the kernel rewrites it.</summary>
    /// <param name="symbol">Where the symbol starts that the place is in.</param>
    CodePlace CodeAt(string module, string section, ulong symbol, ulong address);

    /// <summary>Calls of a function from its module, or from vmlinux, that name it: those through a pointer are not known.</summary>
    /// <param name="address">The function's first instruction.</param>
    IReadOnlyList<FoundCall> CallsOf(string module, string section, ulong address);

    /// <summary>Every row of the line tables of units whose source file is that one, with the places of their code.</summary>
    /// <param name="file">Relative to the source tree's root, in full.</param>
    IReadOnlyList<FileStatement> StatementsOf(string module, string file);

    /// <summary>A line of files that others include: every file with code that the tail of a path means.</summary>
    IReadOnlyList<LineInUnits> LineInUnits(string module, string tail, int line);
}

/// <summary>A line of an included file, with its code in all units of a module.</summary>
/// <param name="File">Relative to the source tree's root, in full.</param>
/// <param name="Lines">All lines of the file that have code.</param>
/// <param name="Statements">Of the line, by address.</param>
public sealed record LineInUnits(string File, IReadOnlySet<int> Lines, IReadOnlyList<FileStatement> Statements);

/// <summary>A call of a function.</summary>
/// <param name="Address">Of the instruction; null when it is not known how long that is.</param>
/// <param name="ReturnAddress">The first byte behind it.</param>
/// <param name="ReturnPc">The same as an address of a <see cref="FunctionBody"/>.</param>
/// <param name="IsJump">A tail call: it pushes no return address.</param>
/// <param name="LeadsThere">The instruction itself leads to the function's first; else only the debug information names a function of the source.</param>
public sealed record FoundCall(string Section, ulong? Address, ulong ReturnAddress, ulong ReturnPc, bool IsJump, bool LeadsThere);

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

    public bool IsAtHand(string module) => files.IsAtHand(module);

    public FunctionBody? At(string module, string section, ulong address)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        ulong pc = dwarf.AddressOf(section, address);
        if (BodyReader.Read(dwarf, model, pc) is { } body) { return body; }
        // gcc counts an arm64 function's DIE from behind the NOPs that ftrace patches.
        const uint nop = 0xd503201f;
        if (dwarf.Elf.Machine != Formats.Elf.ElfMachine.AArch64) { return null; }
        ulong behind = pc;
        while (behind - pc < 8 && InstructionMap.WordAt(dwarf.Elf, behind) == nop) { behind += 4; }
        return behind > pc ? BodyReader.Read(dwarf, model, behind) : null;
    }

    public CodePlace CodeAt(string module, string section, ulong symbol, ulong address)
    {
        (ModuleDwarf dwarf, PatchedCode patched) = Open(module);
        ulong pc = dwarf.AddressOf(section, address), shift = pc - address;
        InstructionPlace at = InstructionMap.At(dwarf.Elf, symbol + shift, pc);
        var place = new CodePlace(at.IsBoundary, at.Before - shift, at.After - shift, null, 0);
        if (patched.At(pc) is { } patch) { return place with { Patch = patch.Kind, PatchStart = patch.Start - shift }; }
        return place.IsBoundary != false && InstructionMap.WhyNot(dwarf.Elf, pc) is { } why ? place with { Patch = why, PatchStart = address } : place;
    }

    public IReadOnlyList<FoundCall> CallsOf(string module, string section, ulong address)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        ulong entry = dwarf.AddressOf(section, address);
        return dwarf.Elf.SectionAt(entry) is { HasBytes: true }
            ? [.. DirectCalls.Of(dwarf.Elf, dwarf.Symbols, entry).Select(c => Found(dwarf, c.End, c.End - c.Address, c.IsJump, true))]
            // Without code only instructions of fixed width tell where the one before the return address begins.
            : [.. BodyReader.ReturnsOf(dwarf, model, entry).Select(pc => Found(dwarf, pc, (ulong)InstructionMap.FixedWidth(dwarf.Elf.Machine), false, false))];
    }

    private static FoundCall Found(ModuleDwarf dwarf, ulong returnPc, ulong length, bool isJump, bool leadsThere)
    {
        // What ends its function returns to another's first byte, or to none.
        (string section, ulong last) = dwarf.PlaceOf(returnPc - 1);
        return new FoundCall(section, length > 0 ? last + 1 - length : null, last + 1, returnPc, isJump, leadsThere);
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

    public IReadOnlyList<LineInUnits> LineInUnits(string module, string tail, int line)
    {
        ModuleDwarf dwarf = Open(module).Dwarf;
        return [.. dwarf.LinesOf(tail, line).Select(f => new LineInUnits(f.File, f.Lines, [.. f.Addresses.Select(At).Where(s => s.Section.Length > 0)]))];

        FileStatement At(ulong pc) => dwarf.PlaceOf(pc) is var (section, address) ? new FileStatement(section, address, pc, line, true) : default;
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
