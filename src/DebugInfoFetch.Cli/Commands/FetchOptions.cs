using System.CommandLine;
using System.CommandLine.Completions;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Download;
using DebugInfoFetch.Queries;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>Where a kernel comes from and what of it is wanted: the options of <c>fetch</c>, and of <c>probe</c>, which fetches what it lacks.</summary>
internal sealed class FetchOptions(bool severalElfFilesAtOnce)
{
    public Option<string[]> Modules { get; } = new("--module", "-m")
    {
        HelpName = "NAME",
        Description = "Index this module (again for more)",
    };

    public Option<string?> Package { get; } = new("--package")
    {
        HelpName = "FILE|URL",
        Description = "Take this RPM or deb instead of looking for one",
    };

    public Option<string[]> ElfFiles { get; } = new("--elf")
    {
        HelpName = "FILE",
        Description = "Take your own build: vmlinux, and modules (again for more)",
        // Beside positional arguments it would swallow them.
        AllowMultipleArgumentsPerToken = severalElfFilesAtOnce,
    };

    public Option<bool> Quick { get; } = new("--quick")
    {
        Description = "From BTF and symbols of the kernel's own package: a tenth to fetch; see 'Quick mode' in the README",
    };

    public Option<string?> BaseUrl { get; } = CreateBaseUrl();
    public Option<string?> Distro { get; } = CreateDistro();

    public Option<string?> BuildId { get; } = new("--build-id")
    {
        HelpName = "HEX",
        Description = "Take only the build with this ID, of several with one release",
    };

    public static Option<string?> CreateBaseUrl() => new("--base-url")
    {
        HelpName = "URL",
        Description = "Ask this host in the place of the distribution's own [default: $DBGFETCH_BASE_URL]",
    };

    public static Option<string?> CreateDistro()
    {
        var distro = new Option<string?>("--distro") { HelpName = "NAME", Description = "Whose kernel it is, where the release leaves that open: alma, rocky, …" };
        distro.CompletionSources.Add(_ => DistributionNames.Keys.Select(key => new CompletionItem(key)));
        distro.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } typed && DistributionNames.FromName(typed) is null)
            {
                IReadOnlyList<string> similar = SimilarName.Among(DistributionNames.Keys, typed.ToLowerInvariant());
                result.AddError($"--distro {typed}: no such distribution; {(similar.Count > 0 ? $"did you mean {string.Join(" or ", similar)}?" : $"known are {string.Join(", ", DistributionNames.Keys)}")}");
            }
        });
        return distro;
    }

    public Option<bool> RequireSignature { get; } = new("--require-signature")
    {
        Description = "Refuse a package without a good signature by a key of this machine (exit code 6)",
    };

    public Option<long?> LimitRate { get; } = new("--limit-rate")
    {
        HelpName = "RATE",
        Description = "Receive no more bytes a second than this: 500k, 4M",
        // Slower than 1k, no transfer would count as alive.
        CustomParser = ByteAmount.Parser("--limit-rate", 1 << 10, "bytes a second, such as 500k or 4M, at least 1k"),
    };

    public Option<int?> Connections { get; } = CreateConnections();

    private static Option<int?> CreateConnections()
    {
        var connections = new Option<int?>("--connections")
        {
            HelpName = "N",
            Description = $"Read a package over at most this many connections at once; 1 asks for it in one piece [default: {DownloadOptions.DefaultParallelRanges}]",
        };
        connections.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > HttpClients.ConnectionsPerHost)
            {
                result.AddError($"--connections {result.Tokens[0].Value}: 1 to {HttpClients.ConnectionsPerHost}");
            }
        });
        return connections;
    }

    public Option<long?> Memory { get; } = new("--memory")
    {
        HelpName = "SIZE",
        Description = "Hold no more of unpacked files in memory than this; a larger file goes to a temporary one [default: 640M]",
        CustomParser = ByteAmount.Parser("--memory", 1 << 20, "bytes, such as 200M or 2G, at least 1M"),
    };

    public void AddTo(Command command)
    {
        command.Add(Modules);
        command.Add(Package);
        command.Add(ElfFiles);
        command.Add(Quick);
        command.Add(Distro);
        command.Add(BuildId);
        command.Add(BaseUrl);
        command.Add(RequireSignature);
        command.Add(LimitRate);
        command.Add(Connections);
        command.Add(Memory);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Package) is not null && result.GetValue(ElfFiles) is { Length: > 0 })
            {
                result.AddError("--package and --elf exclude each other: a kernel comes from a package or from your own files");
            }
        });
    }

    public FetchRequest Request(ParseResult parse, KernelOptions kernel, string cacheDirectory, bool refresh) => new(
        parse.GetRequiredValue(kernel.Kernel), parse.GetValue(kernel.Architecture), parse.GetValue(Modules) ?? [], parse.GetValue(Package),
        parse.GetValue(ElfFiles) ?? [], parse.GetValue(BaseUrl), cacheDirectory, refresh,
        parse.GetValue(Memory) ?? FetchRequest.DefaultMemoryBudget, Distribution: parse.GetValue(Distro), BuildId: parse.GetValue(BuildId),
        Quick: parse.GetValue(Quick))
    {
        RequireSignature = parse.GetValue(RequireSignature),
        LimitRate = parse.GetValue(LimitRate),
        Transfers = new DownloadOptions { ParallelRanges = parse.GetValue(Connections) ?? DownloadOptions.DefaultParallelRanges },
    };
}
