using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Index.Model;

/// <summary>Which kernel a cache describes, and where the cache's content came from.</summary>
public sealed record KernelInfo
{
    /// <summary>What <c>uname -r</c> prints on it.</summary>
    public required string Release { get; init; }
    /// <summary>Machine as <c>uname -m</c> prints it: <c>x86_64</c>, <c>aarch64</c>, <c>s390x</c>, <c>ppc64le</c>, <c>riscv64</c>.</summary>
    public required string Architecture { get; init; }
    /// <summary><c>fedora</c>, <c>debian</c>, …; <c>local</c> for <c>--elf</c>.</summary>
    public required string Distribution { get; init; }
    /// <summary>GNU build ID of vmlinux in hex; empty when vmlinux is not indexed.</summary>
    public string BuildId { get; init; } = "";
    /// <summary>DW_AT_producer of vmlinux's first C unit, without its command line.</summary>
    public string Compiler { get; init; } = "";
    /// <summary>The kernel's version triple, from the release string.</summary>
    public Version KernelVersion => ParseVersion(Release);
    public IReadOnlyList<SourceInfo> Sources { get; init; } = [];
    /// <summary>All of them have a good signature.</summary>
    public bool IsSigned => Sources.Count > 0 && Sources.All(source => source.Signature == SignatureKind.Good);
    /// <summary>Every module of the package was asked for, not a selection.</summary>
    public bool IsComplete { get; init; }
    /// <summary>
    /// From BTF and symbols, without debug information: offsets and names hold, but there are no declarations and no inlined copies, and places of
    /// arguments follow the calling convention, of functions that no compiler changed.
    /// </summary>
    public bool IsFromBtf { get; init; }
    public string ToolVersion { get; init; } = "";
    public DateTimeOffset IndexedAt { get; init; }

    private static Version ParseVersion(string release)
    {
        int[] parts = [0, 0, 0];
        int part = 0;
        foreach (char c in release)
        {
            if (char.IsAsciiDigit(c)) { parts[part] = Math.Min((parts[part] * 10) + (c - '0'), 99_999); }
            else if (c == '.' && part < 2) { part++; }
            else { break; }
        }

        return new Version(parts[0], parts[1], parts[2]);
    }
}

/// <summary>A package or file that content of the cache came from.</summary>
/// <param name="Digest">As <c>sha256:hex</c>; empty when it was not computed.</param>
public sealed record SourceInfo(string Origin, long ByteSize, string Digest, string Verification)
{
    /// <summary><see cref="Verification"/> of a developer's own build: <see cref="Origin"/> is the ELF file itself.</summary>
    public const string OwnBuild = "a file of this machine";

    /// <summary>What is known of who signed it; null where nobody asked, as of a developer's own build.</summary>
    public SignatureKind? Signature { get; init; }
}

/// <summary>vmlinux or a module.</summary>
/// <param name="Name">As the kernel prints it (<c>nvme_core</c>, not <c>nvme-core</c>); <c>vmlinux</c> for the kernel itself.</param>
/// <param name="Path">Path inside the package, or of the file given by <c>--elf</c>.</param>
public sealed record ModuleInfo(string Name, string BuildId, string Path, bool IsIndexed, int UnitCount);
