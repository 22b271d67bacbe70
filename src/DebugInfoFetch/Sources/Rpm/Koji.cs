using System.Globalization;
using System.Xml;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Sources.Rpm;

/// <summary>
/// A koji build system: where it keeps a build's files (koji's PathInfo), and its hub's list of builds (XML-RPC, <c>listBuilds</c>).
/// </summary>
/// <param name="files">Address of the tree that has <c>packages</c> in it.</param>
/// <param name="hub">Address of the hub (<c>…/kojihub</c>).</param>
/// <param name="owner">Whose it is, for a person: <c>Fedora's build system</c>.</param>
public sealed class Koji(string files, string hub, string owner, ArchiveApi api)
{
    private const int BuildsAsked = 500;
    // state 1 is COMPLETE (koji.BUILD_STATES): what the garbage collector has deleted has another.
    private const int Complete = 1;

    /// <summary>The addresses of a build's package: the signed copy, which is pruned after a time, then the unsigned one.</summary>
    /// <param name="key">Last eight hex digits of the signing key; null when unknown.</param>
    public IEnumerable<PackageCandidate> Candidates(KernelRelease release, KernelPackage package, string? key)
    {
        string architecture = RpmKernelNames.ArchitectureOf(release);
        string file = RpmKernelNames.FileOf(release, package);
        string build = $"{files}/packages/{RpmKernelNames.SourceOf(release)}/{release.Version}/{release.PackageRelease}";
        if (key is not null)
        {
            yield return new PackageCandidate(new Uri($"{build}/data/signed/{key}/{architecture}/{file}"), file, $"{owner}, signed copy (key {key})");
        }

        yield return new PackageCandidate(new Uri($"{build}/{architecture}/{file}"), file, $"{owner}, unsigned copy")
        {
            SignatureUrl = key is null ? null : new Uri($"{build}/data/sigcache/{key}/{architecture}/{file}.sig"),
        };
    }

    /// <summary>The newest builds of the kernel, by the hub's own list.</summary>
    /// <param name="package">The source package.</param>
    public async Task<(IReadOnlyList<OfferedKernel> Kernels, IReadOnlyList<LocateAttempt> Attempts)> ListAsync(
        string package, ListQuery query, Distribution distribution, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        XmlRpc.Value? id = await CallAsync("getPackageID", w => XmlRpc.Text(w, package), attempts, ct).ConfigureAwait(false);
        if (id?.Number is not { } number) { return ([], attempts); }

        XmlRpc.Value? builds = await CallAsync("listBuilds", w => XmlRpc.KeywordArguments(w, members =>
        {
            XmlRpc.Member(members, "packageID", m => XmlRpc.Int(m, number));
            XmlRpc.Member(members, "state", m => XmlRpc.Int(m, Complete));
            XmlRpc.Member(members, "queryOpts", m => XmlRpc.Struct(m, options =>
            {
                XmlRpc.Member(options, "order", o => XmlRpc.Text(o, "-build_id"));
                XmlRpc.Member(options, "limit", o => XmlRpc.Int(o, BuildsAsked));
            }));
        }), attempts, ct).ConfigureAwait(false);
        // A build has all variants of a kernel; the one that is asked for is meant.
        string variant = query.Like is { Variant.Length: > 0 } like ? "+" + like.Variant : "";
        List<OfferedKernel> kernels = [];
        foreach (XmlRpc.Value build in builds?.Items ?? [])
        {
            string uname = $"{build["version"]?.Text}-{build["release"]?.Text}.{MachineArchitecture.RpmName(query.Architecture)}{variant}";
            if (KernelRelease.TryParse(uname, null, out KernelRelease? release, out _) && release!.DistributionTag.Length > 0)
            {
                double? stamp = build["completion_ts"]?.Real;
                kernels.Add(new OfferedKernel(release.UnameText, distribution, query.Architecture, "",
                    stamp is > 0 and < 1e11 ? DateTimeOffset.FromUnixTimeSeconds((long)stamp) : null, null));
            }
        }

        return (kernels, attempts);
    }

    private async Task<XmlRpc.Value?> CallAsync(string method, Action<XmlWriter> argument, List<LocateAttempt> attempts, CancellationToken ct)
    {
        ArchiveApi.Body body = await api.PostXmlAsync(new Uri(hub), XmlRpc.Call(method, argument), ct).ConfigureAwait(false);
        string place = $"{hub} ({method})";
        if (body.Bytes is null)
        {
            attempts.Add(new LocateAttempt(place, body.Text));
            return null;
        }

        try
        {
            XmlRpc.Value value = XmlRpc.Read(body.Bytes);
            attempts.Add(new LocateAttempt(place, value.Items is { } items
                ? string.Create(CultureInfo.InvariantCulture, $"{items.Count} builds") : value.Number is null ? "no such package" : "known"));
            return value;
        }
        catch (XmlException fault)
        {
            attempts.Add(new LocateAttempt(place, $"an answer that is no XML-RPC ({fault.Message.ReplaceLineEndings(" ")})"));
            return null;
        }
    }
}
