using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Sources.Debian;

/// <summary>
/// The archive that this machine's own apt is set up with, asked through apt: mirrors, suites, pinning and signatures are its business.
/// </summary>
public sealed class AptArchive
{
    private const int MaxOutput = 32 * 1024 * 1024;
    /// <summary>Names in one command line.</summary>
    private const int MaxNames = 1000;

    private readonly Func<string, IReadOnlyList<string>, CancellationToken, Task<SystemProgram.Output>> _run;

    /// <param name="run">Runs a program; null runs it on this machine.</param>
    public AptArchive(Func<string, IReadOnlyList<string>, CancellationToken, Task<SystemProgram.Output>>? run = null)
        => _run = run ?? ((program, arguments, ct) => SystemProgram.RunAsync(program, arguments, MaxOutput, ct));

    /// <summary>What apt answered. <paramref name="Value"/> is null when it knows no such thing or could not be asked; the attempt says which.</summary>
    public readonly record struct Answer<T>(T? Value, LocateAttempt Attempt, bool IsAptThere) where T : class;

    /// <summary>All versions of a package that apt's index holds, newest first.</summary>
    public async Task<Answer<IReadOnlyList<AptPackage>>> ShowAsync(string package, CancellationToken ct)
    {
        SystemProgram.Output output = await _run("apt-cache", ["show", package], ct).ConfigureAwait(false);
        string place = $"apt-cache show {package}";
        if (output.ExitCode is null)
        {
            return new(null, new LocateAttempt(place, output.Error), IsAptThere: false);
        }

        List<AptPackage> packages = ParseStanzas(output.Text);
        return packages.Count == 0
            ? new(null, new LocateAttempt(place, "apt: no such package"), IsAptThere: true)
            : new(packages, new LocateAttempt(place, $"apt: {string.Join(", ", packages.Select(p => p.Version).Distinct())}"), IsAptThere: true);
    }

    /// <summary>All versions of many packages, in one call. Apt passes over names that it does not know.</summary>
    public async Task<Answer<IReadOnlyList<AptPackage>>> ShowAllAsync(IReadOnlyList<string> packages, CancellationToken ct)
    {
        if (packages.Count > MaxNames) { packages = [.. packages.Take(MaxNames)]; }
        SystemProgram.Output output = packages.Count == 0
            ? await _run("apt-cache", ["policy"], ct).ConfigureAwait(false)
            : await _run("apt-cache", ["show", .. packages], ct).ConfigureAwait(false);
        bool isThere = output.ExitCode is not null;
        List<AptPackage> found = packages.Count == 0 ? [] : ParseStanzas(output.Text);
        return new(isThere ? found : null, new LocateAttempt("apt-cache show 'linux-image-*-dbg'", isThere ? $"apt: {found.Count} packages that fit" : output.Error), isThere);
    }

    /// <summary>The address that apt would fetch a version of a package from.</summary>
    public async Task<Answer<Uri>> AddressAsync(string package, string version, CancellationToken ct)
    {
        string what = $"{package}={version}";
        SystemProgram.Output output = await _run("apt-get", ["--print-uris", "download", what], ct).ConfigureAwait(false);
        string place = $"apt-get --print-uris download {what}";
        if (output.ExitCode is null)
        {
            return new(null, new LocateAttempt(place, output.Error), IsAptThere: false);
        }

        // 'http://host/pool/main/…/name_version_arch.deb' name_version_arch.deb 317861800 SHA256:b80a…
        string? line = output.Text.Split('\n').FirstOrDefault(l => l.StartsWith('\''));
        int end = line?.IndexOf('\'', 1) ?? -1;
        if (end < 0 || !Uri.TryCreate(line![1..end], UriKind.Absolute, out Uri? url))
        {
            return new(null, new LocateAttempt(place, "apt: no address"), IsAptThere: true);
        }

        return PackageCandidate.IsSupported(url)
            ? new(url, new LocateAttempt(place, PackageCandidate.PlaceOf(url)), IsAptThere: true)
            : new(null, new LocateAttempt(place,
                $"apt: an address of the kind {url.Scheme}:, which only apt can read (apt-get download {what}, then --package FILE)"), IsAptThere: true);
    }

    /// <summary>Names of all packages in apt's index that begin with <paramref name="prefix"/>.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string prefix, CancellationToken ct)
    {
        SystemProgram.Output output = await _run("apt-cache", ["pkgnames", prefix], ct).ConfigureAwait(false);
        return output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static List<AptPackage> ParseStanzas(string text) => PackageStanzas.Read(new StringReader(text), _ => true);
}
