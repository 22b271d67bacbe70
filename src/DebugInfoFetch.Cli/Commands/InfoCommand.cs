using System.CommandLine;
using System.Globalization;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Cli.Commands;

internal static class InfoCommand
{
    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var command = new DocumentedCommand("info", "Tell what is known of a cached kernel, and where it came from")
        {
            Examples = ["info --kernel 6.13.5-200.fc41", "info --kernel 6.13.5-200.fc41 --json"],
        };
        options.AddTo(command);
        command.SetAction(parse =>
        {
            IKernelStore store = host.OpenStore(host.CacheDirectory(parse.GetValue(options.Cache)));
            CachedKernel cached = store.Describe(KernelAccess.Find(store, parse, options));
            using IOpenKernel open = store.Open(cached);
            if (parse.GetValue(options.Json)) { WriteJson(host.Console, cached, open.Model); }
            else { WriteText(host.Console, cached, open.Model); }
            return (int)ExitCode.Success;
        });
        return command;
    }

    /// <summary>Where the values stand: behind the longest name and two spaces.</summary>
    private const int ValueColumn = 15;

    private static void WriteText(CliConsole console, CachedKernel cached, IKernelModel model)
    {
        KernelInfo kernel = model.Kernel;
        var table = new TextTable("", "");
        table.Add("release", kernel.Release);
        table.Add("architecture", kernel.Architecture);
        table.Add("distribution", kernel.Distribution);
        table.Add("build ID", kernel.BuildId.Length > 0 ? kernel.BuildId : "(vmlinux is not indexed)");
        if (kernel.IsFromBtf) { table.Add("answers", "from BTF and symbols, without debug information; fetch gets that"); }
        else { table.Add("compiler", kernel.Compiler); }
        table.Add("indexed", string.Create(CultureInfo.InvariantCulture, $"{kernel.IndexedAt.ToLocalTime():yyyy-MM-dd HH:mm}, by dbgfetch {kernel.ToolVersion}"));
        table.Add("cache file", $"{cached.Path}, {ByteCount.Format(cached.ByteSize)}");
        foreach (SourceInfo source in kernel.Sources)
        {
            table.Add("from", $"{source.Origin}, {ByteCount.Format(source.ByteSize)}");
            if (source.Digest.Length > 0) { table.Add("", source.Digest); }
            foreach (string check in source.Verification.Split("; ", StringSplitOptions.RemoveEmptyEntries))
            {
                foreach (string line in WrappedText.Of(new string(' ', ValueColumn), check).Split('\n', StringSplitOptions.RemoveEmptyEntries)) { table.Add("", line.Trim()); }
            }
        }

        int indexed = model.Modules.Count(module => module.IsIndexed);
        string names = string.Join(" ", model.Modules.Where(module => module.IsIndexed).Take(6).Select(module => module.Name));
        table.Add("indexed files", indexed > 6 ? $"{indexed}: {names} … (all: --json)" : $"{indexed}: {names}");
        if (!kernel.IsComplete && !kernel.IsFromBtf) { table.Add("", $"a part of the kernel; all of it: dbgfetch fetch --kernel {kernel.Release}"); }
        table.Add("known files", model.Modules.Count.ToString(CultureInfo.InvariantCulture));
        table.Write(console.Output, console.OutputColours, withHeadings: false);
    }

    private static void WriteJson(CliConsole console, CachedKernel cached, IKernelModel model) => console.Json(json =>
    {
        KernelInfo kernel = model.Kernel;
        json.WriteStartObject();
        CachedKernelJson.WriteProperties(json, cached);
        json.WriteString("buildId"u8, kernel.BuildId);
        json.WriteString("compiler"u8, kernel.Compiler);
        json.WriteString("toolVersion"u8, kernel.ToolVersion);
        CachedKernelJson.WriteSources(json, kernel);
        json.WriteStartArray("modules"u8);
        foreach (ModuleInfo module in model.Modules)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, module.Name);
            json.WriteString("buildId"u8, module.BuildId);
            json.WriteString("path"u8, module.Path);
            json.WriteBoolean("isIndexed"u8, module.IsIndexed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
