using System.CommandLine;
using System.Globalization;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Cli.Commands;

internal static class KernelsCommand
{
    public static Command Create(CliHost host)
    {
        var glob = new Argument<string?>("GLOB") { Arity = ArgumentArity.ZeroOrOne, Description = "Only releases like this: 6.12.*, *-cloud-amd64, or a beginning" };
        Option<string?> distro = FetchOptions.CreateDistro();
        distro.Description = "Whose kernels [default: what GLOB tells, else this machine's distribution]";
        var architecture = new Option<string?>("--arch") { HelpName = "A", Description = "Their machine (x86_64, aarch64, …) [default: this machine's]" };
        Option<string?> baseUrl = FetchOptions.CreateBaseUrl();
        Option<bool> asJson = KernelOptions.CreateJson();
        var command = new DocumentedCommand("kernels", "List the builds that a distribution offers debug information of, newest first")
        {
            Examples = ["kernels", "kernels '*-cloud-amd64'", "kernels --distro fedora '*.fc41*' --json", "kernels --distro rocky 5.14"],
        };
        command.Add(glob);
        foreach (Option option in (Option[])[distro, architecture, baseUrl, asJson]) { command.Add(option); }
        command.SetAction(async (parse, cancellation) =>
        {
            string? pattern = parse.GetValue(glob);
            string machine = Machine(parse.GetValue(architecture));
            KernelRelease? like = pattern is not null && KernelRelease.TryParse(pattern, parse.GetValue(architecture), out KernelRelease? read, out _) ? read : null;
            IKernelFinder finder = host.Finder();
            List<OfferedKernel> kernels = [];
            List<LocateAttempt> attempts = [];
            List<string> advice = [];
            foreach (Distribution distribution in Distributions(parse.GetValue(distro), like))
            {
                // A release of another distribution says nothing of this one's trees.
                KernelRelease? own = like?.Distribution == distribution || like?.Distribution == Distribution.RhelLike ? like : null;
                KernelListing listing = await finder.ListAsync(distribution, new ListQuery(pattern, machine, own), parse.GetValue(baseUrl), cancellation).ConfigureAwait(false);
                kernels.AddRange(listing.Kernels);
                attempts.AddRange(listing.Attempts);
                advice.AddRange(listing.Advice);
            }

            Write(host.Console, kernels, parse.GetValue(asJson));
            if (kernels.Count > 0) { return (int)ExitCode.Success; }
            throw new CommandException(ExitCode.KernelUnavailable, pattern is null ? "no kernel was found" : $"no kernel like {pattern} was found",
                [.. attempts.Select(tried => $"tried {tried.Place}: {tried.Answer}"), .. advice]);
        });
        return command;
    }

    private static string Machine(string? typed) => typed is null
        ? MachineArchitecture.Current
        : MachineArchitecture.Canonical(typed) ?? throw new CommandException(ExitCode.Usage, $"--arch {typed}: unknown architecture (known: {MachineArchitecture.KnownNames})");

    private static IReadOnlyList<Distribution> Distributions(string? typed, KernelRelease? like)
    {
        if (typed is not null) { return [DistributionNames.FromName(typed)!.Value]; }
        if (like?.Distribution == Distribution.RhelLike) { return [Distribution.Alma, Distribution.Rocky, Distribution.Oracle]; }
        if (like is not null && like.Distribution != Distribution.Unknown) { return [like.Distribution]; }
        return MachineDistribution() is { } own
            ? [own]
            : throw new CommandException(ExitCode.Usage, "this machine's distribution is none that dbgfetch knows", [$"--distro NAME: {string.Join(", ", DistributionNames.Keys)}"]);
    }

    /// <summary>By os-release(5): its ID, else the first of what it is like.</summary>
    private static Distribution? MachineDistribution()
    {
        try
        {
            foreach (string key in (string[])["ID=", "ID_LIKE="])
            {
                foreach (string line in File.ReadLines("/etc/os-release").Where(l => l.StartsWith(key, StringComparison.Ordinal)))
                {
                    foreach (string id in line[key.Length..].Trim('"', '\'').Split(' '))
                    {
                        if (DistributionNames.FromName(id) is { } known) { return known; }
                    }
                }
            }
        }
        catch (IOException)
        {
            // No such file: nobody's machine.
        }

        return null;
    }

    private static void Write(CliConsole console, List<OfferedKernel> kernels, bool asJson)
    {
        if (asJson)
        {
            console.JsonLines(kernels, static (json, kernel) =>
            {
                json.WriteStartObject();
                json.WriteString("release"u8, kernel.Release);
                json.WriteString("distribution"u8, DistributionNames.KeyOf(kernel.Distribution));
                json.WriteString("architecture"u8, kernel.Architecture);
                json.WriteString("packageVersion"u8, kernel.PackageVersion);
                if (kernel.ByteSize is { } size) { json.WriteNumber("byteSize"u8, size); } else { json.WriteNull("byteSize"u8); }
                if (kernel.Published is { } time) { json.WriteString("published"u8, time.ToUniversalTime()); } else { json.WriteNull("published"u8); }
                json.WriteEndObject();
            });
            return;
        }

        if (kernels.Count == 0) { return; }
        // Columns that nothing is known for are left out.
        (string Title, Func<OfferedKernel, string> Cell)[] columns =
        [
            ("RELEASE", k => k.Release),
            ("FROM", k => kernels.Exists(other => other.Distribution != k.Distribution) ? DistributionNames.KeyOf(k.Distribution) : ""),
            ("VERSION", k => k.PackageVersion),
            (">SIZE", k => k.ByteSize is { } size ? ByteCount.Format(size) : ""),
            ("DATE", k => k.Published?.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? ""),
        ];
        columns = [.. columns.Where(column => kernels.Exists(k => column.Cell(k).Length > 0))];
        var table = new TextTable([.. columns.Select(column => column.Title)]);
        foreach (OfferedKernel kernel in kernels) { table.Add([.. columns.Select(column => column.Cell(kernel))]); }
        table.Write(console.Output, console.OutputColours, withHeadings: true);
    }
}
