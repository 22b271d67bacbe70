using System.Security.Cryptography;

namespace DebugInfoFetch.TestKit.Oracles;

/// <summary>The program under test, run as its users run it: a process with arguments, an exit code and two streams.</summary>
public static class DbgfetchProgram
{
    /// <summary>The top of the source tree.</summary>
    public static string SourceRoot { get; } = FindSourceRoot();

    /// <summary>The built <c>dbgfetch.dll</c> of the configuration that the running test was built in.</summary>
    public static string Assembly => Found.Value;

    // Lazy: who only needs the source tree has built no program yet.
    private static readonly Lazy<string> Found = new(FindAssembly);

    /// <summary>Runs it to its end.</summary>
    public static ToolResult Run(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
        => ToolRun.Run("dotnet", [Assembly, .. arguments], environment, limit: limit ?? TimeSpan.FromMinutes(15));

    /// <summary>A text that changes with every build of the program: what an index of an earlier build is told by.</summary>
    public static string BuildIdentity => string.Join(' ', Directory.GetFiles(Path.GetDirectoryName(Assembly)!, "*.dll")
        .Where(file => Path.GetFileName(file) is var name && (name.StartsWith("DebugInfoFetch", StringComparison.Ordinal) || name == "dbgfetch.dll"))
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
