using System.Diagnostics;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>A program of the machine that the tests need. A missing one fails the test and names its package: never a skip.</summary>
public static class HostTool
{
    private static readonly string[] s_systemDirectories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>The full path of a program, looked for on PATH and where Debian installs system programs.</summary>
    /// <exception cref="InvalidOperationException">It is not installed; the message is the command that installs it.</exception>
    public static string Find(string program, string package)
    {
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(s_systemDirectories).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{program} is not installed: apt-get install --no-install-recommends {package}");
    }

    /// <summary>Runs a program to its end and returns what it did, whatever its exit status.</summary>
    /// <exception cref="TimeoutException">It ran for longer than <paramref name="timeLimit"/> and was ended.</exception>
    public static async Task<ToolResult> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan timeLimit, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        // What the tools print is parsed.
        start.Environment["LC_ALL"] = "C.UTF-8";

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using var output = new MemoryStream();
        Task copy = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(timeLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)}: still running after {timeLimit.TotalSeconds:0} s");
        }

        await copy;
        return new ToolResult($"{program} {string.Join(' ', arguments)}", process.ExitCode, output.ToArray(), await error);
    }
}

/// <summary>What a program did.</summary>
/// <param name="Command">The command line, for messages.</param>
public sealed record ToolResult(string Command, int ExitStatus, byte[] Output, string Error)
{
    public string OutputText => System.Text.Encoding.UTF8.GetString(Output);

    /// <summary>This result, when the exit status is 0.</summary>
    /// <exception cref="InvalidOperationException">It is not 0; the message holds what the program said.</exception>
    public ToolResult Succeeded()
        => ExitStatus == 0 ? this : throw new InvalidOperationException($"{Command}: exit status {ExitStatus}\n{Error}{OutputText}");
}
