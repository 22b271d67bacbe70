using System.CommandLine;
using System.Globalization;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;

namespace DebugInfoFetch.Cli.Commands;

internal static class ListCommand
{
    public static Command Create(CliHost host)
    {
        Option<string?> cache = KernelOptions.CreateCache();
        Option<bool> asJson = KernelOptions.CreateJson();
        var command = new DocumentedCommand("list", "List the kernels of the cache") { Examples = ["list", "list --json"] };
        command.Add(cache);
        command.Add(asJson);
        command.SetAction(parse =>
        {
            IKernelStore store = host.OpenStore(host.CacheDirectory(parse.GetValue(cache)));
            Write(host.Console, store, parse.GetValue(asJson));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static void Write(CliConsole console, IKernelStore store, bool asJson)
    {
        CachedKernel[] kernels = [.. store.Files().Select(store.Describe)];
        if (asJson)
        {
            console.JsonLines(kernels, static (json, kernel) =>
            {
                json.WriteStartObject();
                CachedKernelJson.WriteProperties(json, kernel);
                json.WriteEndObject();
            });
            return;
        }

        if (kernels.Length == 0)
        {
            console.Note($"no kernel is cached in {store.Directory}; begin with: dbgfetch fetch --kernel RELEASE");
            return;
        }

        var table = new TextTable("RELEASE", "ARCH", "FROM", ">MODULES", ">SIZE", "INDEXED");
        foreach (CachedKernel kernel in kernels)
        {
            table.Add(
                kernel.Release, kernel.Architecture, From(kernel), kernel.ModuleCount.ToString(CultureInfo.InvariantCulture),
                ByteCount.Format(kernel.ByteSize), kernel.IndexedAt.ToLocalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }

        table.Write(console.Output, console.OutputColours, withHeadings: true);
    }

    private static string From(CachedKernel kernel) => kernel switch
    {
        { Distribution: null } => "unreadable: fetch it again",
        { IsFromBtf: true } => $"{kernel.Distribution} (BTF)",
        { IsPart: true } => $"{kernel.Distribution} (part)",
        _ => kernel.Distribution,
    };
}
