namespace DebugInfoFetch.Cli;

/// <summary>What the program ends with. README.md documents the same table; a test compares the two.</summary>
public enum ExitCode
{
    /// <summary>Every question was answered.</summary>
    Success = 0,
    /// <summary>At least one answer is "no": a name that the kernel has not, an ambiguous name, a refused probe.</summary>
    Refused = 1,
    /// <summary>The command line is wrong.</summary>
    Usage = 2,
    /// <summary>No source has the kernel, or its package could not be downloaded; or the kernel is not in the cache.</summary>
    KernelUnavailable = 3,
    /// <summary>A package, an ELF file or a list is damaged or not what it should be.</summary>
    BadInput = 4,
    /// <summary>The disk is full, the cache cannot be read or written, or a library of the system is missing.</summary>
    System = 5,
    /// <summary><c>--require-signature</c>, and the package has no good one by a key of this machine.</summary>
    Untrusted = 6,
    /// <summary>A bug of dbgfetch.</summary>
    Bug = 70,
    /// <summary>Interrupted by Ctrl-C.</summary>
    Interrupted = 130,
    /// <summary>Whoever read the answers stopped reading (<c>| head</c>).</summary>
    BrokenPipe = 141,
}
