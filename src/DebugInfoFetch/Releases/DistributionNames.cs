namespace DebugInfoFetch.Releases;

/// <summary>Distributions by the names that people type and read.</summary>
public static class DistributionNames
{
    /// <summary>Other names that people use, as /etc/os-release's ID and package archives have them.</summary>
    private static readonly Dictionary<string, Distribution> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["eln"] = Distribution.Fedora,
        ["centos-stream"] = Distribution.CentOS,
        ["almalinux"] = Distribution.Alma,
        ["rockylinux"] = Distribution.Rocky,
        ["redhat"] = Distribution.Rhel,
        ["ol"] = Distribution.Oracle, ["oraclelinux"] = Distribution.Oracle,
        ["amzn"] = Distribution.Amazon, ["amazonlinux"] = Distribution.Amazon,
        ["suse"] = Distribution.OpenSuse, ["sles"] = Distribution.OpenSuse, ["sle"] = Distribution.OpenSuse,
        ["opensuse-leap"] = Distribution.OpenSuse, ["opensuse-tumbleweed"] = Distribution.OpenSuse,
        ["archlinux"] = Distribution.Arch,
    };

    /// <summary>What <c>--distro</c> offers: one key a distribution, in lower case.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        [.. Enum.GetValues<Distribution>().Where(d => d is not (Distribution.Unknown or Distribution.RhelLike)).Select(KeyOf)];

    public static string KeyOf(Distribution distribution) => distribution.ToString().ToLowerInvariant();

    /// <summary>Null when nobody has that name.</summary>
    public static Distribution? FromName(string name)
        => Aliases.TryGetValue(name, out Distribution known) ? known
            : Keys.Contains(name.ToLowerInvariant()) ? Enum.Parse<Distribution>(name, ignoreCase: true) : null;

    /// <summary>As the distribution writes its name.</summary>
    public static string Display(Distribution distribution) => distribution switch
    {
        Distribution.Unknown => "no known distribution",
        Distribution.RhelLike => "RHEL or a rebuild of it",
        Distribution.Rhel => "RHEL",
        Distribution.Alma => "AlmaLinux",
        Distribution.Rocky => "Rocky Linux",
        Distribution.Oracle => "Oracle Linux",
        Distribution.Amazon => "Amazon Linux",
        Distribution.OpenSuse => "openSUSE",
        Distribution.Arch => "Arch Linux",
        _ => distribution.ToString(),
    };
}
