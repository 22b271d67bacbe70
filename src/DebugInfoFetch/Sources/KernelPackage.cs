namespace DebugInfoFetch.Sources;

/// <summary>Which of the packages that a kernel is split into.</summary>
public enum KernelPackage
{
    /// <summary>vmlinux and modules with DWARF: what everything is answered from.</summary>
    DebugInfo,
    /// <summary>The bootable image, with its symbols and BTF; in some distributions with all modules too.</summary>
    Image,
    /// <summary>The stripped modules, where they are a package of their own.</summary>
    Modules,
}
