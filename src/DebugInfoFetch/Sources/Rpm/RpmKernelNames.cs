using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>Names of the packages that kernel.spec makes: <c>kernel[-VARIANT]-debuginfo</c>, <c>-core</c>, <c>-modules-core</c>.</summary>
public static class RpmKernelNames
{
    /// <summary>The source package: real-time kernels of EL 8 and early EL 9 have one of their own (<c>5.14.0-100.rt14.100.el9</c>).</summary>
    public static string SourceOf(KernelRelease release) => release.PackageRelease.Contains(".rt", StringComparison.Ordinal) ? "kernel-rt" : "kernel";

    /// <param name="stem">The name that all packages of the build begin with; null for the source package's.</param>
    public static string PackageOf(KernelRelease release, KernelPackage package, string? stem = null)
    {
        string variant = release.Variant.Length > 0 ? "-" + release.Variant : "";
        string kind = package switch
        {
            KernelPackage.DebugInfo => "-debuginfo",
            // Until EL 7 one package held image and modules.
            KernelPackage.Image => release.DistributionTag is "el7" or "el6" ? "" : "-core",
            _ => "-modules-core",
        };
        return $"{stem ?? SourceOf(release)}{variant}{kind}";
    }

    public static string FileOf(KernelRelease release, KernelPackage package, string? stem = null)
        => $"{PackageOf(release, package, stem)}-{release.Version}-{release.PackageRelease}.{ArchitectureOf(release)}.rpm";

    /// <summary>rpm's name of the architecture; AlmaLinux also builds for x86_64_v2, and says so in the release.</summary>
    public static string ArchitectureOf(KernelRelease release)
        => release.UnameText.Contains(".x86_64_v2", StringComparison.Ordinal) ? "x86_64_v2" : MachineArchitecture.RpmName(release.Architecture);

    /// <summary>What <c>uname -r</c> prints for the debug package of such a name and version; null when it is another package.</summary>
    public static string? ReleaseOf(string package, string version, string packageRelease, string architecture)
    {
        const string kind = "-debuginfo";
        if (!package.StartsWith("kernel", StringComparison.Ordinal) || !package.EndsWith(kind, StringComparison.Ordinal)) { return null; }
        string variant = package["kernel".Length..^kind.Length];
        foreach (string stem in (ReadOnlySpan<string>)["-uek", "-ueknext", "-rt"])
        {
            // -rt is a source package of its own, or a variant: the release has rt in it only in the first case.
            if ((variant == stem || variant.StartsWith(stem + "-", StringComparison.Ordinal))
                && packageRelease.Contains(stem == "-rt" ? ".rt" : stem[1..], StringComparison.Ordinal))
            {
                variant = variant[stem.Length..];
                break;
            }
        }

        // Amazon's kernel6.12-debuginfo has the stream's number in the package's name only.
        if (variant.Length > 0 && char.IsAsciiDigit(variant[0]))
        {
            int end = variant.IndexOf('-', StringComparison.Ordinal);
            variant = end < 0 ? "" : variant[end..];
        }

        if (variant.Length > 0 && variant[0] != '-' || variant is "-common" or "-tools") { return null; }
        string uname = $"{version}-{packageRelease}.{architecture}" + (variant.Length > 0 ? "+" + variant[1..] : "");
        return KernelRelease.TryParse(uname, null, out KernelRelease? release, out _) && release!.DistributionTag.Length > 0 ? release.UnameText : null;
    }
}
