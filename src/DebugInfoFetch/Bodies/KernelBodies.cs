using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Bodies;

/// <summary>The inside of functions.</summary>
public interface IBodies
{
    /// <summary>The body of the function that has code at a place; null when the debug information has none there.</summary>
    /// <param name="module">As <see cref="IKernelModel.Modules"/> names it.</param>
    /// <param name="address">vmlinux: the link-time address; a module: bytes from the section's start.</param>
    /// <exception cref="ModuleFileException">The debug file is not to be had.</exception>
    FunctionBody? At(string module, string section, ulong address);
}

/// <summary>Bodies read from the files that a kernel was indexed from, a unit at a time.</summary>
public sealed class KernelBodies(IKernelModel model, ModuleFiles files) : IBodies
{
    private readonly Dictionary<string, ModuleDwarf> _modules = new(StringComparer.Ordinal);

    public FunctionBody? At(string module, string section, ulong address)
    {
        ModuleDwarf dwarf = Dwarf(module);
        return BodyReader.Read(dwarf, model, dwarf.AddressOf(section, address));
    }

    private ModuleDwarf Dwarf(string module)
    {
        if (!_modules.TryGetValue(module, out ModuleDwarf? dwarf)) { _modules.Add(module, dwarf = new ModuleDwarf(files.Open(module).Elf)); }
        return dwarf;
    }
}
