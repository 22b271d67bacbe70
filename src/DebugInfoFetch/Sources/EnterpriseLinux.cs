using System.Globalization;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>What RHEL and all that is built from it have in common.</summary>
internal static class EnterpriseLinux
{
    /// <summary>The newest major version; a listing without a release to go by asks it and the one before.</summary>
    public const int Newest = 10;

    /// <summary>9 of <c>el9_6</c>, <c>el9uek</c>, <c>el9</c>; 0 where there is none.</summary>
    public static int MajorOf(KernelRelease release) => Numbers(release).Major;

    /// <summary>6 of <c>el9_6</c>; null where the tag has none: the first build of a minor release, or CentOS's.</summary>
    public static int? MinorOf(KernelRelease release) => Numbers(release).Minor;

    /// <summary>The repositories that have such a kernel: real-time ones lie apart.</summary>
    public static IReadOnlyList<string> RepositoriesOf(KernelRelease release)
        => release.Variant.StartsWith("rt", StringComparison.Ordinal) || release.PackageRelease.Contains(".rt", StringComparison.Ordinal) ? ["RT", "NFV"] : ["BaseOS"];

    /// <summary>The major versions that a listing asks.</summary>
    public static IReadOnlyList<int> MajorsOf(ListQuery query) => query.Like is { } like ? [MajorOf(like)] : [Newest, Newest - 1, Newest - 2];

    public static bool IsRhelOrRebuild(KernelRelease release, Distribution rebuild)
        => release.Distribution == rebuild || release.Distribution is Distribution.RhelLike
            // 4.18.0-348.el8 is CentOS's, and RHEL's first build of 8.5, hence the rebuilds' too.
            || (release.Distribution == Distribution.CentOS && MajorOf(release) == 8);

    private static (int Major, int? Minor) Numbers(KernelRelease release)
    {
        string tag = release.DistributionTag;
        if (!tag.StartsWith("el", StringComparison.Ordinal)) { return (0, null); }
        string[] parts = tag[2..].Split('_', 2);
        string major = new([.. parts[0].TakeWhile(char.IsAsciiDigit)]);
        return (int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0,
            parts.Length > 1 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor) ? minor : null);
    }
}
