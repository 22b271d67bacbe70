using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Bodies;

/// <summary>The ELF file of vmlinux or a module, mapped until it is disposed of.</summary>
public sealed class ModuleFile : IDisposable
{
    private readonly MemberContent _content;

    private ModuleFile(ModuleInfo module, string path, MemberContent content, ElfFile elf)
    {
        Module = module;
        Path = path;
        _content = content;
        Elf = elf;
    }

    public ModuleInfo Module { get; }
    /// <summary>The file on this machine.</summary>
    public string Path { get; }
    /// <summary>Its memory is private to this: relocations are applied in place.</summary>
    public ElfFile Elf { get; }

    /// <exception cref="Formats.Binary.InputFaultException">No ELF file.</exception>
    public static ModuleFile Map(ModuleInfo module, string path)
    {
        MemberContent content = MemberContent.MapFile(path);
        try
        {
            return new ModuleFile(module, path, content, ElfFile.Parse(path, content.Memory));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    public void Dispose() => _content.Dispose();
}
