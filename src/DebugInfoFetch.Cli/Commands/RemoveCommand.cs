using System.CommandLine;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;

namespace DebugInfoFetch.Cli.Commands;

internal static class RemoveCommand
{
    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var command = new DocumentedCommand("remove", "Remove a kernel from the cache") { Examples = ["remove --kernel 6.13.5-200.fc41"] };
        options.AddTo(command);
        command.SetAction(parse =>
        {
            IKernelStore store = host.OpenStore(host.CacheDirectory(parse.GetValue(options.Cache)));
            CachedKernel kernel = store.Describe(KernelAccess.Find(store, parse, options));
            if (!store.Remove(kernel))
            {
                throw new CommandException(ExitCode.System, $"{kernel.Path}: somebody else removed it first");
            }

            Write(host.Console, kernel, parse.GetValue(options.Json));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static void Write(CliConsole console, CachedKernel kernel, bool asJson)
    {
        if (!asJson)
        {
            console.Output.Write($"removed {kernel.Release} ({kernel.Architecture}), {ByteCount.Format(kernel.ByteSize)}\n");
            return;
        }

        console.Json(json =>
        {
            json.WriteStartObject();
            CachedKernelJson.WriteProperties(json, kernel);
            json.WriteBoolean("isRemoved"u8, true);
            json.WriteEndObject();
        });
    }
}
