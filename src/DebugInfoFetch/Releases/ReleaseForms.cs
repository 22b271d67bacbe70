using System.Buffers;
using System.Text.RegularExpressions;

namespace DebugInfoFetch.Releases;

/// <summary>
/// The shapes of release strings, one production a family. A text has the first shape that fits, in the order RPM, Debian, others.
/// </summary>
internal static partial class ReleaseForms
{
    internal static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-");

    /// <summary>
    /// kernel.spec: <c>KernelVer = %{specversion}-%{release}.%{_target_cpu}[+Variant]</c>; before Fedora's spec of 2012 and in RHEL 7, <c>.debug</c>
    /// and <c>.PAE</c> instead of the plus.
    /// </summary>
    [GeneratedRegex(
        """
        ^(?<version>\d+\.\d+\.\d+)
        -(?<release>[0-9][0-9A-Za-z._~]*?\.(?<tag>fc\d+|eln\d*|el\d+(_\d+)?(uek|ueknext)?|amzn\d+)(\.[0-9A-Za-z_.]+?)??)
        (\.(?<arch>x86_64(_v2)?|aarch64|ppc64le|s390x|riscv64|loongarch64|i[3-6]86|armv7hl))?
        (\+(?<variant>[a-z0-9]+(-[a-z0-9]+)*)|\.(?<variant>debug|PAE|PAEdebug))?$
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex RpmForm();

    /// <summary>Debian's flavours end the string, and name the architecture (debian/config/*/defines.toml of its kernel).</summary>
    [GeneratedRegex(
        """
        ^((?<version>\d+\.\d+[0-9A-Za-z.+~-]*?)-)?
        (?<flavour>((?<set>cloud|rt)-)?(?<arch>amd64|arm64(-16k)?|686(-pae)?|armmp(-lpae)?|rpi|marvell|powerpc64le(-64k)?|s390x|riscv64|loong64))$
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex DebianForm();

    [GeneratedRegex(@"^\d+\.\d+$", RegexOptions.CultureInvariant)]
    private static partial Regex TwoNumbers();

    [GeneratedRegex(@"^\d+\.\d+(\.\d+)?[.-](arch\d+-\d+|\d+-lts|zen\d+-\d+-zen|hardened\d+-\d+-hardened|rt[\d.]*-arch\d+-\d+)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex ArchForm();

    /// <summary>The package's Release without its last component, a rebuild counter (kernel-binary.spec: LOCALVERSION = -%source_rel-%build_flavor).</summary>
    [GeneratedRegex(@"^(?<version>\d+\.\d+\.\d+)-(?<release>[0-9A-Za-z_.]+)-(?<flavour>default|azure|rt|kvmsmall|64kb|pae|debug|vanilla|preempt|longterm)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex SuseForm();

    [GeneratedRegex(
        """
        ^(?<version>\d+\.\d+\.\d+-\d+)-
        (?<flavour>(generic|lowlatency|aws|azure|gcp|gke|gkeop|ibm|intel|iot|kvm|laptop|nvidia|oem|oracle|raspi|raspi2|realtime|riscv|starfive|virtual|xilinx)
        (-[a-z0-9]+)*)$
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex UbuntuForm();

    [GeneratedRegex(@"^\d+\.\d+", RegexOptions.CultureInvariant)]
    private static partial Regex AnyKernel();

    internal static KernelRelease? Rpm(string text, string? wanted)
    {
        Match match = RpmForm().Match(text);
        if (!match.Success)
        {
            return null;
        }

        string tag = match.Groups["tag"].Value;
        string named = match.Groups["arch"].Value;
        string architecture = named.Length > 0 ? MachineArchitecture.Canonical(named)! : wanted ?? MachineArchitecture.Current;
        string variant = match.Groups["variant"].Value;
        string version = match.Groups["version"].Value;
        string release = match.Groups["release"].Value;
        string suffix = variant.Length == 0 ? "" : text[^(variant.Length + 1)] + variant;
        return new KernelRelease
        {
            // The architecture as it was written: uname -r has rpm's name of it.
            UnameText = $"{version}-{release}.{(named.Length > 0 ? named : MachineArchitecture.RpmName(architecture))}{suffix}",
            Distribution = DistributionOf(tag),
            Version = version,
            PackageRelease = release,
            Architecture = architecture,
            Variant = variant,
            DistributionTag = tag,
        };
    }

    private static Distribution DistributionOf(string tag) => tag switch
    {
        _ when tag.StartsWith("fc", StringComparison.Ordinal) || tag.StartsWith("eln", StringComparison.Ordinal) => Distribution.Fedora,
        _ when tag.StartsWith("amzn", StringComparison.Ordinal) => Distribution.Amazon,
        _ when tag.Contains("uek", StringComparison.Ordinal) => Distribution.Oracle,
        // EL 7 and older never had a minor number in the tag; from 8 on, none means the Stream.
        "el5" or "el6" or "el7" => Distribution.RhelLike,
        _ => tag.Contains('_', StringComparison.Ordinal) ? Distribution.RhelLike : Distribution.CentOS,
    };

    internal static KernelRelease? Debian(string text)
    {
        Match match = DebianForm().Match(text);
        if (!match.Success)
        {
            return null;
        }

        string version = match.Groups["version"].Value;
        return new KernelRelease
        {
            UnameText = text,
            Distribution = Distribution.Debian,
            Version = version,
            Architecture = match.Groups["arch"].Value switch
            {
                "amd64" => "x86_64",
                "arm64" or "arm64-16k" => "aarch64",
                "686" or "686-pae" => "i686",
                "armmp" or "armmp-lpae" => "armv7l",
                "rpi" or "marvell" => "armv6l",
                "powerpc64le" or "powerpc64le-64k" => "ppc64le",
                "loong64" => "loongarch64",
                var same => same,
            },
            Variant = match.Groups["set"].Value,
            MayBeMeta = version.Length == 0 || TwoNumbers().IsMatch(version),
        };
    }

    internal static KernelRelease? Other(string text, string? wanted)
    {
        if (!AnyKernel().IsMatch(text))
        {
            return null;
        }

        (Distribution distribution, Match match) = text switch
        {
            _ when ArchForm().Match(text) is { Success: true } m => (Distribution.Arch, m),
            // Ubuntu and SUSE both have "azure"; Ubuntu's build number has no dot.
            _ when UbuntuForm().Match(text) is { Success: true } m => (Distribution.Ubuntu, m),
            _ when SuseForm().Match(text) is { Success: true } m => (Distribution.OpenSuse, m),
            _ => (Distribution.Unknown, Match.Empty),
        };
        string variant = match.Groups["flavour"].Value;
        return new KernelRelease
        {
            UnameText = text,
            Distribution = distribution,
            Version = match.Groups["version"] is { Success: true } version ? version.Value : text,
            PackageRelease = match.Groups["release"].Value,
            Architecture = wanted ?? MachineArchitecture.Current,
            Variant = variant == "default" ? "" : variant,
        };
    }
}
