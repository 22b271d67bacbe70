using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace DebugInfoFetch.Trust;

/// <summary>Runs a program of this machine, in the C locale, with nothing on its standard input.</summary>
public static class SystemProgram
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>What a program printed.</summary>
    /// <param name="ExitCode">Null when it could not be started or did not end in time: <paramref name="Error"/> says which.</param>
    public sealed record Output(int? ExitCode, string Text, string Error);

    /// <param name="mostCharacters">Of what it prints, that much is kept.</param>
    /// <exception cref="OperationCanceledException">The user gave up; the program is ended.</exception>
    public static async Task<Output> RunAsync(string program, IReadOnlyList<string> arguments, int mostCharacters, CancellationToken ct)
    {
        string text = "";
        Output output = await ReadAsync(program, arguments, async (stream, token) =>
        {
            using var reader = new StreamReader(stream, Encoding.UTF8);
            text = await ReadBoundedAsync(reader, mostCharacters, token).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
        return output with { Text = text };
    }

    /// <param name="read">Given the program's standard output; reads it to its end.</param>
    /// <exception cref="OperationCanceledException">The user gave up; the program is ended.</exception>
    public static async Task<Output> ReadAsync(
        string program, IReadOnlyList<string> arguments, Func<Stream, CancellationToken, Task> read, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        using var process = new Process { StartInfo = start };
        try { process.Start(); }
        catch (Win32Exception) { return new Output(null, "", $"{program} is not on this machine"); }

        try
        {
            process.StandardInput.Close();
            Task<string> error = ReadBoundedAsync(process.StandardError, 64 * 1024, bounded.Token);
            await Task.WhenAll(read(process.StandardOutput.BaseStream, bounded.Token), error).ConfigureAwait(false);
            await process.WaitForExitAsync(bounded.Token).ConfigureAwait(false);
            return new Output(process.ExitCode, "", await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return new Output(null, "", $"{program} did not answer within {Timeout.TotalSeconds:0} s");
        }
    }

    private static async Task<string> ReadBoundedAsync(StreamReader reader, int most, CancellationToken ct)
    {
        var text = new StringBuilder();
        char[] buffer = new char[16 * 1024];
        int read;
        while ((read = await reader.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            text.Append(buffer, 0, Math.Min(read, Math.Max(0, most - text.Length)));
        }

        return text.ToString();
    }
}
