using System.Runtime.InteropServices;

namespace DebugInfoFetch.Releases;

/// <summary>Architectures by the names that <c>uname -m</c> prints, and what others call them.</summary>
public static class MachineArchitecture
{
    /// <summary>Other names that people and packages use, with the name that <c>uname -m</c> prints.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["x86-64"] = "x86_64", ["x86_64_v2"] = "x86_64", ["amd64"] = "x86_64", ["x64"] = "x86_64",
        ["arm64"] = "aarch64",
        ["ppc64el"] = "ppc64le", ["powerpc64le"] = "ppc64le",
        ["i386"] = "i686", ["i486"] = "i686", ["i586"] = "i686", ["x86"] = "i686",
        ["armhf"] = "armv7l", ["armv7hl"] = "armv7l",
        ["loong64"] = "loongarch64",
    };

    private static readonly HashSet<string> Known =
        ["x86_64", "aarch64", "s390x", "ppc64le", "riscv64", "i686", "armv7l", "armv6l", "loongarch64"];

    /// <summary>The machine that this program runs on.</summary>
    public static string Current => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.Arm64 => "aarch64",
        Architecture.S390x => "s390x",
        Architecture.Ppc64le => "ppc64le",
        Architecture.RiscV64 => "riscv64",
        Architecture.X86 => "i686",
        Architecture.Arm => "armv7l",
        Architecture.Armv6 => "armv6l",
        Architecture.LoongArch64 => "loongarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>The <c>uname -m</c> name of <paramref name="name"/>, which may be a distribution's name (<c>amd64</c>); null when unknown.</summary>
    public static string? Canonical(string name)
    {
        string lower = name.ToLowerInvariant();
        return Aliases.TryGetValue(lower, out string? canonical) ? canonical : Known.Contains(lower) ? lower : null;
    }

    /// <summary>Names that <see cref="Canonical"/> takes as they are, for a message.</summary>
    public static string KnownNames => string.Join(", ", Known.Order(StringComparer.Ordinal));

    /// <summary>dpkg's name of an architecture, as in <c>apt</c> and in a deb's file name.</summary>
    public static string DebianName(string architecture) => architecture switch
    {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "ppc64le" => "ppc64el",
        "i686" => "i386",
        "armv7l" => "armhf",
        "armv6l" => "armel",
        "loongarch64" => "loong64",
        _ => architecture,
    };

    /// <summary>rpm's name of an architecture, as in a package's file name.</summary>
    public static string RpmName(string architecture) => architecture == "armv7l" ? "armv7hl" : architecture;
}
