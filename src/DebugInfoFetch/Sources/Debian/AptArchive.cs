using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace DebugInfoFetch.Sources.Debian;

/// <summary>
/// The archive that this machine's own apt is set up with, asked through apt: mirrors, suites, pinning and signatures are its business.
/// </summary>
public sealed class AptArchive
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private const int MaxOutput = 32 * 1024 * 1024;
    /// <summary>Names in one command line.</summary>
    private const int MaxNames = 1000;

    private readonly Func<string, IReadOnlyList<string>, CancellationToken, Task<Output>> _run;

    /// <param name="run">Runs a program; null runs it on this machine.</param>
    public AptArchive(Func<string, IReadOnlyList<string>, CancellationToken, Task<Output>>? run = null) => _run = run ?? RunAsync;

    /// <summary>What a program printed.</summary>
    /// <param name="ExitCode">Null when it could not be started or did not end in time: <paramref name="Error"/> says which.</param>
    public sealed record Output(int? ExitCode, string Text, string Error);

    /// <summary>What apt answered. <paramref name="Value"/> is null when it knows no such thing or could not be asked; the attempt says which.</summary>
    public readonly record struct Answer<T>(T? Value, LocateAttempt Attempt, bool IsAptThere) where T : class;

    /// <summary>All versions of a package that apt's index holds, newest first.</summary>
    public async Task<Answer<IReadOnlyList<AptPackage>>> ShowAsync(string package, CancellationToken ct)
    {
        Output output = await _run("apt-cache", ["show", package], ct).ConfigureAwait(false);
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
        Output output = packages.Count == 0
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
        Output output = await _run("apt-get", ["--print-uris", "download", what], ct).ConfigureAwait(false);
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
        Output output = await _run("apt-cache", ["pkgnames", prefix], ct).ConfigureAwait(false);
        return output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static List<AptPackage> ParseStanzas(string text) => PackageStanzas.Read(new StringReader(text), _ => true);

    private static async Task<Output> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C.UTF-8";
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return new Output(null, "", $"{program} is not on this machine");
        }

        try
        {
            process.StandardInput.Close();
            Task<string> output = ReadBoundedAsync(process.StandardOutput, bounded.Token);
            Task<string> error = ReadBoundedAsync(process.StandardError, bounded.Token);
            await Task.WhenAll(output, error).ConfigureAwait(false);
            await process.WaitForExitAsync(bounded.Token).ConfigureAwait(false);
            return new Output(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return new Output(null, "", $"{program} did not answer within {Timeout.TotalSeconds:0} s");
        }
    }

    private static async Task<string> ReadBoundedAsync(StreamReader reader, CancellationToken ct)
    {
        var text = new StringBuilder();
        char[] buffer = new char[16 * 1024];
        int read;
        while ((read = await reader.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            text.Append(buffer, 0, Math.Min(read, Math.Max(0, MaxOutput - text.Length)));
        }

        return text.ToString();
    }
}
