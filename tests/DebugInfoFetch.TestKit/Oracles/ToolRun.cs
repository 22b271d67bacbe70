using System.Diagnostics;
using System.Text;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>What a program that ran to its end left behind.</summary>
public sealed record ToolResult(string CommandLine, int ExitCode, string Output, string Error, TimeSpan Elapsed)
{
    /// <summary>Lines of standard output without the last, empty one.</summary>
    public IEnumerable<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Itself, when the program succeeded. Throws <see cref="InvalidOperationException"/> with what it said otherwise.</summary>
    public ToolResult OrThrow() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"{CommandLine}: exit {ExitCode} after {Elapsed.TotalSeconds:f1} s\n{Error.Trim()}\n{Tail(Output)}");

    private static string Tail(string text) => text.Length <= 2000 ? text.Trim() : text[^2000..].Trim();
}

/// <summary>Runs programs: the tools that serve as oracles, and the program under test.</summary>
public static class ToolRun
{
    /// <summary>Runs to the end with everything captured; a non-zero exit is an answer.</summary>
    /// <exception cref="TimeoutException">It ran longer than <paramref name="limit"/> (default 10 minutes) and was ended.</exception>
    public static ToolResult Run(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? workingDirectory = null,
        TimeSpan? limit = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = workingDirectory ?? "",
        };
        // The oracles' text is parsed: no translation, no locale's numbers.
        start.Environment["LC_ALL"] = "C";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        string commandLine = $"{program} {string.Join(' ', start.ArgumentList)}";
        Stopwatch clock = Stopwatch.StartNew();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{commandLine}: did not start");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit ?? TimeSpan.FromMinutes(10)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{commandLine}: still running after {clock.Elapsed.TotalSeconds:f0} s");
        }

        process.WaitForExit();
        return new ToolResult(commandLine, process.ExitCode, output.Result, error.Result, clock.Elapsed);
    }

    /// <summary>Runs a line of shell; for pipes, redirections and limits.</summary>
    public static ToolResult Shell(
        string script, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null, TimeSpan? limit = null)
        => Run("bash", ["-c", "set -euo pipefail; " + script], environment, workingDirectory, limit);
}
