namespace DebugInfoFetch.TestKit.Boot;

/// <summary>Runs <c>dbgfetch</c> as its users do: a process of its own, on the cache that the tests share.</summary>
public static class DbgfetchProgram
{
    /// <summary>A first run downloads a package of hundreds of megabytes.</summary>
    private static readonly TimeSpan s_timeLimit = TimeSpan.FromMinutes(30);

    /// <returns>What it printed, exit status 0 or not.</returns>
    public static Task<ToolResult> RunAsync(params IReadOnlyList<string> arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "dbgfetch.dll");
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? HostTool.Find("dotnet", "dotnet-sdk-10.0");
        return HostTool.RunAsync(host, [program, .. arguments, "--cache", TestCache.IndexedKernels], s_timeLimit);
    }
}
