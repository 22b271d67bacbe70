using System.CommandLine;
using System.CommandLine.Help;
using DebugInfoFetch.Cli.Commands;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;

namespace DebugInfoFetch.Cli;

/// <summary>The program from its arguments to its exit code.</summary>
public static class Application
{
    // Long enough for a transaction to roll back, short enough for a person who pressed Ctrl-C.
    private static readonly TimeSpan CancellationTime = TimeSpan.FromSeconds(5);

    private const int HelpWidth = 80;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        try
        {
            int code = await InvokeAsync(arguments, host).ConfigureAwait(false);
            host.Console.Flush();
            return code;
        }
        catch (Exception fault)
        {
            return (int)Report(host, fault);
        }
    }

    internal static RootCommand CreateRootCommand(CliHost host)
    {
        var root = new RootCommand("Struct offsets, symbols and kprobe lines of a distribution's kernel, from its release alone")
        {
            FetchCommand.Create(host),
            OffsetCommand.Create(host),
            StructCommand.Create(host),
            SymbolCommand.Create(host),
            FunctionCommand.Create(host),
            VarsCommand.Create(host),
            LinesCommand.Create(host),
            ProbeCommand.Create(host),
            KernelsCommand.Create(host),
            ListCommand.Create(host),
            InfoCommand.Create(host),
            RemoveCommand.Create(host),
            CompletionCommand.Create(host),
            CompleteCommand.Create(host),
        };
        // Our own completion knows what stands in the cache.
        root.Directives.Clear();
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples(new HelpAction { MaxWidth = HelpWidth });
        return root;
    }

    // An int, not an ExitCode: the runtime has tasks of int compiled ahead of time.
    private static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        RootCommand root = CreateRootCommand(host);
        arguments = KernelText.FromInput(arguments, host.Console);
        ParseResult parse = root.Parse(arguments, new ParserConfiguration
        {
            EnablePosixBundling = false,
            // "@file" is no list of arguments here: @ stands in ARGs and before a SOURCE.
            ResponseFileTokenReplacer = null,
        });
        if (arguments.Count == 0)
        {
            root.Parse(["--help"]).Invoke(Configuration(host.Console.Error));
            return (int)ExitCode.Usage;
        }

        if (UsageFault.Of(parse) is { } usage)
        {
            usage.Report(host.Console);
            return (int)ExitCode.Usage;
        }

        return await parse.InvokeAsync(Configuration(host.Console.Output)).ConfigureAwait(false);

        InvocationConfiguration Configuration(TextWriter output) => new()
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = CancellationTime,
            Output = output,
            Error = host.Console.Error,
        };
    }

    private static ExitCode Report(CliHost host, Exception fault)
    {
        try
        {
            if (fault is not BrokenPipeException) { host.Console.Flush(); }
            return ErrorBoundary.Report(host.Console, fault);
        }
        catch (IOException)
        {
            // Standard output or error is gone: nobody is left to be told.
            return ExitCode.BrokenPipe;
        }
    }
}
