using System.CommandLine;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;

namespace DebugInfoFetch.Cli.Commands;

internal static class FetchCommand
{
    public static Command Create(CliHost host)
    {
        var kernel = new KernelOptions();
        var source = new FetchOptions(severalElfFilesAtOnce: true);
        var refresh = new Option<bool>("--refresh") { Description = "Fetch anew what is cached" };
        var explain = new Option<bool>("--explain") { Description = "Only say where it would be looked for, in order" };
        var command = new DocumentedCommand("fetch", "Find, download and index a kernel's debug information")
        {
            Examples =
            [
                "fetch --kernel 6.13.5-200.fc41",
                "fetch --kernel 6.12-cloud-amd64 --module btrfs --module null_blk",
                "fetch --kernel 6.13.5-200.fc41 --package kernel-debuginfo-6.13.5-200.fc41.x86_64.rpm",
                "fetch --explain --kernel 5.14.0-570.12.1.el9_6.x86_64 --distro rocky",
                "fetch --kernel - < oops.txt",
                "fetch --quick --kernel 6.12.117+deb12-amd64 --module btrfs",
                "fetch --kernel 6.12.0-mine --elf vmlinux --elf fs/btrfs/btrfs.ko",
            ],
        };
        kernel.AddTo(command);
        source.AddTo(command);
        command.Add(refresh);
        command.Add(explain);
        command.SetAction(async (parse, cancellation) =>
        {
            FetchRequest request = source.Request(parse, kernel, host.CacheDirectory(parse.GetValue(kernel.Cache)), parse.GetValue(refresh)) with { Environment = host.Console.Environment };
            if (parse.GetValue(explain))
            {
                KernelExplanation explanation = host.Finder().Explain(request);
                ExplanationRendering.Write(host.Console, explanation, parse.GetValue(kernel.Json));
                return (int)(explanation.Plans.Concat(explanation.QuickPlans).Any(plan => plan.Steps.Count > 0) ? ExitCode.Success : ExitCode.KernelUnavailable);
            }

            FetchOutcome.Ready ready = await KernelAccess.FetchAsync(host, request, cancellation).ConfigureAwait(false);
            if (parse.GetValue(kernel.Json)) { WriteJson(host, ready, request.CacheDirectory); }
            else { Write(host.Console, ready); }
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static void WriteJson(CliHost host, FetchOutcome.Ready ready, string cacheDirectory)
    {
        using IOpenKernel open = host.OpenStore(cacheDirectory).Open(ready.Kernel);
        host.Console.Json(json =>
        {
            json.WriteStartObject();
            CachedKernelJson.WriteProperties(json, ready.Kernel);
            json.WriteBoolean("isNew"u8, ready.IsNew);
            if (ready.Transferred is { } part)
            {
                json.WriteString("way"u8, part.Way);
                json.WriteNumber("bytesFetched"u8, part.BytesFetched);
                if (part.BytesTotal is { } total) { json.WriteNumber("bytesTotal"u8, total); }
            }

            CachedKernelJson.WriteSources(json, open.Model.Kernel);
            json.WriteEndObject();
        });
    }

    private static void Write(CliConsole console, FetchOutcome.Ready ready)
    {
        CachedKernel kernel = ready.Kernel;
        string state = ready.IsNew ? "ready" : "was ready already";
        console.Output.Write($"{kernel.Release} ({kernel.Architecture}, {kernel.Distribution}): {state}{(kernel.IsFromBtf ? " from BTF" : "")}, "
            + $"{Modules(kernel.ModuleCount)}, {ByteCount.Format(kernel.ByteSize)}{(ready.Transferred is { } part ? $"; read {KernelAccess.Account(part)}" : "")}\n");
    }

    private static string Modules(int count) => count == 1 ? "1 module" : $"{count} modules";
}
