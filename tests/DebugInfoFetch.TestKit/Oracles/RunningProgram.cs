using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>The program under test while it runs: its messages are waited for, and it is sent signals.</summary>
public sealed partial class RunningProgram : IDisposable
{
    // Bounds what a fault can cost; nothing is judged by it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private const int SignalInterrupt = 2;

    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly Task<string> _output;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <param name="environment">A null takes a variable away.</param>
    public RunningProgram(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        // Of a test run that is itself in the background, a child would inherit that SIGINT is ignored.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", .. DbgfetchProgram.Command, .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>()) { start.Environment[name] = value; }
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_error)
            {
                _error.Append(line.Data).Append('\n');
                Monitor.PulseAll(_error);
            }
        };
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginErrorReadLine();
        _output = _process.StandardOutput.ReadToEndAsync();
    }

    public string Error { get { lock (_error) { return _error.ToString(); } } }

    /// <summary>Waits until it has said that.</summary>
    /// <exception cref="TimeoutException">It did not.</exception>
    public void WaitForMessage(string text)
    {
        long began = Stopwatch.GetTimestamp();
        lock (_error)
        {
            while (!_error.ToString().Contains(text, StringComparison.Ordinal))
            {
                TimeSpan left = Patience - Stopwatch.GetElapsedTime(began);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_error, left)) { throw new TimeoutException($"'{text}' was not said:\n{_error}"); }
            }
        }
    }

    /// <summary>What Ctrl-C sends.</summary>
    public void Interrupt()
    {
        if (Signal(_process.Id, SignalInterrupt) != 0) { throw new InvalidOperationException($"SIGINT: errno {Marshal.GetLastPInvokeError()}"); }
    }

    /// <summary>It gets no time for anything more.</summary>
    public void Kill() => _process.Kill();

    /// <exception cref="TimeoutException">It does not end.</exception>
    public ToolResult WaitForExit()
    {
        if (!_process.WaitForExit(Patience)) { throw new TimeoutException($"still running:\n{Error}"); }
        _process.WaitForExit();
        return new ToolResult("dbgfetch", _process.ExitCode, _output.Result, Error, _clock.Elapsed);
    }

    public void Dispose()
    {
        if (!_process.HasExited) { _process.Kill(); }
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
