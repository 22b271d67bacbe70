using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch;

/// <summary>Builds that share a release string share a place in the cache: whose it is that lies there.</summary>
public static class CachedBuild
{
    /// <summary>What is cached under the release is another distribution's build, or another build ID's, than the one asked for.</summary>
    public static bool IsOther(KernelInfo cached, KernelRelease asked)
    {
        if (asked.BuildId.Length > 0 && cached.BuildId != asked.BuildId && !OracleSource.BuildIdsDiffer(asked)) { return true; }
        return IsOneOfSeveral(asked) && DistributionNames.FromName(cached.Distribution) is { } other && other != asked.Distribution;
    }

    /// <summary>The build is told apart from others of its name: by its ID, or by a distribution that nobody reads from a release.</summary>
    public static bool IsOneOfSeveral(KernelRelease asked)
        => asked.BuildId.Length > 0 || asked.Distribution is Distribution.Alma or Distribution.Rocky or Distribution.Rhel or Distribution.Oracle;

    /// <summary>Where the release leaves the distribution open, it is that of what is cached: more of a kernel is more of that build.</summary>
    public static KernelRelease LikeCached(KernelInfo cached, KernelRelease asked)
        => asked.Distribution is Distribution.RhelLike or Distribution.CentOS && asked.BuildId.Length == 0
            && DistributionNames.FromName(cached.Distribution) is { } held and (Distribution.CentOS or Distribution.Alma or Distribution.Rocky or Distribution.Rhel or Distribution.Oracle)
            ? asked with { Distribution = held }
            : asked;
}
