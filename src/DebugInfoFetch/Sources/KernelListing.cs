using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Debian;

namespace DebugInfoFetch.Sources;

/// <summary>Which builds a listing is asked for.</summary>
/// <param name="Glob">Over the release, <c>*</c> and <c>?</c>; without either, a beginning of it. Null for all.</param>
/// <param name="Architecture">As <c>uname -m</c> prints it.</param>
/// <param name="Like">Lets a source with many trees ask only the one of such a release; null for its newest.</param>
public sealed record ListQuery(string? Glob, string Architecture, KernelRelease? Like = null)
{
    private readonly Regex? _pattern = Glob is null ? null : new Regex(
        "^" + Regex.Escape(Glob).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)
        + (Glob.AsSpan().IndexOfAny('*', '?') < 0 ? "" : "$"),
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public bool Matches(string release) => _pattern?.IsMatch(release) ?? true;
}

/// <summary>A build whose debug package an archive offers.</summary>
/// <param name="PackageVersion">Where the release is not the package's version (Debian, Ubuntu, openSUSE); else empty.</param>
/// <param name="Published">Null when the archive does not tell.</param>
public sealed record OfferedKernel(string Release, Distribution Distribution, string Architecture, string PackageVersion, DateTimeOffset? Published, long? ByteSize);

/// <param name="Kernels">Newest first.</param>
/// <param name="Attempts">Every place that was asked, in order.</param>
/// <param name="Advice">What to do when the list is empty or short; a line each.</param>
public sealed record KernelListing(IReadOnlyList<OfferedKernel> Kernels, IReadOnlyList<LocateAttempt> Attempts, IReadOnlyList<string> Advice)
{
    /// <summary>Sorts by version, newest first; of builds that two repositories have, one is kept.</summary>
    public static KernelListing Of(IEnumerable<OfferedKernel> kernels, ListQuery query, IReadOnlyList<LocateAttempt> attempts, IReadOnlyList<string> advice)
    {
        List<OfferedKernel> kept = [.. kernels.Where(k => query.Matches(k.Release)).DistinctBy(k => (k.Release, k.PackageVersion))];
        kept.Sort((a, b) => Compare(b, a));
        return new KernelListing(kept, attempts, advice);
    }

    /// <summary>dpkg's order serves for all: rpm's differs from it only for characters that kernels' versions have not.</summary>
    private static int Compare(OfferedKernel a, OfferedKernel b)
    {
        int order = DebianVersion.Compare(a.Release, b.Release);
        return order != 0 ? order : DebianVersion.Compare(a.PackageVersion, b.PackageVersion);
    }
}
