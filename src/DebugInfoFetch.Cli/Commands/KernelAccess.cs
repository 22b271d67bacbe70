using System.CommandLine;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.Releases;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>From <c>--kernel</c> to the one kernel that it means.</summary>
internal static class KernelAccess
{
    private const int ListedAtMost = 8;

    /// <summary>Opens the cached kernel that the command line names.</summary>
    /// <exception cref="CommandException">It is not cached, or the release may mean several.</exception>
    public static IOpenKernel Open(CliHost host, ParseResult parse, KernelOptions options)
    {
        IKernelStore store = host.OpenStore(host.CacheDirectory(parse.GetValue(options.Cache)));
        IOpenKernel open = store.Open(Find(store, parse, options));
        if (OtherBuild(open.Model.Kernel, parse, options) is { } other)
        {
            open.Dispose();
            throw other;
        }

        if (BtfMark.NoteOf(open.Model.Kernel) is { } note) { host.Console.Note(note); }
        return open;
    }

    /// <summary>Opens the ELF files that the command line names, or else the cached kernel.</summary>
    /// <exception cref="CommandException">It is not cached, or the release may mean several.</exception>
    public static IOpenTypes OpenTypes(CliHost host, ParseResult parse, KernelOptions options)
        => options.ElfFiles is { } elf && parse.GetValue(elf) is { Length: > 0 } files ? KernelBackend.OpenElf(files) : Open(host, parse, options);

    /// <exception cref="CommandException">It is not cached, or the release may mean several.</exception>
    public static KernelFile Find(IKernelStore store, ParseResult parse, KernelOptions options)
    {
        (string release, string? architecture) = Meant(parse.GetRequiredValue(options.Kernel), parse.GetValue(options.Architecture));
        return FindOrNull(store, release, architecture) ?? throw NotCached(store, release, architecture);
    }

    /// <returns>Null when the cache has no such kernel.</returns>
    /// <exception cref="CommandException">The release may mean several.</exception>
    public static KernelFile? FindOrNull(IKernelStore store, string release, string? architecture)
    {
        (release, architecture) = Meant(release, architecture);
        IReadOnlyList<KernelFile> found = store.Find(release, architecture);
        if (found.Count <= 1) { return found.Count == 1 ? found[0] : null; }
        throw new CommandException(
            ExitCode.KernelUnavailable, $"--kernel {release} may mean {found.Count} kernels of the cache; write one of them in full",
            [.. found.Take(ListedAtMost).Select(kernel => $"--kernel {kernel.Release} --arch {kernel.Architecture}"), .. More(found.Count)]);
    }

    /// <summary>The fault, when the text is of another build than the one that is cached under its release.</summary>
    private static CommandException? OtherBuild(KernelInfo cached, ParseResult parse, KernelOptions options)
    {
        string typed = parse.GetRequiredValue(options.Kernel);
        if (!PastedKernel.IsPasted(typed)) { return null; }
        KernelRelease asked = KernelRelease.Parse(typed, parse.GetValue(options.Architecture));
        // Without vmlinux nobody knows the build ID of what is cached.
        if (cached.BuildId.Length == 0) { asked = asked with { BuildId = "" }; }
        return CachedBuild.IsOther(cached, asked)
            ? new(ExitCode.KernelUnavailable, $"what is cached of {asked} is another build ({cached.Distribution}, build ID {cached.BuildId}) than the one that this text is of",
                [$"fetch that one: dbgfetch fetch --kernel {asked} --distro {DistributionNames.KeyOf(asked.Distribution)}{(asked.BuildId.Length > 0 ? $" --build-id {asked.BuildId}" : "")}"])
            : null;
    }

    /// <summary>What a pasted text means; what is no text as it is.</summary>
    /// <exception cref="InputFaultException">The text names no kernel, or several.</exception>
    private static (string Release, string? Architecture) Meant(string typed, string? architecture)
    {
        if (!PastedKernel.IsPasted(typed)) { return (typed, architecture); }
        KernelRelease release = KernelRelease.Parse(typed, architecture);
        return (release.UnameText, release.Architecture);
    }

    /// <summary>Runs a fetch, with its progress shown in the way that suits standard error.</summary>
    /// <exception cref="CommandException">Nobody has it.</exception>
    public static async Task<FetchOutcome.Ready> FetchAsync(CliHost host, FetchRequest request, CancellationToken cancellation)
    {
        FetchOutcome outcome;
        if (host.Console.ErrorIsTerminal)
        {
            outcome = await ProgressBars.RunAsync(host.Console, bars => host.Fetcher().RunAsync(request, bars, cancellation)).ConfigureAwait(false);
        }
        else
        {
            using var lines = new StageLines(host.Console);
            outcome = await host.Fetcher().RunAsync(request, lines, cancellation).ConfigureAwait(false);
        }

        return outcome switch
        {
            FetchOutcome.Ready ready => ready,
            FetchOutcome.Unavailable none => throw new CommandException(
                ExitCode.KernelUnavailable, none.Message,
                // The message itself may be of the only place.
                [.. none.Places.Where(tried => none.Places.Count > 1 || !none.Message.EndsWith($"{tried.Place}: {tried.Answer}", StringComparison.Ordinal)).Select(tried => $"tried {tried.Place}: {tried.Answer}"), .. none.Advice]),
            _ => throw new InvalidOperationException($"a fetch ended in {outcome.GetType().Name}"),
        };
    }

    /// <summary>How much of a package was read, and in which way.</summary>
    public static string Account(PartTransfer part)
        => $"{part.Way}, {ByteCount.Format(part.BytesFetched)}{(part.BytesTotal is { } total ? $" of {ByteCount.Format(total)}" : "")}";

    private static CommandException NotCached(IKernelStore store, string release, string? architecture)
    {
        IReadOnlyList<KernelFile> cached = store.Files();
        string arch = architecture is null ? "" : $" --arch {architecture}";
        var hints = new List<string> { $"fetch it: dbgfetch fetch --kernel {release}{arch}" };
        IReadOnlyList<string> similar = SimilarName.Among(cached.Select(kernel => kernel.Release), release);
        if (similar.Count > 0) { hints.Add($"did you mean {string.Join(" or ", similar)}?"); }
        else if (cached.Count > 0) { hints.Add($"cached are {string.Join(", ", cached.Take(ListedAtMost).Select(kernel => kernel.Release))}"); }
        return new(ExitCode.KernelUnavailable, $"kernel {release}{arch} is not in the cache ({store.Directory})", hints);
    }

    private static IEnumerable<string> More(int count) => count > ListedAtMost ? [$"… and {count - ListedAtMost} more: dbgfetch list"] : [];
}
