using System.CommandLine;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;

namespace DebugInfoFetch.Cli.Commands;

internal static class ProbeCommand
{
    private const string StandardInput = "-";

    public static Command Create(CliHost host)
    {
        var options = new KernelOptions();
        var source = new FetchOptions(severalElfFilesAtOnce: false);
        var function = new Argument<string?>("FUNCTION")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "[MOD:]NAME[@SOURCE][+OFF|:LINE][%return], or FILE:LINE",
        };
        var arguments = new Argument<string[]>("ARG")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "[NAME=]EXPR[:TYPE]: a parameter, p->a.b[2]->c, $params, $vars, %reg, $stackN, $comm",
        };
        var eventName = new Option<string?>("--name") { HelpName = "EVENT", Description = "The event's name [default: from the function's]" };
        var group = new Option<string?>("--group") { HelpName = "GROUP", Description = "The event's group" };
        var bare = new Option<bool>("--bare") { Description = "Leave out the pointers that arguments are read through" };
        var inlines = new Option<bool>("--inlines") { Description = "Probe inlined copies too, an event each" };
        var maxActive = new Option<int?>("--maxactive") { HelpName = "N", Description = "Of a return: how many calls at once are not missed" };
        var readme = new Option<string?>("--readme") { HelpName = "FILE", Description = "The kernel's own tracefs README: its word wins over what the version says" };
        Option<string?> format = FormatOption();
        var file = new Option<string?>("--file") { HelpName = "LIST", Description = "Answer a list: FUNCTION [ARG]... a line; - reads standard input" };
        var command = new DocumentedCommand("probe", "A kprobe_events line that this very kernel takes, or why there is none")
        {
            Examples =
            [
                "probe --kernel 6.13.5-200.fc41 --name myprobe __btrfs_add_free_space_zoned \\\n      block_group 'length=block_group->length' bytenr size used",
                "probe --kernel 6.13.5-200.fc41 --format definition vfs_read '$params'",
                "probe --kernel 6.13.5-200.fc41 'vfs_read%return' '$retval' 'file->f_inode->i_ino'",
                "probe --kernel 5.14.0-570.el9 --readme README-of-the-reporter vfs_read 'file:%pD'",
                "probe --kernel 6.13.5-200.fc41 vfs_read:12 ret '$vars'   # dbgfetch lines vfs_read",
                "probe --kernel 6.13.5-200.fc41 --inlines rw_verify_area '$params'",
                "probe --kernel 6.13.5-200.fc41 --file probes.txt > definitions.txt",
            ],
            CompleteArgument = NameCompletion.Functions,
        };
        command.Add(function);
        command.Add(arguments);
        foreach (Option option in (Option[])[eventName, group, inlines, bare, maxActive, readme, format, file]) { command.Add(option); }
        options.AddTo(command);
        source.AddTo(command);
        command.Validators.Add(result =>
        {
            bool hasFile = result.GetValue(file) is not null;
            if (hasFile == (result.GetValue(function) is not null)) { result.AddError("probe takes either FUNCTION [ARG]... or --file LIST"); }
            if (hasFile && result.GetValue(eventName) is not null) { result.AddError("--name names one event; a list's events are named by their functions"); }
        });
        command.SetAction(async (parse, cancellation) =>
        {
            string? list = parse.GetValue(file);
            // What of a request holds for every entry of a list, too.
            ProbeRequest common = new("", [], null, parse.GetValue(group), parse.GetValue(bare), parse.GetValue(maxActive), parse.GetValue(inlines));
            IReadOnlyList<ProbeListEntry> entries = list is null
                ? [new(1, common with { Function = parse.GetValue(function)!, Arguments = parse.GetValue(arguments) ?? [], EventName = parse.GetValue(eventName) }, null)]
                : ReadList(host.Console, list, common);
            string? readmeText = parse.GetValue(readme) is { } readmeFile ? File.ReadAllText(readmeFile) : null;
            using IOpenKernel open = await OpenAsync(host, parse, options, source, entries, cancellation).ConfigureAwait(false);
            var rendering = new ProbeRendering(host.Console, EchoIsWanted(parse.GetValue(format), isList: list is not null));
            List<ProbeReply> replies = Answer(new ProbeGenerator(
                open.Model, Rules(open.Model.Kernel, readmeText, parse.GetValue(readme)),
                open.Bodies(parse.GetValue(source.ElfFiles) ?? [], host.Console.Environment, host.Console.Note)), entries);
            if (parse.GetValue(options.Json)) { host.Console.JsonLines(replies, ProbeRendering.WriteJson); }
            else if (list is not null) { rendering.WriteList(replies); }
            else { rendering.WriteOne(replies[0]); }
            return (int)(replies.All(reply => reply.Answer is ProbeAnswer.Lines) ? ExitCode.Success : ExitCode.Refused);
        });
        return command;
    }

    private static Option<string?> FormatOption()
    {
        var format = new Option<string?>("--format")
        {
            HelpName = "echo|definition",
            Description = "The command for a root shell, or the bare line [default: echo; definition for --file]",
        };
        format.AcceptOnlyFromAmong("echo", "definition");
        return format;
    }

    private static bool EchoIsWanted(string? format, bool isList) => format is null ? !isList : format == "echo";

    private static KernelRules Rules(KernelInfo kernel, string? readme, string? file)
    {
        try { return readme is null ? KernelRules.Of(kernel) : KernelRules.Of(kernel, readme); }
        catch (FormatException e) { throw new CommandException(ExitCode.BadInput, $"{file}: {e.Message}"); }
    }

    private static List<ProbeListEntry> ReadList(CliConsole console, string list, ProbeRequest common)
    {
        string text = list == StandardInput ? console.Input.ReadToEnd() : File.ReadAllText(list);
        return [.. ProbeListFile.Parse(text).Select(entry => entry with { Request = entry.Request is { } request
            ? common with { Function = request.Function, Arguments = request.Arguments }
            : null })];
    }

    private static List<ProbeReply> Answer(ProbeGenerator generator, IReadOnlyList<ProbeListEntry> entries)
    {
        // All at once: event names must be unique over the whole list.
        IReadOnlyList<ProbeAnswer> answers = generator.Generate([.. entries.Where(entry => entry.Request is not null).Select(entry => entry.Request!)]);
        var replies = new List<ProbeReply>();
        int next = 0;
        foreach (ProbeListEntry entry in entries)
        {
            replies.Add(entry.Request is { } request
                ? new(request.Function, answers[next++])
                : new($"line {entry.Line}", new ProbeAnswer.Refused(RefusalReason.BadRequest, entry.Fault ?? "cannot be read", [])));
        }

        return replies;
    }

    /// <summary>The kernel from the cache; what of it is missing is fetched first.</summary>
    private static async Task<IOpenKernel> OpenAsync(
        CliHost host, ParseResult parse, KernelOptions options, FetchOptions source, IReadOnlyList<ProbeListEntry> entries, CancellationToken cancellation)
    {
        string cacheDirectory = host.CacheDirectory(parse.GetValue(options.Cache));
        IKernelStore store = host.OpenStore(cacheDirectory);
        FetchRequest request = source.Request(parse, options, cacheDirectory, refresh: false);
        KernelFile kernel = KernelAccess.FindOrNull(store, request.KernelSpec, request.Architecture)
            ?? (await KernelAccess.FetchAsync(host, request, cancellation).ConfigureAwait(false)).Kernel;

        IOpenKernel open = store.Open(kernel);
        string[] missing = [.. MissingModules(open, request, entries)];
        if (missing.Length == 0) { return open; }

        open.Dispose();
        FetchRequest more = request with { KernelSpec = kernel.Release, Architecture = kernel.Architecture, Modules = missing };
        return store.Open((await KernelAccess.FetchAsync(host, more, cancellation).ConfigureAwait(false)).Kernel);
    }

    /// <summary>Modules that were asked for by <c>--module</c>, or that a FUNCTION names, and that the cache knows but does not hold.</summary>
    private static IEnumerable<string> MissingModules(IOpenKernel open, FetchRequest request, IReadOnlyList<ProbeListEntry> entries)
    {
        IEnumerable<string> named = entries
            .Select(entry => entry.Request?.Function ?? "")
            .Where(function => function.IndexOf(':', StringComparison.Ordinal) > 0)
            .Select(function => function[..function.IndexOf(':', StringComparison.Ordinal)]);
        return request.Modules.Concat(named)
            .Select(module => module.Replace('-', '_'))
            .Distinct()
            .Where(module => open.Model.Modules.Any(known => known.Name == module && !known.IsIndexed));
    }
}
