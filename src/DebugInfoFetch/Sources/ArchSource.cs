using System.Text.RegularExpressions;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Sources;

/// <summary>Arch Linux: publishes no debug information for its kernels. Their images and modules are in one package, kept by its archive.</summary>
public sealed partial class ArchSource(SourceOptions options) : IKernelSource
{
    private const string Archive = "https://archive.archlinux.org";

    private readonly string _root = options.BaseUrlFor(Distribution.Arch) ?? Archive;

    public Distribution Distribution => Distribution.Arch;

    public bool Handles(KernelRelease release) => release.Distribution == Distribution.Arch;

    // 6.14.2-arch1-1, 6.12.10-1-lts, 6.14.2-zen1-1-zen, 6.13.8-hardened1-1-hardened: the package's version has dots for the first hyphen.
    [GeneratedRegex(@"^(?<version>\d+\.\d+(\.\d+)?)[.-]((?<tag>(arch|zen|hardened)\d+)-)?(?<build>\d+)(-(?<flavour>lts|zen|hardened))?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    public KernelPlan Plan(KernelRelease release, KernelPackage package)
    {
        List<PlanStep> steps = [];
        if (package == KernelPackage.Image && release.Architecture == "x86_64" && Form().Match(release.UnameText) is { Success: true } match)
        {
            string flavour = match.Groups["flavour"].Value;
            string name = flavour.Length > 0 ? $"linux-{flavour}" : "linux";
            string tag = match.Groups["tag"].Value;
            string version = match.Groups["version"].Value + (tag.Length > 0 ? "." + tag : "");
            string file = $"{name}-{version}-{match.Groups["build"].Value}-{release.Architecture}.pkg.tar.zst";
            var url = new Uri($"{_root}/packages/l/{name}/{file}");
            steps.Add(new PlanStep.Take(new PackageCandidate(url, file, "Arch's archive of all packages") { SignatureUrl = new Uri(url.AbsoluteUri + ".sig") }));
        }

        return new KernelPlan("Arch Linux", release, steps,
        [
            "Arch publishes no debug information for its kernels; types and symbols come from the BTF of their own package, as --quick has them",
        ]);
    }

    public Task<KernelListing> ListAsync(ListQuery query, CancellationToken ct)
        => Task.FromResult(new KernelListing([], [], ["Arch publishes no debug information for its kernels"]));
}
