using System.Net.Http;
using DebugInfoFetch.Bodies;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Formats.Compression;
using DebugInfoFetch.Trust;

namespace DebugInfoFetch.Cli;

/// <summary>Every exception that reaches the top becomes one line for a person and an exit code.</summary>
internal static class ErrorBoundary
{
    private const string DebugVariable = "DBGFETCH_DEBUG";
    private const int SqliteFull = 13;

    public static ExitCode Report(CliConsole console, Exception fault)
    {
        if (fault is AggregateException { InnerExceptions.Count: 1 } aggregate) { fault = aggregate.InnerExceptions[0]; }
        ExitCode code = CodeOf(fault);
        switch (code)
        {
            case ExitCode.BrokenPipe:
                return code;
            case ExitCode.Interrupted:
                console.Fault("interrupted");
                break;
            case ExitCode.Bug:
                console.Fault($"bug: {fault.GetType().Name}: {FirstLine(fault.Message)}");
                console.Hint("this is a fault of dbgfetch, not of yours: please report the command line and what it says with "
                    + $"{DebugVariable}=1 set");
                break;
            default:
                console.Fault(FirstLine(fault.Message));
                foreach (string hint in HintsOf(fault)) { console.Hint(hint); }
                break;
        }

        if (console.Environment(DebugVariable) == "1") { console.Error.Write($"{fault}\n"); }
        return code;
    }

    private static ExitCode CodeOf(Exception fault) => fault switch
    {
        CommandException known => known.ExitCode,
        InputFaultException or FileNotFoundException or DirectoryNotFoundException => ExitCode.BadInput,
        OperationCanceledException => ExitCode.Interrupted,
        BrokenPipeException => ExitCode.BrokenPipe,
        UntrustedPackageException => ExitCode.Untrusted,
        HttpRequestException or ModuleFileException => ExitCode.KernelUnavailable,
        CacheException or MissingLibraryException or IOException or UnauthorizedAccessException or DllNotFoundException => ExitCode.System,
        _ => ExitCode.Bug,
    };

    private static IReadOnlyList<string> HintsOf(Exception fault) => fault switch
    {
        CommandException known => known.Hints,
        ModuleFileException missing => missing.Hints,
        CacheException { SqliteResult: SqliteFull } => ["free some space, or put the cache elsewhere: --cache DIR"],
        UntrustedPackageException => ["gpgv and the distribution's keys make it possible (Debian: gpgv, debian-archive-keyring; Fedora: gnupg2, distribution-gpg-keys); "
            + "keys of your own: DBGFETCH_KEYRINGS=FILE"],
        UnauthorizedAccessException => ["another place for the cache: --cache DIR"],
        _ => [],
    };

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}
