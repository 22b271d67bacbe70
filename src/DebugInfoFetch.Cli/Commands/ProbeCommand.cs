using System.CommandLine;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.Releases;

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
        var callers = new Option<bool>("--callers") { Description = "Probe where FUNCTION is called: for parameters that the compiler removed" };
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
        foreach (Option option in (Option[])[eventName, group, inlines, callers, bare, maxActive, readme, format, file]) { command.Add(option); }
        options.AddTo(command);
        source.AddTo(command);
        command.Validators.Add(result =>
        {
            bool hasFile = result.GetValue(file) is not null;
            if (hasFile == (result.GetValue(function) is not null)) { result.AddError("probe takes either FUNCTION [ARG]... or --file LIST"); }
            if (result.GetValue(callers) && result.GetValue(inlines)) { result.AddError("--callers and --inlines exclude each other: an inlined copy is not called"); }
            if (hasFile && result.GetValue(eventName) is not null) { result.AddError("--name names one event; a list's events are named by their functions"); }
        });
        command.SetAction(async (parse, cancellation) =>
        {
            string? list = parse.GetValue(file);
            // What of a request holds for every entry of a list, too.
            ProbeRequest common = new("", [], null, parse.GetValue(group), parse.GetValue(bare), parse.GetValue(maxActive), parse.GetValue(inlines), parse.GetValue(callers));
            IReadOnlyList<ProbeListEntry> entries = list is null
                ? [new(1, common with { Function = parse.GetValue(function)!, Arguments = parse.GetValue(arguments) ?? [], EventName = parse.GetValue(eventName) }, null)]
                : ReadList(host.Console, list, common);
            string? readmeText = parse.GetValue(readme) is { } readmeFile ? File.ReadAllText(readmeFile) : null;
            FetchRequest request = source.Request(parse, options, host.CacheDirectory(parse.GetValue(options.Cache)), refresh: false) with { SkipsMissing = list is not null, Environment = host.Console.Environment };
            bool isFromBtf = false;
            List<ProbeReply> replies = await AskAsync(host, request, entries, open =>
            {
                isFromBtf = open.Model.Kernel.IsFromBtf;
                return Answer(new ProbeGenerator(
                    open.Model, Rules(open.Model.Kernel, readmeText, parse.GetValue(readme)),
                    open.Bodies(parse.GetValue(source.ElfFiles) ?? [], host.Console.Environment, host.Console.Note)), entries);
            }, cancellation).ConfigureAwait(false);
            var rendering = new ProbeRendering(host.Console, EchoIsWanted(parse.GetValue(format), isList: list is not null));
            if (parse.GetValue(options.Json)) { host.Console.JsonLines(replies, (json, reply) => ProbeRendering.WriteJson(json, reply, isFromBtf)); }
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

    /// <summary>A name that is only mistyped need not cost a gigabyte: what it may have meant is said before.</summary>
    private static string Meant(IEnumerable<ProbeReply> replies)
        => replies.Select(reply => reply.Answer).OfType<ProbeAnswer.Refused>().SelectMany(refused => refused.Hints)
            .FirstOrDefault(hint => hint.StartsWith("did you mean ", StringComparison.Ordinal)) is { } hint ? $"; {hint}" : "";

    /// <summary>
    /// Asks the kernel in the cache. The files of it that the question needs and the cache lacks are fetched first; what they turn out to lack, after that.
    /// </summary>
    private static async Task<List<ProbeReply>> AskAsync(
        CliHost host, FetchRequest request, IReadOnlyList<ProbeListEntry> entries, Func<IOpenKernel, List<ProbeReply>> answer, CancellationToken cancellation)
    {
        IKernelStore store = host.OpenStore(request.CacheDirectory);
        IReadOnlyList<string> needed = NeededFiles.Of(request.Modules, entries);
        // Whose build is cached under the release, the fetch checks.
        bool isPasted = PastedKernel.IsPasted(request.KernelSpec);
        bool isOneOfSeveral = request.Distribution is not null || request.BuildId is not null || (isPasted && CachedBuild.IsOneOfSeveral(request.Release()));
        KernelFile kernel = (isOneOfSeveral ? null : KernelAccess.FindOrNull(store, request.KernelSpec, request.Architecture))
            ?? await FetchAsync(needed).ConfigureAwait(false);
        // A text tells more of the kernel than its release.
        request = request with { KernelSpec = isPasted ? request.KernelSpec : kernel.Release, Architecture = kernel.Architecture };
        IReadOnlyList<string> missing;
        using (IOpenKernel open = store.Open(kernel))
        {
            missing = NeededFiles.Missing(open.Model, needed);
            // What was begun from BTF grows from BTF.
            request = request with { Quick = request.Quick || open.Model.Kernel.IsFromBtf };
        }

        if (missing.Count > 0) { kernel = await FetchAsync(missing).ConfigureAwait(false); }

        var looked = new HashSet<string>();
        while (true)
        {
            List<ProbeReply> replies;
            IReadOnlyList<string>? more;
            using (IOpenKernel open = store.Open(kernel))
            {
                replies = answer(open);
                more = NeededFiles.Beyond(open.Model, replies);
            }

            if (more is null || !looked.Add(string.Join(' ', more))) { return replies; }
            try
            {
                host.Console.Note(more.Count > 0 ? $"not in what is cached: looking into {string.Join(", ", more)}" : $"not in vmlinux: looking into all modules (MODULE:NAME spares that){Meant(replies)}");
                kernel = await FetchAsync(more).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is CommandException or InputFaultException)
            {
                // What is known is answered all the same.
                host.Console.Note($"what may have it could not be fetched: {fault.Message}");
                return replies;
            }
        }

        async Task<CachedKernel> FetchAsync(IReadOnlyList<string> files)
        {
            FetchOutcome.Ready ready = await KernelAccess.FetchAsync(host, request with { Modules = files }, cancellation).ConfigureAwait(false);
            if (ready.Transferred is { } part) { host.Console.Note($"read {KernelAccess.Account(part)}"); }
            return ready.Kernel;
        }
    }
}
