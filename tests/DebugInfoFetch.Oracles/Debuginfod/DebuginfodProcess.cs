using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace DebugInfoFetch.Oracles.Debuginfod;

/// <summary>elfutils' own server on loopback, over a directory of ELF files.</summary>
public sealed class DebuginfodProcess : IDisposable
{
    private readonly Process _process;

    private DebuginfodProcess(Process process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    /// <param name="readyWhen">A path that is answered once everything is indexed: <c>/buildid/HEX/debuginfo</c>.</param>
    public static async Task<DebuginfodProcess> StartAsync(string folder, string database, params string[] readyWhen)
    {
        int port = FreePort();
        // -F: files; -t 0: no second scan.
        var start = new ProcessStartInfo("debuginfod", ["-d", database, "-p", $"{port}", "-t", "0", "-F", folder]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment.Remove("DEBUGINFOD_URLS");
        Process process = Process.Start(start) ?? throw new InvalidOperationException("debuginfod did not start");
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new DebuginfodProcess(process, $"http://127.0.0.1:{port}");
        using var http = new HttpClient();
        foreach (string path in readyWhen)
        {
            for (var clock = Stopwatch.StartNew(); !await HasAsync(http, server.Url + path); await Task.Delay(200))
            {
                if (clock.Elapsed > TimeSpan.FromMinutes(2) || process.HasExited) { throw new InvalidOperationException($"debuginfod does not come to have {path}"); }
            }
        }

        return server;
    }

    private static async Task<bool> HasAsync(HttpClient http, string url)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        if (!_process.HasExited) { _process.Kill(); }
        _process.WaitForExit();
        _process.Dispose();
    }
}
