using System.Diagnostics;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;
using DebugInfoFetch.Sources.Debian;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Oracles.Sources;

/// <summary>The archive that this machine's apt is set up with, and apt and dpkg as the oracles. Needs Debian and a network.</summary>
public sealed class DebianArchiveTests : IDisposable
{
    private readonly HttpClient _http = HttpClients.Create();

    public void Dispose() => _http.Dispose();

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    private async Task<LocateResult> LocateAsync(string release)
        => await KernelSources.Create(new SourceOptions(environment: _ => null), _http).LocateAsync(KernelRelease.Parse(release), CancellationToken.None);

    /// <summary>Debug packages of builds (not meta packages) that apt knows.</summary>
    private static string[] KnownBuilds() =>
    [
        .. Run("apt-cache", "pkgnames", "linux-image-").Split('\n')
            .Where(n => n.EndsWith("-dbg", StringComparison.Ordinal) && n.Count(char.IsAsciiDigit) > 6).Order(StringComparer.Ordinal),
    ];

    [Fact]
    public async Task A_build_that_apt_knows_is_located_with_apts_own_size_and_digest_and_the_mirror_has_it()
    {
        string package = KnownBuilds()[^1];
        LocateResult answer = await LocateAsync(package["linux-image-".Length..^"-dbg".Length]);

        var found = Assert.IsType<LocateResult.Found>(answer);
        PackageCandidate candidate = Assert.Single(found.Candidates);
        string index = Run("apt-cache", "show", "--no-all-versions", package);
        Assert.Contains($"\nSHA256: {candidate.Sha256}\n", index, StringComparison.Ordinal);
        Assert.Contains($"\nSize: {candidate.ByteSize}\n", index, StringComparison.Ordinal);

        using HttpResponseMessage head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, candidate.Url));
        Assert.Equal(candidate.ByteSize, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task The_archives_own_index_has_what_apt_has()
    {
        string package = KnownBuilds()[^1];
        KernelRelease release = KernelRelease.Parse(package["linux-image-".Length..^"-dbg".Length]);
        (IReadOnlyList<PackageCandidate> candidates, IReadOnlyList<LocateAttempt> attempts) =
            await new PackagesIndex(new ArchiveApi(_http), null).FindAsync(release, package, "amd64", CancellationToken.None);

        Assert.True(candidates.Count == 1, string.Join("; ", attempts));
        string index = Run("apt-cache", "show", package);
        Assert.Contains($"\nSHA256: {candidates[0].Sha256}\n", index, StringComparison.Ordinal);
        Assert.Contains($"\nSize: {candidates[0].ByteSize}\n", index, StringComparison.Ordinal);
        using HttpResponseMessage head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, candidates[0].Url));
        Assert.Equal(candidates[0].ByteSize, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task The_list_of_kernels_is_apts_and_in_dpkgs_order()
    {
        KernelListing listing = await KernelSources.Create(new SourceOptions(environment: _ => null), _http)
            .ListAsync(Distribution.Debian, new ListQuery("*-cloud-amd64", "x86_64"), CancellationToken.None);

        string[] apts = [.. KnownBuilds().Where(n => n.EndsWith("-cloud-amd64-dbg", StringComparison.Ordinal)).Select(n => n["linux-image-".Length..^"-dbg".Length])];
        Assert.Equal(apts.Order(StringComparer.Ordinal), listing.Kernels.Select(k => k.Release).Distinct().Order(StringComparer.Ordinal));
        foreach ((OfferedKernel newer, OfferedKernel older) in listing.Kernels.Zip(listing.Kernels.Skip(1)))
        {
            using Process dpkg = Process.Start("dpkg", ["--compare-versions", newer.PackageVersion, "ge", older.PackageVersion]);
            dpkg.WaitForExit();
            Assert.True(dpkg.ExitCode == 0, $"{newer.PackageVersion} before {older.PackageVersion}");
        }
    }

    [Theory]
    [InlineData("amd64")]
    [InlineData("cloud-amd64")]
    public async Task A_meta_name_resolves_to_the_build_that_the_meta_package_depends_on(string meta)
    {
        var found = Assert.IsType<LocateResult.Found>(await LocateAsync(meta));

        Assert.Contains($"linux-image-{found.Release}-dbg", Run("apt-cache", "depends", $"linux-image-{meta}-dbg"), StringComparison.Ordinal);
        Assert.NotEqual(meta, found.Release.UnameText);
    }

    [Fact]
    public async Task A_build_that_does_not_exist_is_answered_with_builds_that_do()
    {
        string[] known = KnownBuilds();
        var source = new DebianSource(new SourceOptions(environment: _ => null), _http,
            apiOptions: new ArchiveApiOptions { Retries = 1, Timeout = TimeSpan.FromSeconds(5) });
        var answer = Assert.IsType<LocateResult.NotFound>(
            await new KernelSources([source]).LocateAsync(KernelRelease.Parse("6.1.0-999-amd64"), CancellationToken.None));

        Assert.Equal("apt: no such package", answer.Attempts[0].Answer);
        Assert.True(answer.Attempts.Count >= 2);
        string near = Assert.Single(answer.Advice, a => a.StartsWith("Debian has debug packages", StringComparison.Ordinal));
        Assert.Contains(known, k => near.Contains(k["linux-image-".Length..^"-dbg".Length], StringComparison.Ordinal));
    }

    [Fact]
    public void Versions_are_ordered_as_dpkg_orders_them()
    {
        string[] versions =
        [
            "6.1.192-1", "6.1.192-2", "6.12.117-1~deb12u1", "6.12.117-1", "6.12~rc7-1~exp1", "6.12-1", "6.12+deb13-1", "1:0.1-1", "1.0a", "1.0+",
            "1.0~", "1.0~~", "1.0", "6.1.0-9", "6.1.0-56", "0:6.1-1", "6.01-1", "6.12.107+deb12", "6.1.0-0.deb11.5", "2.6.32-5",
        ];
        foreach (string a in versions)
        {
            foreach (string b in versions)
            {
                using Process dpkg = Process.Start("dpkg", ["--compare-versions", a, "lt", b]);
                dpkg.WaitForExit();
                Assert.True(dpkg.ExitCode == 0 == (DebianVersion.Compare(a, b) < 0), $"{a} < {b}");
            }
        }
    }
}
