using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Debian;

namespace DebugInfoFetch.Sources;

/// <summary>All sources, asked in order.</summary>
public sealed class KernelSources(IReadOnlyList<IKernelSource> sources)
{
    /// <summary>Every source that the program has: a new one is its file and a line here.</summary>
    public static KernelSources Create(SourceOptions options, HttpClient http) => new(
    [
        new FedoraSource(options),
        new DebianSource(options, http),
    ]);

    /// <summary>Asks each source that handles <paramref name="release"/> until one has found it; else all that was tried, and what to do next.</summary>
    public async Task<LocateResult> LocateAsync(KernelRelease release, CancellationToken ct)
    {
        List<LocateAttempt> attempts = [];
        List<string> advice = [];
        foreach (IKernelSource source in sources.Where(s => s.Handles(release)))
        {
            LocateResult answer = await source.LocateAsync(release, ct).ConfigureAwait(false);
            attempts.AddRange(answer.Attempts);
            advice.AddRange(answer.Advice);
            if (answer is LocateResult.Found found)
            {
                return found with { Attempts = attempts, Advice = advice };
            }
        }

        if (attempts.Count == 0)
        {
            advice.Add(release.Distribution == Distribution.Unknown
                ? $"no distribution that dbgfetch knows names a kernel {release}; for your own build: --elf vmlinux --elf MODULE.ko"
                : $"dbgfetch has no source for kernels of {release.Distribution} (it has: {string.Join(", ", sources.Select(s => s.Name))})");
        }

        advice.Add("a package that you have or know the address of: --package FILE|URL");
        return new LocateResult.NotFound(release, attempts, advice);
    }
}
