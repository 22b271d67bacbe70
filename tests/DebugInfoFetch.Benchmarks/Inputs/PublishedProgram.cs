using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.Benchmarks.Inputs;

/// <summary><c>dbgfetch</c> as its users have it: published, compiled ahead of time.</summary>
internal static class PublishedProgram
{
    /// <summary>Publishes the source tree's program into a folder.</summary>
    public static void Publish(string folder)
    {
        Console.Error.WriteLine("publishing dbgfetch");
        // No build server outlives the command: it would be measured along with what comes next.
        var environment = new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false" };
        ToolRun.Run(
            "dotnet", ["publish", Path.Combine(DbgfetchProgram.SourceRoot, "src/DebugInfoFetch.Cli"), "-c", "Release", "-o", folder, "--nologo", "-v", "quiet"], environment,
            DbgfetchProgram.SourceRoot).OrThrow();
    }
}
