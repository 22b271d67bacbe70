using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Index;

/// <summary>ELF files that a developer names, in the place of a package's members.</summary>
internal static class OwnBuild
{
    /// <exception cref="InputFaultException">It is not there, cannot be read, is empty or is too large.</exception>
    public static MemberContent Map(string file)
    {
        try { return MemberContent.MapFile(file); }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { throw new InputFaultException($"{file}: no such file", e); }
        catch (UnauthorizedAccessException e) { throw new InputFaultException($"{file}: cannot be read: permission denied, or a directory", e); }
    }

    /// <summary>The machine that a file is for, as <c>uname -m</c> prints it.</summary>
    public static string Architecture(ElfFile elf) => elf.Machine switch
    {
        ElfMachine.X86_64 => "x86_64",
        ElfMachine.AArch64 => "aarch64",
        ElfMachine.S390 => "s390x",
        ElfMachine.PowerPc64 => elf.IsBigEndian ? "ppc64" : "ppc64le",
        ElfMachine.RiscV => "riscv64",
        _ => $"ELF machine {(int)elf.Machine}",
    };
}
