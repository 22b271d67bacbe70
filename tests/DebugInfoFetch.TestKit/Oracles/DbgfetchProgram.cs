using System.Security.Cryptography;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>The program under test, run as its users run it: a process with arguments, an exit code and two streams.</summary>
public static class DbgfetchProgram
{
    /// <summary>The top of the source tree.</summary>
    public static string SourceRoot { get; } = FindSourceRoot();

    /// <summary>
    /// The words that start it: a published program when <c>DBGFETCH_TEST_PROGRAM</c> names one, as <c>tests/run</c> does, else <c>dotnet</c> with the
    /// <c>dbgfetch.dll</c> of the configuration that the running test was built in.
    /// </summary>
    public static IReadOnlyList<string> Command => Found.Value;

    // Lazy: who only needs the source tree has built no program yet.
    private static readonly Lazy<IReadOnlyList<string>> Found = new(
        () => Environment.GetEnvironmentVariable("DBGFETCH_TEST_PROGRAM") is { Length: > 0 } published ? [published] : ["dotnet", FindAssembly()]);

    /// <summary>Runs it to its end.</summary>
    public static ToolResult Run(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
        => ToolRun.Run(Command[0], [.. Command.Skip(1), .. arguments], environment, limit: limit ?? TimeSpan.FromMinutes(15));

    /// <summary>A text that changes with every build of the program: what an index of an earlier build is told by.</summary>
    public static string BuildIdentity => string.Join(' ', Directory.GetFiles(Path.GetDirectoryName(Command[^1])!)
        .Where(file => Path.GetFileName(file) is "dbgfetch" or "dbgfetch.dll" or "DebugInfoFetch.dll" or "DebugInfoFetch.Formats.dll")
        .Order(StringComparer.Ordinal)
        .Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))));

    private static string FindSourceRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "DebugInfoFetch.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory}: not inside the source tree");
    }

    private static string FindAssembly()
    {
        string configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        string bin = Path.Combine(SourceRoot, "src/DebugInfoFetch.Cli/bin", configuration);
        return Directory.Exists(bin) && Directory.GetFiles(bin, "dbgfetch.dll", SearchOption.AllDirectories) is [string only]
            ? only
            : throw new InvalidOperationException($"{bin}: not exactly one dbgfetch.dll below it");
    }
}
