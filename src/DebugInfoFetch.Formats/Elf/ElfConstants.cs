namespace DebugInfoFetch.Formats.Elf;

/// <summary>e_type (gABI, "ELF Header").</summary>
public enum ElfType : ushort { None = 0, Relocatable = 1, Executable = 2, SharedObject = 3, Core = 4 }

/// <summary>e_machine of the architectures whose kernels are understood.</summary>
public enum ElfMachine : ushort { None = 0, I386 = 3, PowerPc64 = 21, S390 = 22, Arm = 40, X86_64 = 62, AArch64 = 183, RiscV = 243 }

/// <summary>sh_type (gABI, "Sections").</summary>
public enum SectionType : uint { Null = 0, ProgramBits = 1, SymbolTable = 2, StringTable = 3, Rela = 4, Note = 7, NoBits = 8, Rel = 9 }

/// <summary>sh_flags.</summary>
[Flags]
public enum SectionFlags : ulong { None = 0, Write = 1, Alloc = 2, Executable = 4, Compressed = 0x800 }

/// <summary>The low four bits of st_info.</summary>
public enum SymbolType : byte { None = 0, Object = 1, Function = 2, Section = 3, File = 4, Common = 5, Tls = 6, IndirectFunction = 10 }

/// <summary>The high four bits of st_info.</summary>
public enum SymbolBinding : byte { Local = 0, Global = 1, Weak = 2, Unique = 10 }

/// <summary>Values of st_shndx that name no section.</summary>
public static class SectionIndex
{
    public const int Undefined = 0;
    public const int ReservedLow = 0xff00;
    public const int Absolute = 0xfff1;
    public const int Common = 0xfff2;
    public const int Extended = 0xffff;
}
